"""What machines and the system do: tokens for services, SCIM, limits, warnings, and the system's own notices."""

from auth0_elastic.generate import details
from auth0_elastic.generate.frame import iso
from auth0_elastic.generate.management import request
from auth0_elastic.generate.scene import TENANT, Scene


def remove_user(scene: Scene) -> None:
    """A user is deleted: the newer code of it, or the older one."""
    assert scene.person is not None
    body = {"connection": scene.person.connection.connection, "tenant": TENANT}
    scene.log(scene.dice.pick(("sdu", "du")), {"body": body})


def service_token(scene: Scene) -> None:
    """Client credentials; now and then a secret that was rotated away."""
    if scene.dice.chance(2):
        scene.log("feccft", {}).wait(1000, 5000)
    scene.log("seccft", details.token(scene, actions={"executions": []}))


def scim(scene: Scene) -> None:
    """The directory of a customer's company keeps its users in step."""
    failed = scene.dice.chance(15)
    request = {"method": "POST", "path": "/scim/v2/Users", "query": {}, "ip": scene.device.ip}
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "active": True}
    known = {"action": "create_user", "connection_id": "con_Example000000004"}
    whole = {**request, "body": body, "userAgent": scene.device.browser.user_agent}
    status = {"statusCode": 409 if failed else 201}
    scene.log(
        "fscim" if failed else "sscim", {**known, "request": whole, "response": status}, client_id="", client_name=""
    )


def action_failed(scene: Scene) -> None:
    stack = (
        "TimeoutError: No answer from crm.example.com\n    at exports.onExecutePostLogin (/data/_stack/index.js:12:11)"
    )
    error = {"name": "TimeoutError", "message": "No answer from crm.example.com", "code": "ETIMEDOUT", "stack": stack}
    ids = {name: scene.dice.hex(24) for name in ("execution_id", "action_id", "version_id", "binding_id")}
    known = {"trigger_id": "post-login", "action_name": "Enrich Profile", "error_class": "action_error"}
    scene.log("actions_execution_failed", {**known, **ids, "action_error": error})


def rate_limit(scene: Scene) -> None:
    """The Management API is asked too often; first a warning. Neither carries an address."""
    limit = {"bucket": "management-api-v2", "global": True, "size": 50}
    request = {"method": "GET", "path": "/api/v2/users"}
    scene.log("api_limit_warning", {"limit": {**limit, "usage": 40}, "request": request})
    scene.wait(2000, 9000).log("api_limit", {"limit": limit, "request": request, "response": "429"})


def notices(scene: Scene) -> None:
    """What the system says of itself, once or twice a day."""
    match = {"match": {"successes": scene.dice.below(40)}, "total_request_count": {"successes": scene.dice.below(9000)}}
    acl = {"acl_id": "acl_Example01", "description": "Block Tor", "priority": 1, "action": "block", **match}
    scene.log("acls_summary", {"start_time": iso(scene.at - 3_600_000), "end_time": iso(scene.at), "stats": [acl]})
    key = {"id": scene.dice.hex(32), "type": "tenant-master-key", "state": "active"}
    scene.wait(9000, 90_000).log("kms_key_management_success", key)
    sync = {"synchronization_id": f"dsync_{scene.dice.hex(12)}", "scheduled": True, "created_at": iso(scene.at)}
    scene.wait(9000, 90_000).log("directory_sync_started", {**sync, "started_at": iso(scene.at)})
    done = {"started_at": iso(scene.at), "sync_status": "success", "completed_at": iso(scene.at + 42_000)}
    scene.wait(42_000, 42_900).log("directory_sync_completed", {**sync, **done})
    scene.wait(9000, 90_000).log("sui", {"connection": "Username-Password-Authentication", "tenant": TENANT})
    scene.wait(9000, 90_000).log(
        "gd_tenant_update", {"request": request(scene, "PATCH", "guardian/policies", ["all-applications"])}
    )


def connector(scene: Scene) -> None:
    scene.log("coff", None, connection="corp-ldap").wait(60_000, 120_000).log("con", None, connection="corp-ldap")


def warnings(scene: Scene) -> None:
    """A deprecated feature, a key about to expire, a mail that could not be sent, a refused new password."""
    docs = "https://auth0.com/docs/troubleshoot/product-lifecycle/deprecations-and-migrations"
    feature = {
        "id": "legacy_grants",
        "name": "Legacy grant types",
        "description": "Password grant",
        "documentation": docs,
    }
    scene.log("depnote", {"feature": feature, "method": "POST", "path": "/oauth/token"})
    scene.wait(9000, 90_000).log("w", {"method": "GET", "path": "/login/callback", "session_id": scene.session_id})
    mail = {
        "email_type": "reset_email",
        "notification_type": "email",
        "to": "nobody@example.org",
        "error": "Mailbox full",
    }
    scene.wait(9000, 90_000).log("fn", mail, user_id=None, user_name=None)
    scene.wait(9000, 90_000).log("reset_pwd_leak")


def back_channel(scene: Scene) -> None:
    request = {"method": "POST", "backchannel_logout_uri": "https://intranet.example.com/backchannel-logout"}
    told = {"request": request, "response": {"statusCode": 200}, "initiator": "rp-logout"}
    scene.log("oidc_backchannel_logout_succeeded", told)


def legacy_password(scene: Scene) -> None:
    """An old client that still sends passwords."""
    if scene.dice.chance(30):
        scene.log("fepft", {}).wait(2000, 9000)
    scene.log("sepft", details.token(scene))
