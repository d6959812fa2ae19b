"""One spool file: where one process keeps what it has received until it is delivered."""

import logging
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from auth0_elastic.errors import SpoolError, SpoolLocked
from auth0_elastic.spool.database import FileLock, make_folder, open_reader, open_writer, transaction
from auth0_elastic.spool.ledger import LEDGER, Deliveries, deliveries_of, open_ledger

log = logging.getLogger(__name__)

SCHEMA_VERSION = 2
PRUNED_AT_ONCE = 5_000  # rows; keeps a commit that waits for the pruning waiting for milliseconds only
VACUUMED_AT_ONCE = 1_000  # pages given back to the disk in a round
KEPT_PREFIX = "poll-"  # files that hold a checkpoint besides events, and so are never removed

_SCHEMA = (
    "CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, raw BLOB NOT NULL)",
    "CREATE TABLE rejected (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, reason TEXT NOT NULL,"
    " raw BLOB NOT NULL)",
    "CREATE TABLE meta (file_id TEXT NOT NULL, live_bytes INTEGER NOT NULL, accepted INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL)",
)
_SINCE_2 = "CREATE TABLE checkpoint (log_id TEXT NOT NULL)"


class Rejected(NamedTuple):
    """A piece of a request that is no event: a dead letter."""

    raw: bytes
    reason: str


class Totals(NamedTuple):
    """What a spool file holds (bytes of undelivered content) and has ever taken in (counts)."""

    live_bytes: int
    accepted: int
    rejected: int


class SpoolFile:
    """A file with exactly one writer. What `append` has returned for is on the disk."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock
        self._connection = self._open()
        self.file_id = self._prepare()
        self._ledger: sqlite3.Connection | None = None
        self._skip_delivered_numbers()
        self.totals = _totals(self._connection)

    @classmethod
    def open_free(cls, folder: Path, prefix: str) -> Self:
        """The first file of this prefix that no other process writes; makes one if all are taken.

        Taking over the file of a process that is gone keeps its backlog where the shipper finds it.
        """
        make_folder(folder)
        for slot in range(1000):
            lock = FileLock(folder / f"{prefix}-{slot}.lock")
            if lock.acquire():
                return cls(folder / f"{prefix}-{slot}.db", lock)
        raise SpoolError(f"{folder}: 1000 spool files are in use; is the folder shared by several servers?")

    @classmethod
    def open_named(cls, folder: Path, name: str) -> Self:
        """The one file of this name; raises SpoolLocked when another process writes it."""
        make_folder(folder)
        lock = FileLock(folder / f"{name}.lock")
        if not lock.acquire():
            raise SpoolLocked(f"{folder / name}.db: another process writes it; stop that one, or let it do the work")
        return cls(folder / f"{name}.db", lock)

    @property
    def checkpoint(self) -> str | None:
        """The log_id that the last `append` with one has left."""
        rows = self._checkpoints(most=1)
        return rows[0] if rows else None

    @property
    def recent(self) -> list[str]:
        """The log_ids that the last `append` with a checkpoint has left beside it, in their order."""
        return self._checkpoints()[1:]

    def append(
        self,
        received: int,
        events: Sequence[bytes],
        rejected: Sequence[Rejected] = (),
        *,
        checkpoint: str | None = None,
        recent: Sequence[str] = (),
    ) -> None:
        """Keeps events, dead letters and a new checkpoint with `recent`, all or none; `received` in epoch milliseconds.

        On the disk when it returns. Raises SpoolError when the disk does not take them.
        """
        size = sum(map(len, events))
        try:
            with transaction(self._connection):
                self._connection.executemany(
                    "INSERT INTO event (received, raw) VALUES (?, ?)", [(received, raw) for raw in events]
                )
                self._connection.executemany(
                    "INSERT INTO rejected (received, reason, raw) VALUES (?, ?, ?)",
                    [(received, each.reason, each.raw) for each in rejected],
                )
                self._count(size, len(events), len(rejected))
                if checkpoint is not None:
                    self._connection.execute("DELETE FROM checkpoint")
                    rows = [(log_id,) for log_id in (checkpoint, *recent)]
                    self._connection.executemany("INSERT INTO checkpoint VALUES (?)", rows)
            self.totals = _totals(self._connection)
        except sqlite3.Error as error:
            raise SpoolError(f"{self.path}: cannot keep events: {error}") from error

    def prune(self) -> bool:
        """Removes some of what the shipper's ledger says is done with; returns whether there is more."""
        done = self._deliveries()
        if done is None:
            return False
        with transaction(self._connection):
            self._connection.execute(
                "DELETE FROM rejected WHERE seq <= ? AND seq < (SELECT min(seq) FROM rejected) + ?",
                (done.rejected_to, PRUNED_AT_ONCE),
            )
            more = self._delete_events(done.delivered_to, done.outstanding)
        if not more:
            self._connection.executescript(f"PRAGMA incremental_vacuum({VACUUMED_AT_ONCE})")  # execute frees one page
        self.totals = _totals(self._connection)
        return more

    def close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
        self._connection.close()
        self._lock.release()

    def _open(self) -> sqlite3.Connection:
        """A file that cannot be read is set aside, whole, and a new one begun: it must not keep events out."""
        try:
            connection = open_writer(self.path)
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = set_aside(self.path)
            log.error("%s is damaged (%s); it is kept as %s, and a new one begun", self.path, error, aside)
            return open_writer(self.path)
        return connection

    def _deliveries(self) -> Deliveries | None:
        if self._ledger is None:
            self._ledger = open_ledger(self.path.parent)
        return deliveries_of(self._ledger, self.file_id) if self._ledger is not None else None

    def _skip_delivered_numbers(self) -> None:
        """A process killed between writing and syncing leaves rows that can be delivered, then lost by a power cut.

        Their numbers must not come again: what has them would count as delivered.
        """
        done = self._deliveries()
        if done is not None:
            with transaction(self._connection):
                for table, number in (("event", done.delivered_to), ("rejected", done.rejected_to)):
                    self._connection.execute(
                        "INSERT INTO sqlite_sequence SELECT ?, 0 WHERE NOT EXISTS "
                        "(SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                        (table, table),
                    )
                    self._connection.execute(
                        "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, table)
                    )

    def _delete_events(self, delivered_to: int, outstanding: Sequence[int]) -> bool:
        kept = f"seq NOT IN ({','.join(map(str, outstanding))})"  # integers of our own; too many for bound parameters
        first = self._connection.execute(f"SELECT min(seq) FROM event WHERE {kept}").fetchone()[0]  # noqa: S608
        if first is None or first > delivered_to:
            return False
        upto = min(delivered_to, first + PRUNED_AT_ONCE - 1)
        where = f"seq BETWEEN {first} AND {upto} AND {kept}"
        freed = self._connection.execute(f"SELECT total(length(raw)) FROM event WHERE {where}").fetchone()[0]  # noqa: S608
        self._connection.execute(f"DELETE FROM event WHERE {where}")  # noqa: S608
        self._count(-int(freed), 0, 0)
        return bool(upto < delivered_to)

    def _checkpoints(self, most: int = -1) -> list[str]:
        """The checkpoint, then what was left beside it."""
        found = self._connection.execute("SELECT log_id FROM checkpoint ORDER BY rowid LIMIT ?", (most,))
        return [str(log_id) for (log_id,) in found]

    def _count(self, size: int, accepted: int, rejected: int) -> None:
        self._connection.execute(
            "UPDATE meta SET live_bytes = live_bytes + ?, accepted = accepted + ?, rejected = rejected + ?",
            (size, accepted, rejected),
        )

    def _prepare(self) -> str:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise SpoolError(f"{self.path} was written by a newer version; start that one, or set the file aside")
        if version < SCHEMA_VERSION:
            with transaction(self._connection):
                if version == 0:
                    for statement in _SCHEMA:
                        self._connection.execute(statement)
                    self._connection.execute("INSERT INTO meta VALUES (?, 0, 0, 0)", (uuid.uuid4().hex,))
                self._connection.execute(_SINCE_2)
                self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        return str(self._connection.execute("SELECT file_id FROM meta").fetchone()[0])


def set_aside(path: Path) -> Path:
    """Renames a damaged file and what belongs to it, so that nobody reads it; returns its new name."""
    aside = path.with_suffix(f".bad-{uuid.uuid4().hex[:8]}")
    for suffix in ("-wal", "-shm", ""):
        old = Path(f"{path}{suffix}")
        if old.exists():
            old.rename(f"{aside}{suffix}")
    return aside


def spool_files(folder: Path) -> Iterator[Path]:
    """Every spool file there, also those of processes that are gone; not the ledger."""
    return (path for path in sorted(folder.glob("*-*.db")) if path.name != LEDGER)


def read_totals(path: Path) -> Totals:
    """The totals of a file that another process may be writing; zeros while it is being made, or if it is damaged."""
    try:
        connection = open_reader(path)
    except sqlite3.OperationalError:
        return Totals(0, 0, 0)
    try:
        return _totals(connection)
    except sqlite3.DatabaseError:  # also one that is damaged, which the shipper tells of
        return Totals(0, 0, 0)
    finally:
        connection.close()


def total_of(folder: Path) -> Totals:
    """The totals of all spool files of a folder."""
    each = [read_totals(path) for path in spool_files(folder)]
    return Totals(*(sum(column) for column in zip(*each, strict=True))) if each else Totals(0, 0, 0)


def _totals(connection: sqlite3.Connection) -> Totals:
    return Totals(*connection.execute("SELECT live_bytes, accepted, rejected FROM meta").fetchone())
