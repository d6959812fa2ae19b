"""One batch against the engine: look up what may be there already, create the rest, say how each event ended."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from auth0_elastic.engine.client import Engine, reason_of
from auth0_elastic.errors import EngineError, EngineRefused, EngineUnavailable
from auth0_elastic.ship.classify import (
    Dead,
    Delivered,
    Duplicate,
    Ending,
    Retry,
    TooLarge,
    Wait,
    classify_item,
    classify_request,
)
from auth0_elastic.ship.data_stream import DataStream, WriteIndex
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id, may_precede
from auth0_elastic.spool.backlog import SpooledEvent

BULK_PARAMS = {"filter_path": "items.*.status,items.*.error,items.*._index"}
SEARCH_AT_ONCE = 5_000  # below index.max_result_window


class Sent(NamedTuple):
    """How each event of the batch ended, in its order; how long it took; whether it had to be split to be taken."""

    endings: list[Ending]
    was_too_large: bool = False
    seconds: float = 0.0


class Refused(NamedTuple):
    """The batch as a whole has to be sent again later; nothing is known of its events."""

    why: Retry | Wait


class Sender:
    """Safe to share between threads."""

    def __init__(self, engine: Engine, stream: DataStream, writer: DocumentWriter) -> None:
        self._engine = engine
        self._stream = stream
        self._writer = writer

    def send(self, events: Sequence[SpooledEvent]) -> Sent | Refused:
        """Raises nothing that the engine causes."""
        started = time.monotonic()
        try:
            sent = self._send([(document_id(event.raw), event) for event in events])
            return sent._replace(seconds=time.monotonic() - started) if isinstance(sent, Sent) else sent
        except EngineUnavailable as error:
            self._stream.forget()
            return Refused(Retry(str(error)))
        except EngineRefused as error:
            why = classify_request(error.status, str(error))
            return Refused(why if isinstance(why, Retry) else Wait(str(error)))
        except EngineError as error:
            return Refused(Wait(str(error)))

    def _send(self, events: list[tuple[str, SpooledEvent]]) -> Sent | Refused:
        index = self._stream.write_index()
        present = self._present(events, index)
        absent = [(identity, event) for identity, event in events if identity not in present]
        sent = self._create(absent) if absent else Sent([])
        if isinstance(sent, Refused):
            return sent
        created = iter(sent.endings)
        return sent._replace(endings=[Duplicate() if identity in present else next(created) for identity, _ in events])

    def _present(self, events: list[tuple[str, SpooledEvent]], index: WriteIndex) -> set[str]:
        if not index.older:
            return set()
        suspects = [identity for identity, event in events if may_precede(index.created, identity, _received(event))]
        found: set[str] = set()
        for start in range(0, len(suspects), SEARCH_AT_ONCE):
            found |= self._stream.already_indexed(suspects[start : start + SEARCH_AT_ONCE], index)
        return found

    def _create(self, events: list[tuple[str, SpooledEvent]]) -> Sent | Refused:
        answer = self._engine.bulk(f"/{self._stream.name}/_bulk", self._writer.bulk_body(events), params=BULK_PARAMS)
        match classify_request(answer.status, reason_of(answer.body)):
            case None:
                endings = [classify_item(item["create"]) for item in answer.body["items"]]
                self._stream.wrote_to({ending.index for ending in endings if isinstance(ending, Delivered)})
                return Sent(endings)
            case TooLarge(reason):
                return self._halves(events, reason)
            case why:
                return Refused(why)

    def _halves(self, events: list[tuple[str, SpooledEvent]], reason: str) -> Sent | Refused:
        if len(events) == 1:
            return Sent([Dead(413, reason)], was_too_large=True)
        middle = len(events) // 2
        first, second = self._create(events[:middle]), self._create(events[middle:])
        if isinstance(first, Refused):
            return first
        if isinstance(second, Refused):
            return second
        return Sent(first.endings + second.endings, was_too_large=True)


def _received(event: SpooledEvent) -> datetime:
    return datetime.fromtimestamp(event.received / 1000, UTC)
