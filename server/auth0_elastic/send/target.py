"""Where and how to post, what came of it, and the errors that end it."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.secret import Secret


class ListenerRefused(Auth0ElasticError):
    """The listener does not take our requests, and would not take them later either."""


class ListenerUnavailable(Auth0ElasticError):
    """The listener did not answer, or was busy, for longer than the target's patience."""

    exit_code = 69


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how to post; `token` goes verbatim into `Authorization`, `rate` is in events per second.

    `patience` is how many seconds of waiting, in all, a request may cost before the sender gives up.
    """

    url: str
    token: Secret | None = None
    ca: Path | None = None
    content_format: str = "JSONLINES"
    batch_size: int = 100
    rate: float | None = None
    connections: int = 4
    patience: float = 300.0


@dataclass(slots=True)
class Summary:
    """What became of the events; a redelivered event counts once, as in the answer that arrived."""

    posted: int = 0
    accepted: int = 0
    rejected: int = 0
    requests: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        return self.accepted == self.posted

    @property
    def events_per_second(self) -> float:
        return self.posted / self.seconds if self.seconds else 0.0


class Clock:
    """Time in seconds, and a pause that `stop` ends at once."""

    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float, stop: threading.Event) -> None:
        stop.wait(seconds)
