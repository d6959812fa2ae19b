"""What happens to accounts: signup, verification, passwords, second factors, passkeys, invitations."""

from typing import Any

from auth0_elastic.generate import details
from auth0_elastic.generate.people import Person
from auth0_elastic.generate.scene import TENANT, Scene
from auth0_elastic.generate.visits import log_in

_MASK = "*****"


def _who(scene: Scene) -> Person:
    assert scene.person is not None
    return scene.person


def _body(scene: Scene, **more: Any) -> dict[str, Any]:
    person = _who(scene)
    client_id = scene.app.client_id if scene.app else ""
    return {
        "tenant": TENANT,
        "client_id": client_id,
        "connection": person.connection.connection,
        "email": person.email,
        **more,
    }


def _ticket(scene: Scene) -> dict[str, Any]:
    person = _who(scene)
    query = _body(scene, user_id=person.user_id, idp_user_id=person.user_id.rpartition("|")[2])
    query |= {"resultUrl": "https://www.example.com/verified", "includeEmailInRedirect": False}
    ticket = {"ticket": _MASK, "tenant": TENANT}
    return {"title": "Verify your email", "email": person.email, "query": query, "body": ticket}


def sign_up(scene: Scene) -> None:
    """A new customer: account, verification mail, first login."""
    person = _who(scene)
    body = _body(scene, password=_MASK, name=person.name, email_verified=False, request_language="en")
    scene.log("ss", {"body": {**body, "user_metadata": {"newsletter": scene.dice.chance(50)}}})
    template = {"body": _body(scene, template={"type": "verify_email"}, to=person.email, verificationUrl=_MASK)}
    scene.wait(300, 900).log("svr", template)
    log_in(scene)
    verified = scene.dice.chance(85)
    ticket = _ticket(scene)
    # A failed verification says everything twice: in details and beside them.
    if not verified:
        ticket["query"]["includeEmailInRedirect"] = "false"
    beside = {} if verified else {key: ticket[key] for key in ("title", "email", "query", "body")}
    scene.wait(30_000, 300_000).log("sv" if verified else "fv", ticket, **beside)


def sign_up_again(scene: Scene) -> None:
    scene.log("fs", {}, user_id=None)


def forget_password(scene: Scene) -> None:
    """A reset by mail, sometimes with a password that the policy refuses first."""
    body = _body(scene, debug=True, includeEmailInRedirect=False, verify=True)
    scene.log("scpr", {"body": body, "resetUrl": "https://login.example.com/lo/reset?ticket=" + _MASK})
    form = {"_csrf": _MASK, "newPassword": _MASK, "confirmNewPassword": _MASK, "ticket": _MASK}
    query = {**_ticket(scene)["query"], "newPassword": _MASK, "username": "", "markEmailAsVerified": True}
    if scene.dice.chance(20):
        weak = {
            "body": form,
            "query": query,
            "description": "Password is too weak",
        }
        scene.wait(60_000, 200_000).log("fcp", weak)
    scene.wait(60_000, 200_000).log("scp", {"title": "Change password", "body": form, "query": query})
    log_in(scene)


def forget_address(scene: Scene) -> None:
    body = _body(scene, email=f"old.{_who(scene).email}", debug=True, verify=True)
    scene.log("fcpr", {"body": body}, user_id="")


def change_email(scene: Scene) -> None:
    replace_email(scene, f"new.{_who(scene).email}")


def replace_email(scene: Scene, email: str) -> None:
    known = {"email_verified": "false", "user_id": _who(scene).user_id, "verify": True}
    scene.log("sce", {"body": _body(scene, newEmail=email, **known)})


def enroll(scene: Scene) -> None:
    """A first second factor: the push app."""
    scene.log("gd_start_enroll", details.guardian(scene, "push", "enrollment-tickets"))
    scene.wait(20_000, 120_000).log("gd_enrollment_complete", details.guardian(scene, "push", "enroll"))


def lose_phone(scene: Scene) -> None:
    """A recovery code, mistyped once; then the old phone is taken off."""
    wrong = {"errorCode": "invalid_recovery_code", "message": "The recovery code is wrong."}
    path = "recover-account"
    scene.log("gd_start_auth", details.guardian(scene, "push", "start-flow")).wait(20_000, 90_000)
    scene.log("gd_send_pn_failure", details.guardian(scene, "push", "send-transaction")).wait(5000, 9000)
    scene.log("gd_recovery_failed", details.guardian(scene, "recovery-code", path, failure_details=wrong))
    scene.wait(9000, 30_000).log("gd_recovery_succeed", details.guardian(scene, "recovery-code", path))
    scene.wait(60_000, 90_000).log("gd_unenroll", details.guardian(scene, "push", "device-accounts"))


def use_passkey(scene: Scene) -> None:
    started = {**details.silent(scene), "purpose": "login"}
    scene.log("passkey_challenge_started", started).wait(2000, 20_000)
    if scene.dice.chance(30):
        scene.log("passkey_challenge_failed", {"purpose": "login", "error": {"message": "The passkey is unknown."}})
        return
    scene.log("s", details.login(scene))


def passwordless(scene: Scene) -> None:
    """A code by SMS or a link by mail, then the login."""
    sms = _who(scene).connection.strategy == "sms"
    body = _body(scene, send="code" if sms else "link")
    if sms:
        phone = {"phone_number": f"XXXXXXXX{scene.dice.digits(4)}", "username": "", "request_language": "en"}
        request = {"ip": scene.device.ip, "user-agent": scene.device.browser.user_agent}
        authorize = {"redirect_uri": "https://www.example.com/callback", "response_type": "code", "state": _MASK}
        authorize |= {"audience": "https://api.example.com/", "scope": "openid"}
        scene.log("cs", {"body": {**body, **phone, **request, "authParams": authorize}})
    else:
        scene.log("cls", {"body": body, "link": _MASK})
    log_in(scene.wait(10_000, 90_000))


def join_organization(scene: Scene) -> None:
    """An invitation is accepted."""
    invited = {
        "id": f"uinv_{scene.dice.hex(16)}",
        "invitee": {"email": _who(scene).email},
        "inviter": {"name": "Alder"},
    }
    scene.log("si", {"invitation": {**invited, "ticket_id": _MASK}})
    scene.wait(100, 900).log("organization_member_added", {"reason": "invitation"})


def tv_login(scene: Scene) -> None:
    """A television asks for its code until the user has confirmed it."""
    for _ in range(scene.dice.between(1, 4)):
        scene.log("fede", {}, user_id=None, user_name=None, identity_user_id=None).wait(5000, 5200)
    scene.log("sede", details.token(scene))


def revoke(scene: Scene) -> None:
    known = {"credential_id": f"rt_{scene.dice.hex(16)}", "method": "POST", "originUrl": "https://www.example.com"}
    scene.log("srrt", {**known, "session_id": scene.session_id})
