"""The shipper: reads the spool, sends batches, and writes into the ledger how each event ended."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event

from auth0_elastic.backoff import Backoff
from auth0_elastic.errors import EngineError
from auth0_elastic.ship.announce import Announcer
from auth0_elastic.ship.batch_size import BatchSize
from auth0_elastic.ship.classify import Dead, Delivered, Duplicate, Ending, Retry, Wait
from auth0_elastic.ship.gate import Gate
from auth0_elastic.ship.intake import Attempted, Batch, Intake
from auth0_elastic.ship.measured import measured
from auth0_elastic.ship.retries import Outstanding
from auth0_elastic.ship.send import Refused, Sender, Sent
from auth0_elastic.spool.backlog import Backlog, SpooledEvent
from auth0_elastic.spool.ledger import DeadLetter, Ledger, Settled
from auth0_elastic.spool.measures import Amounts

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
CONFIRM_SECONDS = 60.0
ALARMING_ATTEMPTS = 8  # with the back-off of single events, about two minutes


class Shipper:
    """One thread decides and keeps the books, a few more send.

    `prepare` returns a Sender for an engine whose installed version is confirmed, or raises EngineError; it is called
    before the first batch, now and then, and whenever the engine has refused.
    """

    def __init__(
        self,
        backlog: Backlog,
        ledger: Ledger,
        prepare: Callable[[], Sender],
        *,
        max_in_flight: int,
        max_bytes: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._intake = Intake(backlog, ledger, now)
        self._prepare = prepare
        self._max_in_flight = max_in_flight
        self._now = now
        self._size = BatchSize(max_bytes)
        self._gate = Gate(Backoff(0.5, 30), now)
        self._announcer = Announcer(now)
        self._item_backoff = Backoff(0.5, 60)
        self._in_flight: dict[Future[Sent | Refused], Batch] = {}
        self._next_confirmation = 0.0
        self._sender: Sender | None = None
        self._threads = ThreadPoolExecutor(max_in_flight, thread_name_prefix="bulk")

    def run(self, stop: Event) -> None:
        """Until `stop` is set; then what is under way is still waited for."""
        self._ledger.set_state(engine="not yet tried")
        while not stop.is_set():
            if not self.step():
                stop.wait(POLL_SECONDS)
        self.close()
        self._collect(timeout=0)

    def close(self) -> None:
        """Waits for what is under way."""
        self._threads.shutdown(wait=True)

    def step(self) -> bool:
        """One round: look for work, send what may go, settle what has come back. False if there was nothing to do."""
        self._intake.look(may_remove=not self._in_flight)
        if self._gate.is_due() and not self._in_flight:
            self._try_engine()
        sent = self._send_what_may_go()
        return self._collect(timeout=POLL_SECONDS) or sent

    @property
    def idle(self) -> bool:
        """Whether all that was read has come to an end."""
        return not self._in_flight and self._intake.is_empty

    def _try_engine(self) -> None:
        """Prepares, then tries a single event, if there is one."""
        if not self._confirm():
            return
        probe = self._intake.probe()
        if probe is None:
            self._open_gate()
        else:
            self._submit(probe)

    def _send_what_may_go(self) -> bool:
        if self._gate.is_open() and self._now() >= self._next_confirmation:
            self._confirm()
        sent = False
        while self._gate.is_open() and len(self._in_flight) < self._max_in_flight:
            batch = self._intake.next_batch(self._size.bytes)
            if batch is None:
                break
            self._submit(batch)
            sent = True
        return sent

    def _confirm(self) -> bool:
        self._next_confirmation = self._now() + CONFIRM_SECONDS
        try:
            self._sender = self._prepare()
        except EngineError as error:
            self._close_gate(str(error))
            return False
        except Exception as error:
            log.exception("preparing failed in a way that was not foreseen")
            self._close_gate(f"{type(error).__name__}: {error}")
            return False
        return True

    def _submit(self, batch: Batch) -> None:
        if self._sender is None:
            raise RuntimeError("nothing is sent before the engine is confirmed")
        self._in_flight[self._threads.submit(self._sender.send, batch.events)] = batch

    def _collect(self, timeout: float) -> bool:
        if not self._in_flight:
            return False
        done, _ = wait(self._in_flight, timeout, FIRST_COMPLETED)
        for future in done:
            batch = self._in_flight.pop(future)
            result = future.result()
            if isinstance(result, Refused):
                self._settle(batch, [result.why] * len(batch.attempted))
                self._close_gate(result.why.reason)
                self._size.was_too_much()
            else:
                amounts = measured(batch.events, result.endings, result.seconds, time.time())
                self._settle(batch, result.endings, amounts)
                self._adapt(result)
        return bool(done)

    def _settle(self, batch: Batch, endings: Sequence[Ending], amounts: Amounts | None = None) -> None:
        ended = list(zip(batch.attempted, endings, strict=True))
        retried = [(each, ending) for each, ending in ended if isinstance(ending, Retry | Wait)]
        dead = [_dead_letter(each.event, ending) for each, ending in ended if isinstance(ending, Dead)]
        counts = Counter(_counter(ending) for _, ending in ended)
        self._ledger.settle(self._settled(batch, ended), dead, counts, amounts)
        self._announcer.dead((letter.status, letter.reason) for letter in dead)
        for each, ending in retried:
            self._try_later(each, ending)

    def _try_later(self, each: Attempted, ending: Retry | Wait) -> None:
        attempts = each.attempts + 1
        delay = self._item_backoff.delay(attempts)
        self._intake.retries.add(self._now() + delay, Outstanding(each.event.file_id, each.event.seq, attempts))
        if attempts % ALARMING_ATTEMPTS == 0 and isinstance(ending, Retry) and self._gate.is_open():
            self._announcer.still_kept(attempts, ending.reason)

    def _settled(self, batch: Batch, ended: Sequence[tuple[Attempted, Ending]]) -> list[Settled]:
        positions = self._intake.ended(batch)
        left: dict[str, list[int]] = {}
        gone: dict[str, list[int]] = {}
        for each, ending in ended:
            if isinstance(ending, Retry | Wait):
                left.setdefault(each.event.file_id, []).append(each.event.seq)
            elif each.attempts:
                gone.setdefault(each.event.file_id, []).append(each.event.seq)
        return [
            Settled(file_id, positions.get(file_id, 0), left.get(file_id, ()), gone.get(file_id, ()))
            for file_id in {*positions, *left, *gone}
        ]

    def _adapt(self, sent: Sent) -> None:
        """Single events to be tried again hold nothing up; one that waits holds up everything."""
        waits = [ending for ending in sent.endings if isinstance(ending, Wait)]
        if waits:
            self._close_gate(waits[0].reason)
        else:
            self._open_gate()
        if sent.was_too_large or any(isinstance(ending, Retry) for ending in sent.endings):
            self._size.was_too_much()
        else:
            self._size.answered(sent.seconds)

    def _close_gate(self, reason: str) -> None:
        self._announcer.waiting(reason)
        if self._gate.close(reason):
            self._ledger.set_state(engine=reason)

    def _open_gate(self) -> None:
        self._announcer.delivering()
        if self._gate.open():
            self._ledger.set_state(engine="ok")


def _counter(ending: Ending) -> str:
    names = {Delivered: "indexed", Duplicate: "duplicate", Dead: "dead", Retry: "retried", Wait: "retried"}
    return names[type(ending)]


def _dead_letter(event: SpooledEvent, ending: Dead) -> DeadLetter:
    return DeadLetter(event.received, int(time.time() * 1000), ending.status, ending.reason, event.raw, event.writer)
