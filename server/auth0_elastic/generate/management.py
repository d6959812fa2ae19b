"""The Management API: what administrators and their tools read and change; `data/changes.tsv` says what there is."""

import json
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from auth0_elastic.generate.people import Person
from auth0_elastic.generate.scene import Scene
from auth0_elastic.generate.tables import rows

Json = dict[str, Any]

_READS = ("clients", "users", "logs", "connections", "roles", "log-streams", "stats/daily", "tenants/settings")
_REFUSALS = (
    (403, "Forbidden", "insufficient_scope", "Insufficient scope"),
    (400, "Bad Request", "invalid_body", "Payload validation error: 'Additional properties not allowed'."),
    (429, "Too Many Requests", "too_many_requests", "Global limit has been reached"),
)


class Change(NamedTuple):
    """A call that changes something; `{user_id}`, `{email}` and `{name}` are those of the user it is about."""

    method: str
    path: str
    status: int
    description: str
    body: str
    answer: str


@cache
def _changes() -> list[Change]:
    texts = ("description", "body", "answer")
    return [Change(row["method"], row["path"], int(row["status"]), *(row[x] for x in texts)) for row in rows("changes")]


def request(scene: Scene, method: str, path: str, body: Any) -> Json:
    """The request of a call, as the events of the Management API have it."""
    who = (
        {"user_id": scene.person.user_id, "name": scene.person.name, "email": scene.person.email}
        if scene.person
        else {}
    )
    auth = {"user": who, "strategy": "jwt", "credentials": {"jti": scene.dice.hex(32)}}
    channel = "https://manage.auth0.com/" if scene.person else "api"
    known = {"method": method, "path": f"/api/v2/{path}", "query": {}, "userAgent": scene.device.browser.user_agent}
    return {**known, "body": body, "channel": channel, "ip": scene.device.ip, "auth": auth}


def _call(asked: Json, status: int, answer: Any) -> Json:
    return {"request": asked, "response": {"statusCode": status, "body": answer}, "accessedSecrets": []}


def read(scene: Scene) -> None:
    """An administrator looks around in the dashboard."""
    for _ in range(scene.dice.between(1, 4)):
        path = scene.dice.pick(_READS)
        asked = request(scene, "GET", path, {})
        scene.log("mgmt_api_read", _call(asked, 200, {"total": scene.dice.below(90)}), f"Get {path}")
        scene.wait(2000, 30_000)


def change(scene: Scene) -> None:
    """An administrator or Terraform changes something; some are refused."""
    made = scene.dice.pick(_changes())
    user = scene.others[scene.variant(len(scene.others))]
    refused = scene.dice.chance(8)
    asked = request(scene, made.method, _filled(made.path, user, quoted=True), json.loads(_filled(made.body, user)))
    if refused:
        status, error, code, message = _REFUSALS[scene.variant(len(_REFUSALS))]
        answer = {"statusCode": status, "error": error, "message": message, "errorCode": code}
        scene.log("fapi", _call(asked, status, answer), made.description)
    else:
        scene.log("sapi", _call(asked, made.status, json.loads(_filled(made.answer, user))), made.description)


def _filled(text: str, user: Person, *, quoted: bool = False) -> str:
    user_id = quote(user.user_id, safe="") if quoted else user.user_id
    return text.replace("{user_id}", user_id).replace("{email}", user.email).replace("{name}", user.name)
