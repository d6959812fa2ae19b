"""Tells a webhook of incidents, from a thread of its own: detection never waits for it."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as failures

from auth0_elastic.backoff import Backoff
from auth0_elastic.config.detect_settings import WebhookSettings
from auth0_elastic.detect.hourly_limit import HourlyLimit
from auth0_elastic.detect.incident import Incident
from auth0_elastic.detect.rule import SEVERITY
from auth0_elastic.detect.webhook_message import incident_message, left_out_message
from auth0_elastic.reputation.troubles import Troubles
from auth0_elastic.secret import Secret

_log = logging.getLogger(__name__)

ATTEMPTS: Final = 8
MOST_WAITING: Final = 1_000
_TIMEOUT: Final = 10.0
_LONGEST_PAUSE: Final = 60.0
_POLL_SECONDS: Final = 1.0


class Outcome(NamedTuple):
    """`problem` is empty for what was delivered; `after` are the seconds that the server asks to wait."""

    problem: str = ""
    is_worth_another: bool = False
    after: float | None = None


class Webhook:
    """What cannot be delivered is left out and counted; the alerts in the engine have it all the same.

    A process that ends abruptly takes with it what it had not told.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        url: Secret,
        namespace: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], bool] | None = None,
        backoff: Backoff | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """`pause` waits so many seconds and says whether to give up; beyond `most_waiting` incidents are left out."""
        self._settings, self._url, self._namespace = settings, url, namespace
        self._ending, self._stop = threading.Event(), threading.Event()
        self._pause, self._backoff = pause or self._stop.wait, backoff or Backoff(1, _LONGEST_PAUSE)
        self._limit = HourlyLimit(settings.max_per_hour, clock)
        self._waiting: queue.Queue[bytes] = queue.Queue(most_waiting)
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT)
        self._troubles = Troubles("detect.webhook")
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell(self, raised: Sequence[Incident], surged: Sequence[Incident]) -> None:
        """Queues new incidents and those that have grown tenfold, the most severe first; never waits."""
        news = [(incident, False) for incident in raised] + [(incident, True) for incident in surged]
        for incident, has_grown in sorted(news, key=lambda each: -SEVERITY[each[0].rule.level]):
            try:
                message = incident_message(self._settings.format, incident, self._namespace, has_grown=has_grown)
                self._waiting.put_nowait(message)
            except queue.Full:
                self._limit.leave_out()

    def deliver(self, patience: float = 0.0) -> None:
        """Delivers what is waiting, after at most `patience` seconds for something to come."""
        try:
            while True:
                message = self._waiting.get(timeout=patience) if patience else self._waiting.get_nowait()
                self._tell_left_out()
                if self._limit.admits() and not self._post(message):
                    self._limit.leave_out()
                patience = 0.0
        except queue.Empty:
            self._tell_left_out()

    def close(self, patience: float) -> None:
        """Ends the thread; what it has not delivered within so many seconds is left out."""
        self._ending.set()
        self._thread.join(patience)
        self._stop.set()
        self._thread.join(_POLL_SECONDS)

    def _run(self) -> None:
        while not self._ending.is_set():
            self.deliver(_POLL_SECONDS)
        self.deliver()
        self._tell_left_out(at_once=True)

    def _tell_left_out(self, *, at_once: bool = False) -> None:
        """Is the first message of its hour."""
        if count := self._limit.take_left_out(at_once=at_once):
            _log.warning("%d incidents were not told to the webhook; they are in the alerts", count)
            self._limit.admits()
            if not self._post(left_out_message(self._settings.format, count)):
                self._limit.leave_out(count)

    def _post(self, message: bytes) -> bool:
        """Whether it was delivered, after as many attempts as it takes."""
        for attempt in range(1, ATTEMPTS + 1):
            outcome = self._try(message)
            if not outcome.problem:
                self._troubles.over()
                return True
            consequence = "it is tried again" if outcome.is_worth_another else "incidents are only in the alerts"
            self._troubles.met(outcome.problem, consequence)
            delay = outcome.after or self._backoff.delay(attempt)
            if not outcome.is_worth_another or attempt == ATTEMPTS or self._pause(min(delay, _LONGEST_PAUSE)):
                break
        return False

    def _try(self, message: bytes) -> Outcome:
        headers = {"Content-Type": "application/json", "User-Agent": "auth0-elastic"}
        if self._settings.token:
            headers["Authorization"] = f"Bearer {self._settings.token.reveal()}"
        try:
            answer = self._pool.request(
                "POST", self._url.reveal(), body=message, headers=headers, retries=False, redirect=False
            )
        except failures.HTTPError as error:
            host = urlsplit(self._url.reveal()).hostname
            return Outcome(f"{host} gives no answer ({type(error).__name__})", is_worth_another=True)
        return judge(answer.status, answer.headers.get("Retry-After", ""))


def judge(status: int, retry_after: str) -> Outcome:
    """What an answer means. A redirection is not followed: the token is not for others."""
    if 200 <= status < 300:
        return Outcome()
    after = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
    return Outcome(f"the server answered {status}", status in (408, 425, 429) or status >= 500, after)
