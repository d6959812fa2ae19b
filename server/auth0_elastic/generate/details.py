"""`details` of logins and of second factors, as the published log schemas shape them."""

from typing import Any

from auth0_elastic.generate.scene import TENANT, Scene

Details = dict[str, Any]

_ACTION = "b3f1c8d2-5a0e-4c7b-9d61-2f7e8a9b0c1d"
_CODES = {
    "UntrustedIP": {"low": "found_on_deny_list", "high": "not_found_on_deny_list"},
    "NewDevice": {"low": "no_match", "medium": "partial_match", "high": "match"},
    "ImpossibleTravel": {
        "low": "impossible_travel_from_last_login",
        "medium": "travel_from_last_login",
        "high": "minimal_travel_from_last_login",
    },
}
_CONFIDENCES = ("low", "medium", "high")
_ONE_IN = 14  # visits is from a browser that was updated, and one from a trip
_DOUBTS = {0: "NewDevice", 1: "ImpossibleTravel"}


def _assess(scene: Scene, name: str, alarms: tuple[str, ...]) -> Details:
    doubtful = _DOUBTS.get(scene.variant(_ONE_IN)) == name
    confidence = "low" if name in alarms else "medium" if doubtful else "high"
    return {"confidence": confidence, "code": _CODES[name][confidence]}


def risk(scene: Scene, *alarms: str, names: tuple[str, ...] = tuple(_CODES)) -> Details:
    """A risk assessment in which `alarms` (UntrustedIP, NewDevice, ImpossibleTravel) are of low confidence."""
    assessments = {name: _assess(scene, name, alarms) for name in names}
    if "UntrustedIP" in alarms:
        listed = {"ip": scene.device.ip, "matches": scene.device.ip, "source": "STOPFORUMSPAM-1"}
        assessments["UntrustedIP"]["details"] = listed
    worst = min((each["confidence"] for each in assessments.values()), key=_CONFIDENCES.index)
    return {"confidence": worst, "version": "1", "assessments": assessments}


def required(scene: Scene, *alarms: str) -> Details:
    """Why a second factor is asked for: the assessment itself, without the device."""
    assessed = risk(scene, *alarms, names=("UntrustedIP", "ImpossibleTravel"))
    unlisted = {"ip": scene.device.ip, "matches": "", "source": ""}
    assessed["assessments"]["UntrustedIP"].setdefault("details", unlisted)
    return {**assessed, "grant_type": "http://auth0.com/oauth/grant-type/mfa-oob"}


def _prompts(scene: Scene, started: int, elapsed: int) -> list[Details]:
    person = scene.person
    assert person is not None
    link = person.connection
    logins = {"loginsCount": person.logins}
    times = {"initiatedAt": started, "completedAt": scene.at, "elapsedTime": elapsed}
    who = {"user_id": person.user_id, "user_name": person.email}
    where = {"connection": link.connection, "connection_id": link.connection_id, "strategy": link.strategy}
    identity = {"identity": person.user_id.rpartition("|")[2], "stats": logins, "session_id": scene.session_id}
    captcha = {"requiredCaptcha": False}
    authenticate = {"name": "prompt-authenticate", **times, **where, **identity, **captcha}
    login = {"name": "login", "flow": "universal-login", **times, "timers": {"rules": 0}, **who}
    return [authenticate, {**login, "session_id": scene.session_id, **captcha}]


def login(scene: Scene, *alarms: str) -> Details:
    """A login that came through; a third of them carry a risk assessment, all with alarms do."""
    assert scene.person is not None
    elapsed = scene.dice.between(900, 45_000)
    started = scene.at - elapsed
    assessed = {"riskAssessment": risk(scene, *alarms)} if alarms or scene.dice.chance(33) else {}
    return {
        "prompts": _prompts(scene, started, elapsed),
        "initiatedAt": started,
        "completedAt": scene.at,
        "elapsedTime": elapsed,
        "session_id": scene.session_id,
        "stats": {"loginsCount": scene.person.logins},
        "actions": {"executions": [f"{scene.at}-{_ACTION}"]},
        **assessed,
    }


def silent(scene: Scene) -> Details:
    elapsed = scene.dice.between(20, 400)
    times = {"initiatedAt": scene.at - elapsed, "completedAt": scene.at, "elapsedTime": elapsed}
    return {"prompts": [], **times, "session_id": scene.session_id}


def oauth_error(kind: str, message: str, payload: Details, query: Details) -> Details:
    """The error of a login that the authorization endpoint refused."""
    error = {"message": message, "oauthError": message, "type": kind, "payload": {"message": message, **payload}}
    return {"body": {}, "qs": query, "error": error}


def bad_password(message: str = "Wrong email or password.") -> Details:
    return {"error": {"message": message}}


def token(scene: Scene, **more: Any) -> Details:
    return {"access_token_jti": scene.dice.hex(32), **more}


def code(scene: Scene) -> str:
    """An authorization code, masked as Auth0 does."""
    return "*" * 45 + scene.dice.hex(3)


def _enrollment(scene: Scene) -> Details:
    assert scene.person is not None
    phone = f"XXXXXXXX{scene.dice.digits(4)}" if scene.person.factor == "sms" else None
    device = {"identifier": scene.dice.hex(36), "name": scene.person.phone}
    key = {"_id": f"dev_{scene.dice.hex(16)}", "tenant": TENANT, "user_id": scene.person.user_id}
    return {**key, "phone_number": phone, **device}


def guardian(scene: Scene, factor: str, path: str, **more: Any) -> Details:
    """A step of the second factor `factor` (push, sms, email, otp, recovery-code); `path` is Guardian's."""
    request = {
        "ip": scene.device.ip,
        "method": "POST",
        "path": f"/api/{path}",
        "query": "",
        "userAgent": scene.device.browser.user_agent,
        "body": {"code": "*****"} if path.startswith("verify") else {},
        "auth": {"scopes": ["transaction:read"], "strategy": "jwt_mfa"},
    }
    authenticator = {"id": f"{factor}|dev_{scene.dice.hex(16)}", "type": factor}
    held = {"enrollment": _enrollment(scene), "authenticator": authenticator}
    return {"request": request, "response": {"statusCode": 204}, **held, "session_id": scene.session_id, **more}
