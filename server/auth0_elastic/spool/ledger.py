"""The shipper's ledger: how far each spool file is delivered, what is still outstanding, and the dead letters.

It is written by the shipper, apart from what an operator does to dead letters, and read by the writers, which remove
from their own files what is done with.
A row of it is as durable as the events it speaks of: otherwise a writer could remove what a power cut un-delivers.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.errors import SpoolError
from auth0_elastic.spool import dead_letters, measures, mend_ledger
from auth0_elastic.spool.columns import DEAD_LETTER
from auth0_elastic.spool.database import SMALL_PAGE_SIZE, open_reader, open_writer, transaction
from auth0_elastic.spool.dead_letters import DeadLetter as DeadLetter

LEDGER = "shipper-ledger.db"

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS file (file_id TEXT PRIMARY KEY, delivered_to INTEGER NOT NULL,"
    " rejected_to INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outstanding (file_id TEXT NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY (file_id, seq)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS retired (file_id TEXT PRIMARY KEY, accepted INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL) WITHOUT ROWID",
)


class Deliveries(NamedTuple):
    """Everything of a spool file up to `delivered_to` is done with, except the `outstanding` sequence numbers."""

    delivered_to: int
    rejected_to: int
    outstanding: Sequence[int]


class Settled(NamedTuple):
    """What is written in one transaction when events of a spool file have come to an end."""

    file_id: str
    delivered_to: int
    outstanding: Iterable[int] = ()
    no_longer_outstanding: Iterable[int] = ()
    rejected_to: int | None = None


class Ledger:
    """The shipper's own file; what writes to it raises SpoolError when the disk does not take it."""

    def __init__(self, folder: Path, dead_letters_max_size: int, clock: Callable[[], float] = time.time) -> None:
        self._limit = dead_letters_max_size
        self._clock = clock
        self._path = folder / LEDGER
        mend_ledger.set_aside_if_damaged(self._path)
        with self._speaking():
            self._connection = open_writer(self._path, SMALL_PAGE_SIZE)
        with self._transaction():
            for statement in _SCHEMA:
                self._connection.execute(statement)
            dead_letters.prepare(self._connection)
            restored = [*mend_ledger.restore(self._connection, self._path)]
            dead_letters.recount(self._connection)
        mend_ledger.finish(restored)

    def deliveries(self, file_id: str) -> Deliveries:
        return deliveries_of(self._connection, file_id) or Deliveries(0, 0, ())

    def settle(
        self,
        settled: Iterable[Settled],
        dead: Sequence[DeadLetter] = (),
        counts: Mapping[str, int] | None = None,
        amounts: measures.Amounts | None = None,
    ) -> None:
        """Writes the ends of events, their dead letters, the counters and the measures in one durable step."""
        counts = Counter(counts or {})
        with self._transaction():
            for each in settled:
                if each.file_id == dead_letters.FILE_ID:
                    counts["replayed"] += self._settle_replayed(each)
                else:
                    self._settle_file(each)
            if dead:
                counts["dead_letters_dropped"] += dead_letters.bury(self._connection, dead, self._limit)
            count(self._connection, counts)
            measures.add(self._connection, amounts or {})
            if counts["indexed"] or counts["duplicate"]:
                self._write_state(delivered=str(self._clock()))

    def set_state(self, **state: str) -> None:
        """Keeps what the shipper says of itself where /readyz finds it."""
        with self._transaction():
            self._write_state(**state)

    def report_damage(self, path: Path, inode: int) -> None:
        """Tells the writer of a spool file that it cannot be read; 0 takes that back."""
        self.set_state(**{_damaged(path): str(inode)})

    def replays(self, most: int) -> list[int]:
        """Takes on dead letters that an operator wants to be replayed: outstanding from here on, by their ids."""
        if not self._connection.execute("SELECT 1 FROM replay LIMIT 1").fetchone():
            return []
        with self._transaction():
            return dead_letters.take_replays(self._connection, most)

    def replays_under_way(self) -> list[int]:
        """Those that were taken on before, and have not come to an end."""
        query = "SELECT seq FROM outstanding WHERE file_id = ?"
        return [number for (number,) in self._connection.execute(query, (dead_letters.FILE_ID,)).fetchall()]

    def dead_letter(self, number: int) -> DeadLetter | None:
        return dead_letters.read_one(self._connection, number)

    def retire(self, file_id: str, accepted: int, rejected: int) -> None:
        """Keeps what a spool file that is about to be removed has counted."""
        with self._transaction():
            self._connection.execute("INSERT OR REPLACE INTO retired VALUES (?, ?, ?)", (file_id, accepted, rejected))

    def forget(self, file_id: str) -> None:
        """Removes the rows of a spool file that is gone; what it had counted goes on to count."""
        with self._transaction():
            query = "SELECT accepted, rejected FROM retired WHERE file_id = ?"
            for accepted, rejected in self._connection.execute(query, (file_id,)).fetchall():
                count(self._connection, {"accepted": accepted, "rejected": rejected})
            self._connection.execute("DELETE FROM retired WHERE file_id = ?", (file_id,))
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

    def _settle_replayed(self, each: Settled) -> int:
        """Those that have come to another end are no dead letters any more, or others; returns how many."""
        ended = list(each.no_longer_outstanding)
        self._connection.executemany(
            "DELETE FROM outstanding WHERE file_id = ? AND seq = ?", [(each.file_id, number) for number in ended]
        )
        return dead_letters.remove(self._connection, ended)

    def _write_state(self, **state: str) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", state.items())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._speaking(), transaction(self._connection):
            yield

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SpoolError(f"{self._path}: cannot keep what is delivered: {error}; make room on the disk") from error


class LedgerView:
    """What others may read of the ledger: counters, state, dead letters."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_reader(folder / LEDGER)

    def counters(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT name, value FROM counter"))

    def state(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT name, value FROM state"))

    def dead_letters(self) -> list[DeadLetter]:
        query = f"SELECT {DEAD_LETTER} FROM dead_letter ORDER BY id"  # noqa: S608 - our names
        return [DeadLetter(*row) for row in self._connection.execute(query)]

    def dead_letter_counts(self) -> dict[str, int]:
        """How many dead letters there are of each kind, the most frequent first."""
        return dead_letters.counts(self._connection)

    def measures(self) -> dict[str, dict[str, float]]:
        """The measures by name and label."""
        return measures.read(self._connection)

    def close(self) -> None:
        self._connection.close()


def count(connection: sqlite3.Connection, counts: Mapping[str, int]) -> None:
    """Adds to the counters, within a transaction of the caller's."""
    connection.executemany(
        "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, value) for name, value in counts.items() if value],
    )


def open_ledger(folder: Path) -> sqlite3.Connection | None:
    """To read it; None as long as the shipper has not made it, or is making it now."""
    if not (folder / LEDGER).exists():
        return None
    connection = open_reader(folder / LEDGER)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'file'").fetchone():
        return connection
    connection.close()
    return None


def reported_damage(connection: sqlite3.Connection, path: Path) -> int | None:
    """The inode of the file at `path` that the shipper could not read."""
    row = connection.execute("SELECT value FROM state WHERE name = ?", (_damaged(path),)).fetchone()
    return int(row[0]) if row is not None else None


def _damaged(path: Path) -> str:
    return f"damaged {path.name}"


def deliveries_of(connection: sqlite3.Connection, file_id: str) -> Deliveries | None:
    """How far a spool file is delivered, None when the shipper has not yet seen it."""
    row = connection.execute("SELECT delivered_to, rejected_to FROM file WHERE file_id = ?", (file_id,)).fetchone()
    if row is None:
        return None
    outstanding = connection.execute("SELECT seq FROM outstanding WHERE file_id = ?", (file_id,)).fetchall()
    return Deliveries(row[0], row[1], [seq for (seq,) in outstanding])
