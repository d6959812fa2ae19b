"""Asks until there is an answer that asking again would not change: waits for rate limits, and repeats."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from auth0_elastic.backoff import Backoff
from auth0_elastic.errors import Auth0Unavailable
from auth0_elastic.management.connection import Answer, Connection, NoAnswer, Request
from auth0_elastic.management.rate_limit import Budget, budget_of, exhausted, renew, spend, wait_for

_log = logging.getLogger(__name__)

_WORTH_SAYING: Final = 5.0  # seconds
DELAYS: Final = (1.0, 30.0)  # seconds: the first, and the longest
_TOO_MANY: Final = 429


@dataclass(slots=True)
class _Effort:
    """What one request has cost so far; waits count as they were meant, because the clock may jump."""

    request: str
    patience: float
    remedy: str
    attempts: int = 0
    spent: float = 0.0
    reason: str = "the rate limit is used up"
    said: bool = False

    def spend(self, seconds: float) -> None:
        if self.spent + seconds > self.patience:
            gave_up = f"gave up after {self.spent:.0f} s; {self.remedy}"
            raise Auth0Unavailable(f"{self.request}: {self.reason}; {gave_up}")
        self.spent += seconds


class Exchange:
    """Shared by all threads that draw on one rate limit."""

    def __init__(
        self,
        connection: Connection,
        *,
        name: str,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        patience: float,
    ) -> None:
        """`name` is what messages call the tenant; `jitter` gives 0 to 1; a request may cost `patience` seconds."""
        self._connection, self._name = connection, name
        self._clock, self._sleep, self._backoff = clock, sleep, Backoff(*DELAYS, jitter)
        self._patience = patience
        self._lock = threading.Lock()
        self._budget: Budget | None = None
        self._under_way = 0
        self._announced: Budget | None = None

    def settle(self, request: Request) -> Answer:
        """The answer, of any status but 429 and 5xx. Raises Auth0Unavailable."""
        effort = _Effort(f"{self._name}: {request}", self._patience, f"check {self._name}.base_url and the network")
        while True:
            self._await_budget(effort)
            effort.attempts += 1
            began, delay = self._clock(), self._backoff.delay(effort.attempts)
            try:
                answer = self._ask(request, delay)
            except NoAnswer as error:
                _raise_unless_repeatable(request, error, effort)
                effort.reason = str(error)
                effort.spent += max(0.0, self._clock() - began)
                self._back_off(effort, delay)
            else:
                if answer.status != _TOO_MANY:
                    return answer
                effort.reason = "Auth0 answered 429"

    def _ask(self, request: Request, fallback: float) -> Answer:
        """Takes 5xx for no answer."""
        try:
            answer = self._connection.ask(request)
        finally:
            with self._lock:
                self._under_way -= 1
        self._observe(answer, fallback)
        if answer.status >= 500:
            raise NoAnswer(f"Auth0 answered {answer.status}", sent=True)
        return answer

    def _observe(self, answer: Answer, fallback: float) -> None:
        """Takes the requests of other threads that are under way for not yet counted."""
        now = self._clock()
        refused = answer.status == _TOO_MANY
        budget = exhausted(answer.headers, now, fallback) if refused else budget_of(answer.headers, now)
        with self._lock:
            self._budget = budget and budget._replace(remaining=budget.remaining - self._under_way)

    def _await_budget(self, effort: _Effort) -> None:
        while budget := self._spend():
            self._wait_out(budget, effort)

    def _spend(self) -> Budget | None:
        """Takes one request from the budget; returns the budget if there is none to take."""
        with self._lock:
            now = self._clock()
            if wait_for(self._budget, now):
                return self._budget
            self._budget = spend(self._budget, now)
            self._under_way += 1
            return None

    def _wait_out(self, budget: Budget, effort: _Effort) -> None:
        """Whatever the clock says at the end, Auth0 is asked again."""
        seconds = wait_for(budget, self._clock())
        effort.spend(seconds)
        with self._lock:
            news, self._announced = self._announced is not budget, budget
        if news and seconds > _WORTH_SAYING:
            _log.warning("%s: waiting %.0f s for Auth0's rate limit", self._name, seconds)
        self._sleep(seconds)
        with self._lock:
            if self._budget is budget:
                self._budget = renew(budget, self._clock())

    def _back_off(self, effort: _Effort, seconds: float) -> None:
        effort.spend(seconds)
        if not effort.said and seconds > _WORTH_SAYING:
            effort.said = True
            _log.warning("%s: %s; trying again", effort.request, effort.reason)
        self._sleep(seconds)


def _raise_unless_repeatable(request: Request, error: NoAnswer, effort: _Effort) -> None:
    if error.lasting:
        raise Auth0Unavailable(f"{effort.request}: {error}") from error
    if error.sent and not request.repeatable:
        hint = "it may have been carried out all the same: look before you try again"
        raise Auth0Unavailable(f"{effort.request}: {error}; {hint}") from error
