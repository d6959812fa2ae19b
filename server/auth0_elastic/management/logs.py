"""The tenant's logs in checkpoint mode: all of them, in the order of their log_id, each byte for byte."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from auth0_elastic.errors import Auth0Unavailable
from auth0_elastic.management.client import ManagementApi, Reply
from auth0_elastic.management.connection import lenient

LOGS: Final = "/api/v2/logs"
LARGEST_PAGE: Final = 100

_ID_LENGTH: Final = 56
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)


class _Identity(msgspec.Struct):
    log_id: Any = None
    polled_id: Any = msgspec.field(name="_id", default=None)


_IDENTITY = msgspec.json.Decoder(_Identity)


class Page(NamedTuple):
    """`events` are flat records as received, in the order given; `next_from` is the log_id to continue after."""

    events: list[bytes]
    next_from: str | None


def read_page(api: ManagementApi, after: str, take: int) -> Page:
    """The next `take` events (at most 100) after this log_id; an empty page continues where it was asked.

    Raises Auth0Unavailable, Auth0Refused, ConfigError.
    """
    reply = api.get(LOGS, {"from": after, "take": str(take)})
    if reply.raw.lstrip()[:1] != b"[":
        raise Auth0Unavailable(f"GET {LOGS}: the answer is not a list of events")
    events = split(reply.raw)
    return Page(events, _from_link(reply) or _last_log_id(events) or after)


def split(raw: bytes) -> list[bytes]:
    """The elements of a JSON array, as slices of its bytes."""
    try:
        return [bytes(event) for event in _ARRAY.decode(raw)]
    except (msgspec.MsgspecError, RecursionError):
        return list(_elements(raw))


def synthetic_log_id(moment: datetime) -> str:
    """A log_id, of the length of real ones, that precedes every event of this moment's second and after."""
    return f"900{moment.astimezone(UTC):%Y%m%d%H%M%S}".ljust(_ID_LENGTH, "0")


def log_id_of(raw: bytes) -> str:
    """A flat record's `log_id`, else its `_id`; empty where neither is a text."""
    found = _identity(raw)
    return next((value for value in found if isinstance(value, str) and value), "")


def _from_link(reply: Reply) -> str | None:
    """Only the log_id: the token goes to no other address than the tenant's."""
    values = parse_qs(urlsplit(reply.next or "").query).get("from")
    return values[0] if values else None


def _last_log_id(events: list[bytes]) -> str | None:
    return next(filter(None, map(log_id_of, reversed(events))), None)


def _identity(raw: bytes) -> tuple[Any, Any]:
    try:
        event = _IDENTITY.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return _lenient_identity(raw)
    return event.log_id, event.polled_id


def _lenient_identity(raw: bytes) -> tuple[Any, Any]:
    """For what msgspec refuses and JavaScript writes, such as lone surrogates."""
    try:
        event = lenient(raw)
    except (ValueError, RecursionError):
        return None, None
    return (event.get("log_id"), event.get("_id")) if isinstance(event, dict) else (None, None)


def _elements(raw: bytes) -> Iterator[bytes]:
    """By brackets and commas alone, for an array of valid brackets of which msgspec refuses an element."""
    depth, start = 0, 0
    for token in _TOKEN.finditer(raw):
        mark = token.group()
        depth += (mark in b"[{") - (mark in b"]}")
        ends = (mark == b"," and depth == 1) or depth == 0
        if ends and raw[start : token.start()].strip():
            yield raw[start : token.start()].strip()
        if ends or (depth == 1 and mark == b"["):
            start = token.end()
