"""What machines and administrators do: tokens for services, the Management API, SCIM, and the system's own notices."""

from typing import Any

from auth0_elastic.generate import details
from auth0_elastic.generate.frame import iso
from auth0_elastic.generate.scene import TENANT, Scene

_READS = ("clients", "users", "logs", "connections", "roles", "log-streams", "stats/daily", "tenants/settings")
_WRITES: tuple[tuple[str, str, str, Any], ...] = (
    ("PATCH", "clients/Example01", "Update a client", {"callbacks": ["https://www.example.com/callback"]}),
    ("POST", "users", "Create a User", {"connection": "Username-Password-Authentication", "email_verified": True}),
    ("PATCH", "users/auth0%7C64f0", "Update a User", {"app_metadata": {"plan": "gold", "limits": {"orders": 50}}}),
    ("POST", "roles/rol_Example01/users", "Assign users to a role", {"users": ["auth0|64f0"]}),
    ("PATCH", "attack-protection/brute-force-protection", "Update brute-force settings", {"enabled": True}),
    (
        "POST",
        "log-streams",
        "Create a log stream",
        {"name": "Elastic", "type": "http", "sink": {"httpContentFormat": "JSONLINES"}},
    ),
    ("DELETE", "grants/cgr_Example01", "Delete a client grant", {}),
)


def _request(scene: Scene, method: str, path: str, body: Any) -> dict[str, Any]:
    who = (
        {"user_id": scene.person.user_id, "name": scene.person.name, "email": scene.person.email}
        if scene.person
        else {}
    )
    auth = {"user": who, "strategy": "jwt", "credentials": {"jti": scene.dice.hex(32)}}
    channel = "https://manage.auth0.com/" if scene.person else "api"
    known = {"method": method, "path": f"/api/v2/{path}", "query": {}, "userAgent": scene.device.browser.user_agent}
    return {**known, "body": body, "channel": channel, "ip": scene.device.ip, "auth": auth}


def _call(scene: Scene, method: str, path: str, body: Any, status: int, answer: Any) -> dict[str, Any]:
    response = {"statusCode": status, "body": answer}
    return {"request": _request(scene, method, path, body), "response": response, "accessedSecrets": []}


def read(scene: Scene) -> None:
    """An administrator looks around in the dashboard."""
    for _ in range(scene.dice.between(1, 4)):
        path = scene.dice.pick(_READS)
        scene.log("mgmt_api_read", _call(scene, "GET", path, {}, 200, {"total": scene.dice.below(90)}), f"Get {path}")
        scene.wait(2000, 30_000)


def change(scene: Scene) -> None:
    """An administrator or Terraform changes something; some are refused."""
    method, path, description, body = scene.dice.pick(_WRITES)
    if scene.dice.chance(8):
        error = {
            "statusCode": 403,
            "error": "Forbidden",
            "message": "Insufficient scope",
            "errorCode": "insufficient_scope",
        }
        scene.log("fapi", _call(scene, method, path, body, 403, error), description)
    else:
        scene.log("sapi", _call(scene, method, path, body, 200, body), description)


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
    scene.log("fscim" if failed else "sscim", {**known, "request": whole, "response": status}, client_id="")


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
        "gd_tenant_update", {"request": _request(scene, "PATCH", "guardian/policies", ["all-applications"])}
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
