"""One spool file: where one process keeps what it has received until it is delivered."""

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import chain, islice
from operator import length_hint
from pathlib import Path
from typing import Self, TypeVar

from auth0_elastic.errors import SpoolError, SpoolFull, SpoolLocked
from auth0_elastic.spool import schema
from auth0_elastic.spool.damage import damage_of, inconsistency, is_damage, set_aside
from auth0_elastic.spool.database import PAGE_SIZE, FileLock, make_folder, open_reader, open_writer, transaction
from auth0_elastic.spool.done import Done
from auth0_elastic.spool.totals import Rejected as Rejected
from auth0_elastic.spool.totals import Totals as Totals
from auth0_elastic.spool.totals import read_totals as read_totals
from auth0_elastic.spool.totals import spool_files as spool_files
from auth0_elastic.spool.totals import total_of as total_of
from auth0_elastic.spool.totals import totals

log = logging.getLogger(__name__)

INSERTED_AT_ONCE = (100, 10, 1)  # rows; of few sizes, so that the statements are prepared once
PRUNED_AT_ONCE = 5_000  # rows; keeps a commit that waits for the pruning waiting for milliseconds only
VACUUMED_AT_ONCE = 400  # pages given back to the disk in a round
RESERVE = 64 * 1024**2  # bytes of the disk that events do not get: without room nothing can be delivered or removed
RESERVE_SHARE = 0.1  # of a smaller disk
KEPT_PREFIX = "poll-"  # files that hold a checkpoint besides events, and so are never removed

T = TypeVar("T")


class SpoolFile:
    """A file with exactly one writer. What `append` has returned for is on the disk.

    One that is damaged, or turns out to be, is set aside and a new one begun: it must not keep events out. What can be
    read of it the shipper saves.
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock
        self._done = Done(path.parent)
        reason = damage_of(path, inconsistency)
        try:
            if reason is None:
                self._open()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            reason = str(error)
        if reason is not None:
            self._begin_anew(reason)

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
        rows = _checkpoints(self._connection, most=1)
        return rows[0] if rows else None

    @property
    def recent(self) -> list[str]:
        """The log_ids that the last `append` with a checkpoint has left beside it, in their order."""
        return _checkpoints(self._connection)[1:]

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

        On the disk when it returns. Raises SpoolFull when the disk has hardly any room, SpoolError when it does not
        take them.
        """
        self._check_room(sum(map(len, events)))
        self._do("keep events", lambda: self._append(received, events, rejected, checkpoint, recent))

    def prune(self) -> bool:
        """Removes some of what the shipper's ledger says is done with; returns whether there is more.

        Raises SpoolError.
        """
        return self._do("remove what is delivered", self._prune)

    def close(self) -> None:
        self._done.close()
        self._connection.close()
        self._lock.release()

    def _open(self) -> None:
        self._connection = open_writer(self.path, PAGE_SIZE)
        try:
            self.file_id = schema.prepare(self._connection, self.path)
            self._skip_delivered_numbers()
            self.totals = totals(self._connection)
        except BaseException:
            self._connection.close()  # before anything is renamed: closing removes the log that has this name
            raise

    def _begin_anew(self, reason: str) -> None:
        """Sets the damaged file aside; what it says of a checkpoint is kept, if it can be read."""
        kept = checkpoints_of(self.path)
        aside = set_aside(self.path)
        log.error("%s is damaged (%s); it is kept as %s, and a new one begun", self.path, reason, aside.name)
        self._open()
        with transaction(self._connection):
            self._connection.executemany("INSERT INTO checkpoint VALUES (?)", [(log_id,) for log_id in kept])

    def _do(self, what: str, work: Callable[[], T]) -> T:
        """Once more with a new file, if it is this one that is damaged. Raises SpoolError."""
        try:
            return self._try(work)
        except sqlite3.Error as error:
            raise SpoolError(f"{self.path}: cannot {what}: {error}") from error

    def _try(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._connection.close()
            self._begin_anew(str(error))
            return work()

    def _check_room(self, size: int) -> None:
        disk = os.statvfs(self.path.parent)
        free, reserve = disk.f_bavail * disk.f_frsize, min(RESERVE, disk.f_blocks * disk.f_frsize * RESERVE_SHARE)
        if free < reserve + size:
            raise SpoolFull(f"{self.path.parent}: the disk has only {free} bytes free; make room")

    def _append(
        self,
        received: int,
        events: Sequence[bytes],
        rejected: Sequence[Rejected],
        checkpoint: str | None,
        recent: Sequence[str],
    ) -> None:
        with transaction(self._connection):
            self._insert(received, events)
            self._connection.executemany(
                "INSERT INTO rejected (received, reason, raw) VALUES (?, ?, ?)",
                [(received, each.reason, each.raw) for each in rejected],
            )
            self._count(sum(map(len, events)), len(events), len(rejected))
            if checkpoint is not None:
                self._connection.execute("DELETE FROM checkpoint")
                rows = [(log_id,) for log_id in (checkpoint, *recent)]
                self._connection.executemany("INSERT INTO checkpoint VALUES (?)", rows)
        self.totals = totals(self._connection)

    def _insert(self, received: int, events: Sequence[bytes]) -> None:
        """Many rows a statement: for each statement SQLite lets go of Python's lock, which others then hold a while."""
        rest = iter(events)
        for rows in INSERTED_AT_ONCE:
            statement = f"INSERT INTO event (received, raw, crc) VALUES {','.join(['(?, ?, ?)'] * rows)}"  # noqa: S608
            for _ in range(length_hint(rest) // rows):
                values = [(received, raw, schema.checksum(received, raw)) for raw in islice(rest, rows)]
                self._connection.execute(statement, [*chain.from_iterable(values)])

    def _prune(self) -> bool:
        if self._done.is_damaged(self.path):
            self._connection.close()
            self._begin_anew("the shipper cannot read it")
            return False
        done = self._done.deliveries(self.file_id)
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
        self.totals = totals(self._connection)
        return more

    def _skip_delivered_numbers(self) -> None:
        """A process killed between writing and syncing leaves rows that can be delivered, then lost by a power cut.

        Their numbers must not come again: what has them would count as delivered.
        """
        done = self._done.deliveries(self.file_id)
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

    def _count(self, size: int, accepted: int, rejected: int) -> None:
        self._connection.execute(
            "UPDATE meta SET live_bytes = live_bytes + ?, accepted = accepted + ?, rejected = rejected + ?",
            (size, accepted, rejected),
        )


def _checkpoints(connection: sqlite3.Connection, most: int = -1) -> list[str]:
    found = connection.execute("SELECT log_id FROM checkpoint ORDER BY rowid LIMIT ?", (most,))
    return [str(log_id) for (log_id,) in found]


def checkpoints_of(path: Path) -> list[str]:
    """The checkpoint of a damaged file, then what was left beside it; none where that cannot be read."""
    try:
        with closing(open_reader(path)) as connection:
            return _checkpoints(connection)
    except sqlite3.Error:
        return []
