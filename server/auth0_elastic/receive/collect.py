"""From a request of an Auth0 Action to events: what is refused, and the id of what came without one.

An Action does not send again what was refused, so little is: all else that is odd is for the ingest pipeline to bear.
"""

import json
import uuid
from typing import Any

from auth0_elastic.errors import RequestRefused
from auth0_elastic.receive.parse import Parsed, parse

NEVER_SENT = ("secrets", "configuration")  # of an Action's event object; both may hold secrets
MAX_ID_BYTES = 512  # what Elasticsearch and OpenSearch take as an _id

_REMEDY = (
    'post a JSON object such as {"event_type": "auth.login_success", "actor": {…}, "context": {…}, "metadata": {…}}'
)


def collect(body: bytes) -> Parsed:
    """The events of a body, which is a JSON object, an array of them, or lines of them; all of them or none.

    Each keeps its bytes, unless an object in it has a name twice, or it has no usable event_id: then it gets one, since
    without one two logins of a user may be the same to the byte. Raises RequestRefused (400) with what is wrong where.
    """
    try:
        parsed = parse(body)
    except RequestRefused as error:
        raise RequestRefused(error.status, str(error), _REMEDY if error.status == 400 else error.remedy) from error
    if parsed.rejected:
        raise RequestRefused(400, f"a part of the body is {parsed.rejected[0].reason}", _REMEDY)
    if not parsed.events:
        raise RequestRefused(400, "the body has no event", _REMEDY)
    return Parsed([_event(raw, number) for number, raw in enumerate(parsed.events, start=1)], [])


def _event(raw: bytes, number: int) -> bytes:
    event, repeats = _decoded(raw, number)
    kind = event.get("event_type")
    if not isinstance(kind, str) or not kind.strip():
        raise RequestRefused(400, f"event {number}: event_type is {'no text' if kind else 'missing'}", _REMEDY)
    for name in NEVER_SENT:
        if any(name in part for part in _objects(event)):
            what = f"event {number}: it holds {name}, which must not be sent"
            raise RequestRefused(400, what, "send single fields of the Action's event, never all of it")
    if _is_id(event.get("event_id")):
        return json.dumps(event).encode() if repeats else raw
    return json.dumps(event | {"event_id": uuid.uuid4().hex}).encode()


def _decoded(raw: bytes, number: int) -> tuple[dict[str, Any], bool]:
    """The event, and whether an object in it has a name twice: the engine's parser refuses it, here the last counts."""
    repeats = []

    def one(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        repeats.append(len(found) < len(pairs))
        return found

    try:
        event: dict[str, Any] = json.loads(raw.decode(), object_pairs_hook=one)
    except (RecursionError, ValueError) as error:  # beyond Python's limits of 1,000 levels and 4,300 digits
        raise RequestRefused(
            400, f"event {number}: it is nested too deeply, or has too long a number", _REMEDY
        ) from error
    return event, any(repeats)


def _objects(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event and the objects in it."""
    return [event, *(part for part in event.values() if isinstance(part, dict))]


def _is_id(value: Any) -> bool:
    """Whether the shipper takes it for the document's _id."""
    try:
        return isinstance(value, str) and 0 < len(value.encode()) <= MAX_ID_BYTES
    except UnicodeEncodeError:  # a lone surrogate
        return False
