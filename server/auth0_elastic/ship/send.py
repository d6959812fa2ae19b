"""One batch against the engine: look up what may be there already, create the rest, say how each event ended."""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from auth0_elastic.engine.client import Answer, Engine, reason_of
from auth0_elastic.engine.refusal import with_remedy
from auth0_elastic.errors import EngineError, EngineRefused, EngineUnavailable
from auth0_elastic.ship.classify import (
    Delivered,
    Duplicate,
    Ending,
    Retry,
    TooLarge,
    Wait,
    classify_item,
    classify_request,
    classify_single,
    temper,
)
from auth0_elastic.ship.data_stream import DataStream, WriteIndex
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id, may_precede
from auth0_elastic.ship.write_turns import WriteTurns
from auth0_elastic.spool.backlog import SpooledEvent

log = logging.getLogger(__name__)

BULK_PARAMS = {"filter_path": "items.*.status,items.*.error,items.*._index,items.*.failure_store"}
SEARCH_AT_ONCE = 5_000  # below index.max_result_window


class Sent(NamedTuple):
    """How each event of the batch ended, in its order; how long it took; whether it had to be split to be taken."""

    endings: list[Ending]
    was_too_large: bool = False
    seconds: float = 0.0


class Refused(NamedTuple):
    """The batch as a whole has to be sent again later; nothing is known of its events."""

    why: Retry | Wait


class Identified(NamedTuple):
    """An event with the `_id` of its document."""

    id: str
    event: SpooledEvent


class Sender:
    """Safe to share between threads."""

    def __init__(self, engine: Engine, stream: DataStream, writer: DocumentWriter) -> None:
        self._engine = engine
        self._turns = WriteTurns()
        self._stream = stream
        self._writer = writer

    def send(self, events: Sequence[SpooledEvent]) -> Sent | Refused:
        """Raises nothing: whatever goes wrong, the events have to be kept and tried again."""
        started = time.monotonic()
        try:
            sent = self._send([Identified(document_id(event.raw), event) for event in events])
            return sent._replace(seconds=time.monotonic() - started) if isinstance(sent, Sent) else sent
        except EngineUnavailable as error:
            self._stream.forget()
            return Refused(Retry(str(error)))
        except EngineRefused as error:
            why = classify_request(error.status, str(error))
            return Refused(why if isinstance(why, Retry) else Wait(with_remedy(str(error), error.status, "shipper")))
        except EngineError as error:
            return Refused(Wait(str(error)))
        except Exception as error:
            log.exception("sending failed in a way that was not foreseen")
            return Refused(Wait(f"{type(error).__name__}: {error}"))

    def _send(self, events: list[Identified]) -> Sent | Refused:
        index = self._stream.write_index()
        with self._turns.of(index.name):
            present = self._indexed_before(events, index)
            absent = [each for each in events if each.id not in present]
            sent = self._create(absent) if absent else Sent([])
        if isinstance(sent, Refused):
            return sent
        created = iter(self._without_copies(absent, temper(sent.endings), index))
        return sent._replace(endings=[Duplicate() if each.id in present else next(created) for each in events])

    def _indexed_before(self, events: list[Identified], index: WriteIndex) -> set[str]:
        """The ids that indices older than the write index have."""
        if not index.older:
            return set()
        suspects = [each.id for each in events if may_precede(index.created, each.id, _received(each.event))]
        found: set[str] = set()
        for start in range(0, len(suspects), SEARCH_AT_ONCE):
            found |= self._stream.already_indexed(suspects[start : start + SEARCH_AT_ONCE], index)
        return found

    def _create(self, events: list[Identified]) -> Sent | Refused:
        answer = self._engine.bulk(f"/{self._stream.name}/_bulk", self._writer.bulk_body(events), params=BULK_PARAMS)
        match classify_request(answer.status, reason_of(answer.body) if answer.status >= 300 else ""):
            case None:
                endings = [classify_item(item) for item in _items(answer, len(events))]
                self._stream.wrote_to({ending.index for ending in endings if isinstance(ending, Delivered)})
                return Sent(endings)
            case TooLarge(reason):
                return self._halves(events, reason)
            case why:
                return Refused(why)

    def _halves(self, events: list[Identified], reason: str) -> Sent | Refused:
        if len(events) == 1:
            return Sent([classify_single(len(events[0].event.raw), reason)], was_too_large=True)
        middle = len(events) // 2
        first, second = self._create(events[:middle]), self._create(events[middle:])
        if isinstance(first, Refused):
            return first
        if isinstance(second, Refused):
            return second
        return Sent(first.endings + second.endings, was_too_large=True)

    def _without_copies(self, events: list[Identified], endings: list[Ending], index: WriteIndex) -> list[Ending]:
        """Takes back what a rollover between the look-up and the bulk let in a second time."""
        strays = {
            each.id: ending.index
            for each, ending in zip(events, endings, strict=True)
            if isinstance(ending, Delivered) and ending.index != index.name
        }
        if not strays:
            return endings
        self._turns.wait_for_end(index.name)
        by_id = {each.id: each for each in events if each.id in strays}
        copies = self._indexed_before(list(by_id.values()), self._stream.write_index())
        for document in copies:
            try:
                self._stream.delete(strays[document], document)
            except EngineRefused as error:
                log.error("%s is stored twice, after a rollover, and cannot be taken back: %s", document, error)
        return [Duplicate() if each.id in copies else ending for each, ending in zip(events, endings, strict=True)]


def _items(answer: Answer, count: int) -> list[dict[str, Any]]:
    """The item of each event. Raises EngineUnavailable for an answer that is not one to our request."""
    items = answer.body.get("items") if isinstance(answer.body, dict) else None
    if not isinstance(items, list) or len(items) != count:
        raise EngineUnavailable(f"a bulk of {count} events was answered with {reason_of(answer.body)}")
    found = [item.get("create") if isinstance(item, dict) else None for item in items]
    if not all(isinstance(item, dict) and "status" in item for item in found):
        raise EngineUnavailable(f"a bulk was answered with {reason_of(items[0])}")
    return [item for item in found if item is not None]


def _received(event: SpooledEvent) -> datetime:
    return datetime.fromtimestamp(event.received / 1000, UTC)
