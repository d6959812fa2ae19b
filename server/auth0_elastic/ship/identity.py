"""Which document an event is: its `_id`, and when it came into being."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

CLOCKS_DIFFER = timedelta(minutes=10)
MAX_ID_BYTES = 512  # what Elasticsearch and OpenSearch take as an _id

_LOG_ID_TIME = re.compile(r"900(\d{14})")


class _Detail(msgspec.Struct):
    log_id: Any = None


class _Envelope(msgspec.Struct):
    """Only what identifies; msgspec skips the rest without building it."""

    log_id: Any = None
    polled_id: Any = msgspec.field(name="_id", default=None)
    event_id: Any = None
    data: _Detail | None = None
    detail: _Detail | None = None


_DECODER = msgspec.json.Decoder(_Envelope)


def document_id(raw: bytes) -> str:
    """The event's log_id where that is a string of 1 to 512 bytes, otherwise the SHA-256 of its bytes.

    Streamed events carry it in the envelope and in `data`, EventBridge's in `detail`, polled ones as `log_id`, `_id`.
    What an Action sends has an `event_id` in its place.
    """
    for candidate in _candidates(raw):
        if isinstance(candidate, str) and _fits(candidate):
            return candidate
    return hashlib.sha256(raw).hexdigest()


def log_id_time(document_id: str) -> datetime | None:
    """The UTC time that a log_id embeds (`900` + yyyymmddHHMMSS + …); None where it embeds none."""
    match = _LOG_ID_TIME.match(document_id)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _fits(log_id: str) -> bool:
    try:
        return 0 < len(log_id.encode()) <= MAX_ID_BYTES
    except UnicodeEncodeError:  # a lone surrogate
        return False


def _candidates(raw: bytes) -> list[Any]:
    try:
        event = _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return _lenient_candidates(raw)
    nested = [part.log_id for part in (event.detail, event.data) if part is not None]
    return [event.log_id, *nested, event.polled_id, event.event_id]


def _lenient_candidates(raw: bytes) -> list[Any]:
    """For what msgspec refuses: NaN, lone surrogates, a string where `data` should be an object."""
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    if not isinstance(event, dict):
        return []
    nested = [event[part].get("log_id") for part in ("detail", "data") if isinstance(event.get(part), dict)]
    return [event.get("log_id"), *nested, event.get("_id"), event.get("event_id")]


def may_precede(created: datetime, document_id: str, received: datetime) -> bool:
    """Whether the event may have been sent to an index older than the write index, which began at `created`.

    True where its log_id's time or its receipt precede that moment, allowing for clocks that differ, and where it has
    no log_id to tell when it came into being. A time that lies after its own receipt tells nothing either.
    """
    happened = log_id_time(document_id)
    if happened is None or happened > received + CLOCKS_DIFFER:
        return True
    return min(happened, received) < created + CLOCKS_DIFFER
