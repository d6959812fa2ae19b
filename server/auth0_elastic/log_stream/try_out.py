"""Posts a marked event the way Auth0 would and follows it until it is searchable, step by step."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError, EngineRefused
from auth0_elastic.log_stream.desired import auth0_time
from auth0_elastic.log_stream.door import Answer, Door, NotReached
from auth0_elastic.secret import Secret
from auth0_elastic.spool.ledger import LedgerView

TYPE: Final = "auth0_elastic_test"
_PAUSE: Final = 0.2

_REMEDIES: Final = {
    401: "the listener does not take this token: does it run with these settings? `auth0-elastic config check`",
    404: "nobody takes events at this path: compare it with listener.webhook_path",
    413: "something on the way takes no body of this size",
    503: "the listener cannot keep events: see its log and /readyz",
}
_STEP_REMEDIES: Final = {
    "reached": "is `auth0-elastic serve` running, and the way to it open?",
    "tls": "give listener.ssl.certificate with its whole chain, of an authority that Auth0 trusts; for one of your own "
    "try --ca",
    "answered": "is it really the listener that listens there?",
}


class Step(NamedTuple):
    """`seconds` since the test began."""

    name: str
    ok: bool
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be tried: through which door, and where the event should come out."""

    door: Door
    token: Secret
    headers: Mapping[str, str] = field(repr=False)
    tenant: str
    data_stream: str
    spool: Path
    engine: Callable[[], Engine]


def marked_event(tenant: str, now: float) -> tuple[str, bytes]:
    """The log_id and the line: an event that nobody can take for evidence."""
    log_id = f"auth0-elastic-test-{uuid.uuid4().hex}"
    data = {
        "date": auth0_time(datetime.fromtimestamp(now, UTC)),
        "type": TYPE,
        "description": "Made by `auth0-elastic stream test`; nothing happened in Auth0",
        "tenant_name": tenant,
        "log_id": log_id,
    }
    return log_id, json.dumps({"log_id": log_id, "data": data}).encode() + b"\n"


def try_out(
    errand: Errand,
    *,
    patience: float = 60.0,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Step]:
    """Yields each step as it is made, and stops after the first that fails. Deletes nothing."""
    began = clock()
    log_id, line = marked_event(errand.tenant, began)
    for name, ok, detail in _steps(errand, log_id, line, _Deadline(began + patience, clock, sleep)):
        yield Step(name, ok, detail, clock() - began)
        if not ok:
            return


class _Deadline(NamedTuple):
    at: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def wait(self) -> bool:
        """Whether there is time for another look; waits before it."""
        if self.clock() >= self.at:
            return False
        self.sleep(_PAUSE)
        return True


_Made = Iterator[tuple[str, bool, str]]


def _steps(errand: Errand, log_id: str, line: bytes, deadline: _Deadline) -> _Made:
    yield from _deliver(errand, line)
    yield from _follow(errand, log_id, deadline)


def _deliver(errand: Errand, line: bytes) -> _Made:
    made: list[tuple[str, bool, str]] = []
    try:
        answer = errand.door.post(
            line, errand.token, errand.headers, lambda step, detail: made.append((step, True, detail))
        )
    except NotReached as error:
        yield from made
        yield error.step, False, f"{error}; {_STEP_REMEDIES[error.step]}"
        return
    yield from made
    if errand.door.tls is None:
        yield "tls", True, "none: plain HTTP, which Auth0 itself would refuse"
    yield _accepted(errand, answer)
    if answer.body.get("accepted") == 1:
        yield "kept on disk", True, "in the spool"
    else:
        yield "kept on disk", False, "the answer does not say that an event was accepted: is it the listener's?"


def _accepted(errand: Errand, answer: Answer) -> tuple[str, bool, str]:
    if answer.is_good:
        return "token accepted", True, f"{errand.door.url} answered {answer.status}"
    remedy = _REMEDIES.get(answer.status, "see the listener's log")
    return "token accepted", False, f"{errand.door.url} answered {answer.status}; {remedy}"


def _follow(errand: Errand, log_id: str, deadline: _Deadline) -> _Made:
    try:
        engine = errand.engine()
        indexed = _until(lambda: _indexed_in(engine, errand.data_stream, log_id), deadline)
        yield "indexed", indexed is not None, indexed or _why_not(errand.spool, log_id)
        found = _until(lambda: _search(engine, errand.data_stream, log_id), deadline)
        how = f'in {errand.data_stream} as event.id: "{log_id}"'
        yield "searchable", found is not None, how if found else "not in time; is index.refresh_interval very long?"
    except EngineError as error:
        yield "indexed", False, f"{error}; the event is kept in the spool, and delivered when the engine takes it"


def _until(look: Callable[[], str | None], deadline: _Deadline) -> str | None:
    """What is not there yet, or is just being made, may come; what is forbidden stays so (EngineRefused)."""
    while True:
        try:
            found = look()
        except EngineRefused as error:
            if error.status in (401, 403):
                raise
            found = None
        if found or not deadline.wait():
            return found


def _indexed_in(engine: Engine, data_stream: str, log_id: str) -> str:
    """The backing index that has it, also before a search would find it."""
    stream = engine.call("GET", f"/_data_stream/{data_stream}")["data_streams"][0]
    index = str(stream["indices"][-1]["index_name"])
    engine.call("GET", f"/{index}/_doc/{quote(log_id)}", params={"_source": "false"})
    return index


def _search(engine: Engine, data_stream: str, log_id: str) -> str | None:
    query = {"query": {"ids": {"values": [log_id]}}, "size": 1, "_source": False}
    hits: list[dict[str, Any]] = engine.call("POST", f"/{data_stream}/_search", query)["hits"]["hits"]
    return str(hits[0]["_index"]) if hits else None


def _why_not(spool: Path, log_id: str) -> str:
    """What the shipper has written down, if it works on this machine."""
    with suppress(OperationalError), closing(LedgerView(spool)) as view:
        for letter in view.dead_letters():
            if log_id.encode() in letter.raw:
                return f"it is a dead letter: {letter.reason}; `auth0-elastic dead-letters list` shows it"
        said = view.state().get("engine", "")
        return f"not in time; the shipper says of the engine: {said or 'nothing yet'}"
    return "not in time; is `auth0-elastic serve` delivering? See its log and /readyz"
