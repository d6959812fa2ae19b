"""Sums and distributions that /metrics shows, kept in the ledger beside the counters, and so across restarts."""

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS measure (name TEXT NOT NULL, label TEXT NOT NULL, value REAL NOT NULL,"
    " PRIMARY KEY (name, label)) WITHOUT ROWID"
)

Amounts = Mapping[tuple[str, str], float]
"""What to add to a measure, by its name and the value of its one label."""

SUM = "sum"


class Histogram:
    """A measure whose labels are the upper bounds of its buckets, each counted for itself, and `sum`."""

    def __init__(self, name: str, bounds: Sequence[float]) -> None:
        self.name = name
        self.bounds = tuple(bounds)
        self._labels = (*map(str, bounds), "+Inf")

    def observed(self, values: Iterable[float]) -> dict[tuple[str, str], float]:
        """What these values add; one that is negative, because clocks differ, counts as 0."""
        seen = [max(0.0, value) for value in values]
        buckets = Counter(self._labels[bisect_left(self.bounds, value)] for value in seen)
        amounts: dict[tuple[str, str], float] = {(self.name, label): count for label, count in buckets.items()}
        return amounts | {(self.name, SUM): sum(seen)} if seen else {}

    def cumulated(self, values: Mapping[str, float]) -> tuple[list[tuple[str, float]], float]:
        """The buckets as Prometheus has them, each with all below it; and the sum."""
        total, buckets = 0.0, []
        for label in self._labels:
            total += values.get(label, 0.0)
            buckets.append((label, total))
        return buckets, values.get(SUM, 0.0)


BULK = Histogram("bulk_seconds", (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0))
_LAG_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0, 21600.0, 86400.0, 604800.0)
LAG_RECEIVED = Histogram("lag_received_seconds", _LAG_BOUNDS)
LAG_CREATED = Histogram("lag_created_seconds", _LAG_BOUNDS)


def add(connection: sqlite3.Connection, amounts: Amounts) -> None:
    """Within a transaction of the caller's."""
    connection.executemany(
        "INSERT INTO measure VALUES (?, ?, ?) ON CONFLICT (name, label) DO UPDATE SET value = value + excluded.value",
        [(name, label, amount) for (name, label), amount in amounts.items() if amount],
    )


def read(connection: sqlite3.Connection) -> dict[str, dict[str, float]]:
    """By name, then by label; empty for a ledger that an older version has made."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'measure'").fetchone():
        return {}
    found: dict[str, dict[str, float]] = {}
    for name, label, value in connection.execute("SELECT name, label, value FROM measure").fetchall():
        found.setdefault(name, {})[label] = value
    return found
