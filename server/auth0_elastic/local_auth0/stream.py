"""One log stream: what was configured, what waits, what was delivered, how healthy it is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from auth0_elastic import event_types
from auth0_elastic.local_auth0.behaviour import DAY, Behaviour

_ERRORS_SHOWN = 10
_ERRORS_KEPT = 5 * DAY


class DeliveryError(NamedTuple):
    """What Health shows; `at` is in epoch seconds."""

    at: float
    reason: str


@dataclass
class Stream:
    """`pending` has each waiting log_id once; `delivered` has it once per delivery; `expired` was lost."""

    id: str
    properties: dict[str, Any]
    status: str = "active"
    pending: dict[str, None] = field(default_factory=dict)  # a set that keeps the order in which they came
    delivered: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    errors: list[DeliveryError] = field(default_factory=list)
    failing_since: float | None = None
    failed_rounds: int = 0

    @property
    def shown(self) -> dict[str, Any]:
        """As GET answers, the Authorization value in clear."""
        return {"id": self.id, "status": self.status, **self.properties}

    @property
    def sink(self) -> dict[str, Any]:
        return dict(self.properties["sink"])

    def health(self, now: float) -> list[DeliveryError]:
        """The last 10 errors of the last 5 days."""
        return [error for error in self.errors if error.at > now - _ERRORS_KEPT][-_ERRORS_SHOWN:]

    def wants(self, code: str) -> bool:
        """Whether its filters let an event of type `code` through; a stream without filters takes all."""
        known = event_types.load().get(code)
        category = known.stream_filter if known else "other"
        chosen = {chosen["name"] for chosen in self.properties["filters"]}
        return not chosen or category in chosen

    def queue(self, log_ids: Iterable[str]) -> None:
        self.pending.update(dict.fromkeys(log_ids))

    def drop_expired(self, oldest: str) -> None:
        gone = [log_id for log_id in self.pending if log_id < oldest]
        self.forget(gone)
        self.expired += gone

    def forget(self, log_ids: Iterable[str]) -> None:
        """They need not be delivered."""
        for log_id in log_ids:
            self.pending.pop(log_id, None)

    def succeeded(self, log_ids: list[str]) -> None:
        self.forget(log_ids)
        self.delivered += log_ids
        self.failing_since, self.failed_rounds = None, 0

    def failed(self, reason: str, now: float, behaviour: Behaviour) -> None:
        """After three attempts; too long without success suspends the stream."""
        self.errors.append(DeliveryError(now, reason))
        self.failing_since = now if self.failing_since is None else self.failing_since
        self.failed_rounds += 1
        rounds = behaviour.suspends_after_rounds
        if now - self.failing_since >= behaviour.suspends_after or (rounds and self.failed_rounds >= rounds):
            self.status = "suspended"

    def patch(self, changes: dict[str, Any]) -> None:
        """Only a status given expressly ends a suspension; what leaves out `pii_config` takes it away, as in Auth0."""
        kept = {key: value for key, value in self.properties.items() if key != "pii_config"}
        self.properties = kept | {key: value for key, value in changes.items() if key != "status"}
        if "status" in changes:
            self.status = changes["status"]
            self.failing_since, self.failed_rounds = None, 0
