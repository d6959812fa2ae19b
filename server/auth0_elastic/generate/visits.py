"""What users do all day: log in, renew sessions and tokens, log out, and mistype a password now and then."""

from auth0_elastic.generate import details
from auth0_elastic.generate.scene import Scene

_PUSH = {"push": "gd_send_pn", "sms": "gd_send_sms", "email": "gd_send_email"}
_ENROLLED = "send-transaction"


def second_factor(scene: Scene) -> None:
    """The challenge, and the right answer to it."""
    assert scene.person is not None
    factor = scene.person.factor
    scene.log("mfar", details.required(scene))
    scene.wait(50, 300).log("gd_start_auth", details.guardian(scene, factor, "start-flow"))
    scene.wait(50, 500).log(_PUSH[factor], details.guardian(scene, factor, _ENROLLED))
    if factor != "push" and scene.dice.chance(12):
        wrong = {"errorCode": "invalid_otp", "message": "The code is invalid."}
        scene.wait(4000, 20_000).log(
            "gd_auth_failed", details.guardian(scene, factor, "verify-otp", failure_details=wrong)
        )
    if factor == "push" and scene.dice.chance(4):
        scene.wait(4000, 9000).log("gd_auth_rejected", details.guardian(scene, factor, "reject-login"))
        scene.wait(4000, 9000).log("gd_send_pn", details.guardian(scene, factor, _ENROLLED))
    scene.wait(4000, 25_000).log("gd_auth_succeed", details.guardian(scene, factor, "resolve-transaction"))


def _mistype(scene: Scene) -> None:
    assert scene.person is not None
    if scene.dice.chance(25):
        scene.log("fu", details.bad_password(), user_id="", identity_user_id=None, user_name=f"x{scene.person.email}")
    else:
        scene.log("fp", details.bad_password())
    scene.wait(4000, 30_000)


def _exchange(scene: Scene) -> None:
    online = {"access": "offline", "session_id": scene.session_id}
    scene.wait(150, 900).log("seacft", details.token(scene, code=details.code(scene), refresh_token=online))


def log_in(scene: Scene) -> None:
    """Through universal login, with the typos and second factors of everyday life, up to the tokens."""
    assert scene.person is not None
    if scene.dice.chance(6):
        checks = {"ipOnAllowlist": False, "requiresVerification": scene.dice.chance(10)}
        scene.log("pla", {**checks, "session_id": scene.session_id}).wait(1000, 5000)
    if scene.person.connection.strategy == "auth0" and scene.dice.chance(11):
        _mistype(scene)
    if scene.person.factor:
        second_factor(scene)
    scene.wait(200, 1500).log("s", details.login(scene))
    _exchange(scene)


def work(scene: Scene) -> None:
    """A login, some silent renewals, and for some a logout."""
    log_in(scene)
    for _ in range(scene.dice.between(0, 3)):
        scene.wait(60_000, 200_000)
        renew(scene)
    if scene.dice.chance(35):
        log_out(scene)


def renew(scene: Scene) -> None:
    """What a page does when it opens: asks for a session without a prompt."""
    if scene.dice.chance(14):
        scene.log("fsa", {}, user_id=None, user_name=None, identity_user_id=None)
        return
    assert scene.person is not None
    scene.log("ssa", details.silent(scene), session_connection=scene.person.connection.connection)
    if scene.dice.chance(50):
        _exchange(scene)


def log_out(scene: Scene) -> None:
    goal = {"return_to": "https://www.example.com/bye", "allowed_logout_url": ["https://www.example.com/bye"]}
    rest = {"session_id": scene.session_id, "initiated_by": "user"}
    if scene.dice.chance(3):
        scene.wait(500, 5000).log("flo", {**goal, "return_to": "http://localhost:3000", **rest})
    scene.wait(500, 60_000).log("slo", {**goal, **rest})


def refresh(scene: Scene) -> None:
    """A native app comes back and trades its refresh token."""
    family, counter = scene.dice.hex(24), scene.dice.between(2, 900)
    for number in range(counter, counter + scene.dice.between(1, 3)):
        if scene.dice.chance(3):
            scene.log("fertft", {"failure_reason": scene.dice.pick(("session_not_found", "grant_revoked"))})
            return
        scene.log("sertft", details.token(scene, familyId=family, tokenCounter=number)).wait(60_000, 240_000)


def code_mismatch(scene: Scene) -> None:
    """A code that comes twice, or too late."""
    scene.log("feacft", {"code": details.code(scene)})


def refused(scene: Scene) -> None:
    """An application asks to be called back where it may not be, or an action lets nobody in without an address."""
    (_wrong_callback, _unverified)[scene.variant(2)](scene)


def _wrong_callback(scene: Scene) -> None:
    assert scene.app is not None
    url, client_id = "http://localhost:3000/callback", scene.app.client_id
    message = f"Callback URL mismatch. {url} is not in the list of allowed callback URLs"
    payload = {"name": "CallbackMismatchError", "code": "unauthorized_client", "status": 403, "attempt": url}
    query = {"client_id": client_id, "redirect_uri": url, "response_type": "code", "scope": "openid profile"}
    error = details.oauth_error("callback-url-mismatch", message, {**payload, "client": {"clientID": client_id}}, query)
    scene.log("f", error, message, user_id=None, user_name=None, identity_user_id=None, strategy="", connection_id="")


def _unverified(scene: Scene) -> None:
    assert scene.app is not None
    message = "Please verify your email before logging in."
    query = {"client_id": scene.app.client_id, "response_type": "code", "scope": "openid profile"}
    scene.log("f", details.oauth_error("access_denied", message, {"code": "access_denied"}, query), message)
