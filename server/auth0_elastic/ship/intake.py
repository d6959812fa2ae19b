"""What the shipper takes on next: new events of all spool files, and those whose turn comes again."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from auth0_elastic.ship.progress import Progress
from auth0_elastic.ship.retries import Outstanding, Retries
from auth0_elastic.spool.backlog import Backlog, OpenFile, SpooledEvent
from auth0_elastic.spool.dead_letters import FILE_ID as DEAD_LETTERS
from auth0_elastic.spool.ledger import DeadLetter, Ledger, Settled

log = logging.getLogger(__name__)

DISCOVER_SECONDS = 1.0
MAX_EVENTS_A_BATCH = 10_000


class Attempted(NamedTuple):
    """An event and how often it has been tried before."""

    event: SpooledEvent
    attempts: int


@dataclass(frozen=True)
class Batch:
    number: int
    attempted: Sequence[Attempted]

    @property
    def events(self) -> list[SpooledEvent]:
        return [each.event for each in self.attempted]


class Intake:
    """Reads the backlog into batches and knows how far each file is done with; used by one thread."""

    def __init__(
        self, backlog: Backlog, ledger: Ledger, now: Callable[[], float], max_events: int = MAX_EVENTS_A_BATCH
    ) -> None:
        self._backlog = backlog
        self._ledger = ledger
        self._now = now
        self._max_events = max_events
        self._progress = Progress()
        self._unread: dict[str, OpenFile] = {}
        self._numbers = 0
        self._next_discovery = 0.0
        self.retries = Retries()
        for number in ledger.replays_under_way():
            self._replay(number)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be read, now or later."""
        return not (len(self.retries) or self._unread)

    def look(self, *, may_remove: bool) -> None:
        """Finds new files and new events; `may_remove` drained files of processes that are gone."""
        if self._now() >= self._next_discovery:
            self._next_discovery = self._now() + DISCOVER_SECONDS
            for file in self._backlog.discover():
                for seq in file.outstanding:
                    self.retries.add(self._now(), Outstanding(file.file_id, seq, 1))
            for number in self._ledger.replays(max(0, self._max_events - len(self.retries))):
                self._replay(number)
            if may_remove and self.is_empty:
                self._remove_abandoned()
        for file in self._backlog.files.values():
            if file.changed():
                self._unread[file.file_id] = file
                self._bury_rejected(file)

    def _remove_abandoned(self) -> None:
        for file in list(self._backlog.files.values()):
            self._backlog.remove_if_abandoned(file)

    def _replay(self, number: int) -> None:
        self.retries.add(self._now(), Outstanding(DEAD_LETTERS, number, 1))

    def _bury_rejected(self, file: OpenFile) -> None:
        while rows := file.read_rejected():
            died = int(time.time() * 1000)
            dead = [
                DeadLetter(row.received, died, None, row.rejected.reason, row.rejected.raw, file.writer) for row in rows
            ]
            done = Settled(file.file_id, 0, rejected_to=rows[-1].seq)
            self._ledger.settle([done], dead, {"dead": len(dead)})

    def next_batch(self, max_bytes: int) -> Batch | None:
        """Events that are due again, then new ones; None if there are none."""
        attempted: list[Attempted] = []
        room = max_bytes
        while room > 0 and (outstanding := self.retries.take_due(self._now())) is not None:
            again = self._read_again(outstanding)
            if again is not None:
                attempted.append(again)
                room -= len(again.event.raw)
        fresh = self._read(room, self._max_events) if room > 0 else []
        attempted += [Attempted(event, 0) for event in fresh]
        return self._batch(attempted) if attempted else None

    def probe(self) -> Batch | None:
        """A single event; a new one if there is one, so that no old one can hold up all others."""
        fresh = self._read(max_bytes=1, max_events=1)
        if fresh:
            return self._batch([Attempted(event, 0) for event in fresh])
        outstanding = self.retries.take_first()
        again = self._read_again(outstanding) if outstanding else None
        return self._batch([again]) if again else None

    def ended(self, batch: Batch) -> dict[str, int]:
        """Up to where each file of the batch has come to an end, now that the batch has."""
        return self._progress.ended(batch.number)

    def _batch(self, attempted: Sequence[Attempted]) -> Batch:
        self._numbers += 1
        self._progress.began(self._numbers, _spans([each.event for each in attempted if not each.attempts]))
        return Batch(self._numbers, attempted)

    def _read_again(self, outstanding: Outstanding) -> Attempted | None:
        event = self._read_one(outstanding)
        if event is None:
            if outstanding.file_id == DEAD_LETTERS or self._backlog.is_sound(outstanding.file_id):
                log.error("event %d of %s is gone before it was delivered", outstanding.seq, outstanding.file_id)
                self._ledger.settle([Settled(outstanding.file_id, 0, no_longer_outstanding=[outstanding.seq])])
            return None  # what was left in a damaged file comes again from where it is saved
        return Attempted(event, outstanding.attempts)

    def _read_one(self, outstanding: Outstanding) -> SpooledEvent | None:
        if outstanding.file_id == DEAD_LETTERS:
            letter = self._ledger.dead_letter(outstanding.seq)
            return letter and SpooledEvent(DEAD_LETTERS, outstanding.seq, letter.received, letter.raw, letter.writer)
        file = self._backlog.file(outstanding.file_id)
        return file.read_one(outstanding.seq) if file is not None else None

    def _read(self, max_bytes: int, max_events: int) -> list[SpooledEvent]:
        """From the files in turn, so that none starves."""
        events: list[SpooledEvent] = []
        for file_id, file in list(self._unread.items()):
            room = max_bytes - sum(len(event.raw) for event in events)
            if events and (room <= 0 or len(events) >= max_events):
                break
            found = file.read(room, max_events - len(events))
            del self._unread[file_id]
            if found:
                self._unread[file_id] = file  # to the end of the line
            events += found
        return events


def _spans(events: Sequence[SpooledEvent]) -> list[tuple[str, int, int]]:
    """(file_id, first seq, last seq) of each file's run of events."""
    spans = []
    for file_id, run in groupby(events, key=lambda event: event.file_id):
        seqs = [event.seq for event in run]
        spans.append((file_id, seqs[0], seqs[-1]))
    return spans
