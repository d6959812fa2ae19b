"""Events as a busy tenant has them, indexed at a steady rate as they happen."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError
from auth0_elastic.generate import encode, events
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.spool.backlog import SpooledEvent
from bench.day import END

A_SECOND = 2
"""Bulk requests; more than one may be under way."""
BLOCK = 10_000
_AT_ONCE = 3


class Undated(NamedTuple):
    """An event but for its date."""

    id: str
    before: bytes
    after: bytes

    def at(self, moment: datetime) -> bytes:
        return self.before + moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode() + b"Z" + self.after


def blocks(count: int) -> Iterator[list[Undated]]:
    """So many events, 10,000 of each of many days: each day has users, addresses and attacks of its own."""
    for first in range(0, count, BLOCK):
        day = islice(events(1 + first // BLOCK, BLOCK, end=END), min(BLOCK, count - first))
        yield [_undated(encode([event], "JSONOBJECT"), event["data"]["date"].encode()) for event in day]


def _undated(raw: bytes, date: bytes) -> Undated:
    before, _, after = raw.partition(date)
    return Undated(document_id(raw), before, after)


class LiveEvents:
    """Indexes events in a namespace; each happens when it is sent, the last at `newest` (epoch seconds)."""

    def __init__(self, engine: Engine, namespace: str) -> None:
        self._engine, self._path = engine, f"/logs-auth0.logs-{namespace}/_bulk"
        self._writer = DocumentWriter(namespace, "auth0.logs", [], preserve_original_event=True)
        self._lock = threading.Lock()
        self.newest = self.begun = time.time()

    def run(self, undated: Sequence[Undated], rate: int, on_second: Callable[[], None]) -> float:
        """Returns the rate that it was in fact, in events/s. Raises EngineError where an event is refused."""
        size, begin = rate // A_SECOND, time.monotonic()
        sent: list[Future[None]] = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for number, start in enumerate(range(0, len(undated), size)):
                time.sleep(max(0.0, begin + number / A_SECOND - time.monotonic()))
                sent.append(pool.submit(self._send, undated[start : start + size]))
                if number % A_SECOND == 0:
                    on_second()
        for each in sent:
            each.result()
        return len(undated) / max(time.monotonic() - begin, len(sent) / A_SECOND)

    def _send(self, some: Sequence[Undated]) -> None:
        now = datetime.now(UTC)
        received = int(now.timestamp() * 1000)
        spooled = ((each.id, SpooledEvent("bench", 0, received, each.at(now))) for each in some)
        only = {"filter_path": "errors,error,items.*.error"}
        answer = self._engine.bulk(self._path, self._writer.bulk_body(spooled), params=only)
        if answer.status >= 400 or answer.body["errors"]:
            refused = [error for item in answer.body.get("items", ()) if (error := item["create"].get("error"))]
            raise EngineError(f"{self._path}: not all events were taken: {refused[:1] or answer.body}")
        with self._lock:
            self.newest = max(self.newest, time.time())
