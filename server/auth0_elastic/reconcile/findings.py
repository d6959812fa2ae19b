"""What is compared, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Window(NamedTuple):
    """Logs whose log_id's time lies between the two; without an end, all there are."""

    since: datetime
    until: datetime | None = None


@dataclass
class Findings:
    """Counts of logs. `waiting` are in the spool, `dead` among the dead letters; `filled` are of the `missing`.

    `unknown` is the range (UTC) of which Auth0 has no log, or none any more, so that nothing can be compared.
    """

    checked: int = 0
    indexed: int = 0
    waiting: int = 0
    dead: int = 0
    missing: int = 0
    filled: int = 0
    unknown: tuple[datetime, datetime] | None = None

    @property
    def present(self) -> int:
        return self.indexed + self.waiting + self.dead

    @property
    def still_missing(self) -> int:
        return self.missing - self.filled

    def as_json(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("checked", "present", "missing", "filled", "still_missing")}
        unknown = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in self.unknown] if self.unknown else None
        return {**counts, "waiting": self.waiting, "dead": self.dead, "unknown": unknown}
