"""Clocks are callables that give epoch seconds; `SetClock` is one that a test sets."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start.timestamp()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def iso(at: float) -> str:
    """Epoch seconds as Auth0 writes them, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """The reverse of `iso`, UTC where no zone is named; raises ValueError for what is not ISO 8601."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
