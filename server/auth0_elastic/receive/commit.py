"""Group commit: requests that arrive while the disk is busy share the next fsync."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import gevent
import gevent.event
import gevent.threadpool

from auth0_elastic.errors import SpoolError, SpoolFull
from auth0_elastic.receive.parse import Parsed
from auth0_elastic.spool.spool_file import Rejected, SpoolFile, Totals, total_of

log = logging.getLogger(__name__)

TIDY_SECONDS = 1.0

T = TypeVar("T")


class Keeper(Protocol):
    """What the app hands events to; returns when they are durable, raises SpoolError when they are not."""

    def keep(self, parsed: Parsed) -> None: ...


class _Waiting(NamedTuple):
    parsed: Parsed
    size: int
    durable: "gevent.event.AsyncResult[None]"


def _outcome(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001 - raised again where it is expected
        return None, error


def _fail(batch: Sequence[_Waiting], error: SpoolError) -> None:
    for waiting in batch:
        waiting.durable.set_exception(error)


class GroupCommit:
    """Greenlets wait in `keep` until their events are on the disk; one native thread does the writing.

    The thread is the only one that touches the spool file, so the hub never waits for the disk.
    """

    def __init__(
        self, file: SpoolFile, max_size: int, rejected_max_size: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._max_size = max_size
        self._rejected_max_size = rejected_max_size
        self._clock = clock
        self._thread = gevent.threadpool.ThreadPool(1)
        self._queue: list[_Waiting] = []
        self._queued_bytes = 0
        self._arrived = gevent.event.Event()
        self._others = Totals(0, 0, 0)
        self._greenlets = [gevent.spawn(self._commit_forever), gevent.spawn(self._tidy_forever)]

    def keep(self, parsed: Parsed) -> None:
        """Raises SpoolFull when the spool's live content would pass its limit, SpoolError when the disk refuses."""
        size = sum(map(len, parsed.events))
        if self._others.live_bytes + self._file.totals.live_bytes + self._queued_bytes + size > self._max_size:
            raise SpoolFull(f"the spool holds its limit of {self._max_size} bytes")
        waiting = _Waiting(parsed, size, gevent.event.AsyncResult())
        self._queue.append(waiting)
        self._queued_bytes += size
        self._arrived.set()
        waiting.durable.get()

    def close(self) -> None:
        """Call when no request is waiting any more."""
        gevent.killall(self._greenlets)
        self._thread.join()
        self._file.close()

    def _commit_forever(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            batch, self._queue = self._queue, []
            if batch:
                self._commit(batch)
                self._queued_bytes -= sum(each.size for each in batch)

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        received = int(self._clock() * 1000)
        events = [event for waiting in batch for event in waiting.parsed.events]
        rejected = [each for waiting in batch for each in waiting.parsed.rejected]
        try:
            self._in_thread(lambda: self._file.append(received, events, self._within_limit(rejected)))
        except SpoolError as error:  # which the answers' log names
            _fail(batch, error)
        except Exception:  # whatever it is, nobody may wait for ever
            log.exception("cannot keep events")
            _fail(batch, SpoolError("cannot keep events"))
        else:
            for waiting in batch:
                waiting.durable.set(None)

    def _within_limit(self, rejected: list[Rejected]) -> list[Rejected]:
        """Dead letters never block acceptance: beyond their limit their content is cut, their reason stays."""
        if sum(len(each.raw) for each in rejected) <= self._rejected_max_size:
            return rejected
        log.error("dead letters pass their limit of %d bytes; their content is dropped", self._rejected_max_size)
        return [Rejected(b"", each.reason) for each in rejected]

    def _tidy_forever(self) -> None:
        """Removes what has been delivered and learns how much the other spool files hold."""
        trouble = ""
        while True:
            gevent.sleep(TIDY_SECONDS)
            try:
                while self._in_thread(self._file.prune):
                    gevent.sleep(0)  # commits go in between
                self._others = self._in_thread(self._measure_others)
                trouble = ""
            except SpoolError as error:  # such as a full disk, which may take a while
                if str(error) != trouble:
                    log.error("%s", error)
                trouble = str(error)
            except Exception:  # the next round may go better, and a listener must not die of tidying
                log.exception("cannot tidy %s", self._file.path)

    def _in_thread(self, work: Callable[[], T]) -> T:
        """Errors are raised here, because gevent prints those of its threads to standard error, past our log."""
        result: T
        result, error = self._thread.apply(_outcome, (work,))
        if error is not None:
            raise error
        return result

    def _measure_others(self) -> Totals:
        everything, own = total_of(Path(self._file.path).parent), self._file.totals
        return Totals(*(all_files - mine for all_files, mine in zip(everything, own, strict=True)))
