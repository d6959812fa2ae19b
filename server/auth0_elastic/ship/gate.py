"""Whether the engine may be sent to: closed after a refusal, tried with one batch, open again when that goes well."""

from collections.abc import Callable

from auth0_elastic.backoff import Backoff


class Gate:
    """Starts closed but due, so that nothing is sent before the first check."""

    def __init__(self, backoff: Backoff, now: Callable[[], float]) -> None:
        self._backoff = backoff
        self._now = now
        self._attempt = 0
        self._closed_until: float | None = now()
        self.reason: str | None = "starting"

    def is_open(self) -> bool:
        return self._closed_until is None

    def is_due(self) -> bool:
        """Whether it is closed, but time to try again."""
        return self._closed_until is not None and self._now() >= self._closed_until

    def close(self, reason: str) -> bool:
        """Closes until the back-off has passed; returns whether the reason is new."""
        self._attempt += 1
        self._closed_until = self._now() + self._backoff.delay(self._attempt)
        is_new, self.reason = reason != self.reason, reason
        return is_new

    def open(self) -> bool:
        """Opens; returns whether it was closed."""
        was_closed = self._closed_until is not None
        self._attempt, self._closed_until, self.reason = 0, None, None
        return was_closed
