"""Takes batches, posts them over several connections, and tries again until each is answered."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import cycle, islice
from typing import Any, Final, NamedTuple

import urllib3

from auth0_elastic.generate.encode import FORMATS, encode
from auth0_elastic.send.judge import Answer, Later, judge, judge_failure
from auth0_elastic.send.target import Clock, ListenerUnavailable, Summary, Target

MIXED: Final = "mixed"

_FIRST_PATIENCE = 15.0  # seconds, while nothing has been accepted yet: probably nobody is there
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_TIMEOUT = urllib3.Timeout(connect=10, read=60)


class Batch(NamedTuple):
    """The body of a request and the number of events in it."""

    body: bytes
    events: int


def batches(events: Iterable[dict[str, Any] | bytes], content_format: str, size: int) -> Iterator[Batch]:
    """Bodies of `size` events, one for JSONOBJECT; `mixed` takes the formats in turn."""
    rest = iter(events)
    for name in cycle(FORMATS if content_format == MIXED else (content_format,)):
        chosen = list(islice(rest, 1 if name == "JSONOBJECT" else size))
        if not chosen:
            return
        yield Batch(encode(chosen, name), len(chosen))


def send(
    events: Iterable[dict[str, Any] | bytes],
    target: Target,
    *,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
) -> Summary:
    """Posts all events; `progress` is told, from any thread, how many more are settled.

    Raises ListenerRefused for an answer that waiting does not mend, ListenerUnavailable when patience ends.
    """
    return _Sender(events, target, progress or (lambda count: None), clock or Clock()).run()


class _Sender:
    def __init__(
        self, events: Iterable[dict[str, Any] | bytes], target: Target, progress: Callable[[int], None], clock: Clock
    ) -> None:
        self._target, self._progress, self._clock = target, progress, clock
        self._batches = batches(events, target.content_format, target.batch_size)
        self._taking, self._counting = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._taken, self._started = 0, clock.now()
        self._summary = Summary()
        trusted = str(target.ca) if target.ca else None
        self._http = urllib3.PoolManager(
            maxsize=target.connections, timeout=_TIMEOUT, retries=False, ca_certs=trusted, cert_reqs="REQUIRED"
        )
        self._headers = {"Content-Type": "application/json", "User-Agent": "auth0-elastic"}
        if target.token:
            self._headers["Authorization"] = target.token.reveal()

    def run(self) -> Summary:
        with self._http, ThreadPoolExecutor(self._target.connections, "send") as pool:
            workers = [pool.submit(self._work) for _ in range(self._target.connections)]
            try:
                for worker in as_completed(workers):
                    worker.result()
            except BaseException:  # also Ctrl-C: the workers must end before the pool does
                self._stop.set()
                raise
        self._summary.seconds = self._clock.now() - self._started
        return self._summary

    def _work(self) -> None:
        while not self._stop.is_set():
            batch = self._take()
            if batch is None:
                return
            answer = self._deliver(batch)
            if answer is not None:
                self._count(batch, answer)

    def _take(self) -> Batch | None:
        with self._taking:
            if self._target.rate:
                due = self._started + self._taken / self._target.rate
                self._clock.pause(max(0.0, due - self._clock.now()), self._stop)
            batch = next(self._batches, None)
            self._taken += batch.events if batch else 0
            return batch

    def _count(self, batch: Batch, answer: Answer) -> None:
        with self._counting:
            self._summary.posted += batch.events
            self._summary.accepted += answer.accepted
            self._summary.rejected += answer.rejected
            self._progress(batch.events)

    def _deliver(self, batch: Batch) -> Answer | None:
        """Posts until there is an answer; None when stopped meanwhile."""
        waited, pause = 0.0, _FIRST_PAUSE
        while not self._stop.is_set():
            settled = self._post(batch)
            if isinstance(settled, Answer):
                return settled
            seconds = max(settled.seconds or pause, _FIRST_PAUSE)
            waited, pause = waited + seconds, min(pause * 2, _LONGEST_PAUSE)
            if waited > self._patience():
                raise ListenerUnavailable(f"{self._target.url}: {settled.reason}; gave up; is the listener running?")
            self._clock.pause(seconds, self._stop)
        return None

    def _patience(self) -> float:
        patience = self._target.patience
        return patience if self._summary.posted else min(_FIRST_PATIENCE, patience)

    def _post(self, batch: Batch) -> Answer | Later:
        with self._counting:
            self._summary.requests += 1
        try:
            response = self._http.request("POST", self._target.url, body=batch.body, headers=self._headers)
        except urllib3.exceptions.HTTPError as error:
            return judge_failure(error, self._target)
        return judge(response, batch.events, self._target)
