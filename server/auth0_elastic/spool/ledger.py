"""The shipper's ledger: how far each spool file is delivered, what is still outstanding, and the dead letters.

It is written by the shipper alone and read by the writers, which remove from their own files what is done with.
A row of it is as durable as the events it speaks of: otherwise a writer could remove what a power cut un-delivers.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.spool.database import open_reader, open_writer, transaction

LEDGER = "shipper-ledger.db"

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS file (file_id TEXT PRIMARY KEY, delivered_to INTEGER NOT NULL,"
    " rejected_to INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outstanding (file_id TEXT NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY (file_id, seq)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL,"
    " died INTEGER NOT NULL, status INTEGER, reason TEXT NOT NULL, raw BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


class Deliveries(NamedTuple):
    """Everything of a spool file up to `delivered_to` is done with, except the `outstanding` sequence numbers."""

    delivered_to: int
    rejected_to: int
    outstanding: Sequence[int]


class DeadLetter(NamedTuple):
    """An event that cannot be indexed: times in epoch milliseconds, `status` if it was the engine that refused it."""

    received: int
    died: int
    status: int | None
    reason: str
    raw: bytes


class Settled(NamedTuple):
    """What is written in one transaction when events of a spool file have come to an end."""

    file_id: str
    delivered_to: int
    outstanding: Iterable[int] = ()
    no_longer_outstanding: Iterable[int] = ()
    rejected_to: int | None = None


class Ledger:
    """The shipper's own file."""

    def __init__(self, folder: Path, dead_letters_max_size: int) -> None:
        self._limit = dead_letters_max_size
        self._connection = open_writer(folder / LEDGER)
        with transaction(self._connection):
            for statement in _SCHEMA:
                self._connection.execute(statement)
        self._dead_bytes = int(self._connection.execute("SELECT total(length(raw)) FROM dead_letter").fetchone()[0])

    def deliveries(self, file_id: str) -> Deliveries:
        return deliveries_of(self._connection, file_id) or Deliveries(0, 0, ())

    def settle(
        self, settled: Iterable[Settled], dead: Sequence[DeadLetter] = (), counts: Mapping[str, int] | None = None
    ) -> None:
        """Writes the ends of events, their dead letters and the counters in one durable step."""
        counts = dict(counts or {})
        with transaction(self._connection):
            for each in settled:
                self._settle_file(each)
            if dead:
                counts["dead_letters_dropped"] = counts.get("dead_letters_dropped", 0) + self._bury(dead)
            self._connection.executemany(
                "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                [(name, value) for name, value in counts.items() if value],
            )

    def set_state(self, **state: str) -> None:
        """Keeps what the shipper says of itself where /readyz finds it."""
        with transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", state.items())

    def forget(self, file_id: str) -> None:
        """Removes the rows of a spool file that is gone."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM file WHERE file_id = ?", (file_id,))
            self._connection.execute("DELETE FROM outstanding WHERE file_id = ?", (file_id,))

    def close(self) -> None:
        self._connection.close()

    def _settle_file(self, each: Settled) -> None:
        self._connection.execute(
            "INSERT INTO file (file_id, delivered_to, rejected_to) VALUES (?, ?, coalesce(?, 0)) "
            "ON CONFLICT (file_id) DO UPDATE SET delivered_to = max(delivered_to, excluded.delivered_to), "
            "rejected_to = max(rejected_to, excluded.rejected_to)",
            (each.file_id, each.delivered_to, each.rejected_to),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO outstanding VALUES (?, ?)", [(each.file_id, seq) for seq in each.outstanding]
        )
        self._connection.executemany(
            "DELETE FROM outstanding WHERE file_id = ? AND seq = ?",
            [(each.file_id, seq) for seq in each.no_longer_outstanding],
        )

    def _bury(self, dead: Sequence[DeadLetter]) -> int:
        """Keeps dead letters, dropping the oldest beyond the limit; returns how many were dropped."""
        self._connection.executemany(
            "INSERT INTO dead_letter (received, died, status, reason, raw) VALUES (?, ?, ?, ?, ?)", dead
        )
        self._dead_bytes += sum(len(each.raw) for each in dead)
        dropped = 0
        while self._dead_bytes > self._limit:
            oldest = self._connection.execute("SELECT id, length(raw) FROM dead_letter ORDER BY id LIMIT 1").fetchone()
            if oldest is None:
                break
            self._connection.execute("DELETE FROM dead_letter WHERE id = ?", (oldest[0],))
            self._dead_bytes -= oldest[1]
            dropped += 1
        return dropped


class LedgerView:
    """What others may read of the ledger: counters, state, dead letters."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_reader(folder / LEDGER)

    def counters(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT name, value FROM counter"))

    def state(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT name, value FROM state"))

    def dead_letters(self) -> list[DeadLetter]:
        rows = self._connection.execute("SELECT received, died, status, reason, raw FROM dead_letter ORDER BY id")
        return [DeadLetter(*row) for row in rows]

    def close(self) -> None:
        self._connection.close()


def open_ledger(folder: Path) -> sqlite3.Connection | None:
    """To read it; None as long as the shipper has not made it, or is making it now."""
    if not (folder / LEDGER).exists():
        return None
    connection = open_reader(folder / LEDGER)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'file'").fetchone():
        return connection
    connection.close()
    return None


def deliveries_of(connection: sqlite3.Connection, file_id: str) -> Deliveries | None:
    """How far a spool file is delivered, None when the shipper has not yet seen it."""
    row = connection.execute("SELECT delivered_to, rejected_to FROM file WHERE file_id = ?", (file_id,)).fetchone()
    if row is None:
        return None
    outstanding = connection.execute("SELECT seq FROM outstanding WHERE file_id = ?", (file_id,)).fetchall()
    return Deliveries(row[0], row[1], [seq for (seq,) in outstanding])
