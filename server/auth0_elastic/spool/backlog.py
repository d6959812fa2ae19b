"""What the shipper reads: the undelivered events of all spool files, oldest first, those of gone processes too."""

import logging
import sqlite3
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.spool.database import FileLock, open_reader
from auth0_elastic.spool.ledger import Ledger
from auth0_elastic.spool.spool_file import KEPT_PREFIX, Rejected, set_aside, spool_files

log = logging.getLogger(__name__)


class SpooledEvent(NamedTuple):
    """An event as it was received, `received` in epoch milliseconds; `file_id` and `seq` name it for the ledger.

    `writer` says who took it in: listener, collect, poll or reconcile.
    """

    file_id: str
    seq: int
    received: int
    raw: bytes
    writer: str = "listener"


class SpooledRejected(NamedTuple):
    seq: int
    received: int
    rejected: Rejected


class OpenFile:
    """A spool file being read, with the position up to which it has been read."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        self._writer = path.name.partition("-")[0]
        self._connection = open_reader(path)
        self.file_id = str(self._connection.execute("SELECT file_id FROM meta").fetchone()[0])
        done = ledger.deliveries(self.file_id)
        self.position = done.delivered_to
        self.rejected_position = done.rejected_to
        self.outstanding = list(done.outstanding)
        self._seen_version = -1

    def changed(self) -> bool:
        """Whether another process has written to the file since the last call; costs microseconds."""
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        changed = bool(version != self._seen_version)
        self._seen_version = version
        return changed

    def read(self, max_bytes: int, max_events: int) -> list[SpooledEvent]:
        """The next events, at least one if there is any, otherwise within the limits; moves the position."""
        rows = self._connection.execute(
            "SELECT seq, received, raw FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (self.position, max_events)
        )
        events: list[SpooledEvent] = []
        size = 0
        for seq, received, raw in rows:
            size += len(raw)
            if events and size > max_bytes:
                break
            events.append(SpooledEvent(self.file_id, seq, received, raw, self._writer))
        rows.close()  # an open statement would hold the snapshot and keep the WAL from being reset
        if events:
            self.position = events[-1].seq
        return events

    def read_one(self, seq: int) -> SpooledEvent | None:
        """An event that was read before; None if it is gone."""
        row = self._connection.execute("SELECT received, raw FROM event WHERE seq = ?", (seq,)).fetchone()
        return SpooledEvent(self.file_id, seq, row[0], row[1], self._writer) if row is not None else None

    def read_rejected(self, max_rows: int = 500) -> list[SpooledRejected]:
        rows = self._connection.execute(
            "SELECT seq, received, reason, raw FROM rejected WHERE seq > ? ORDER BY seq LIMIT ?",
            (self.rejected_position, max_rows),
        ).fetchall()
        if rows:
            self.rejected_position = rows[-1][0]
        return [SpooledRejected(seq, received, Rejected(raw, reason)) for seq, received, reason, raw in rows]

    def is_drained(self) -> bool:
        """Whether nothing is left beyond the positions."""
        return not self._connection.execute(
            "SELECT 1 FROM event WHERE seq > ? UNION ALL SELECT 1 FROM rejected WHERE seq > ?",
            (self.position, self.rejected_position),
        ).fetchone()

    def close(self) -> None:
        self._connection.close()


class Backlog:
    """All spool files of a folder, opened as they appear."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self.files: dict[Path, OpenFile] = {}

    def discover(self) -> list[OpenFile]:
        """Opens files that are new; returns those."""
        new = []
        for path in spool_files(self._folder):
            if path not in self.files:
                try:
                    file = OpenFile(path, self._ledger)
                except sqlite3.OperationalError:
                    continue  # being made right now: its tables come in a moment
                except sqlite3.DatabaseError as error:
                    self._set_aside(path, error)
                    continue
                self.files[path] = file
                new.append(file)
        return new

    def _set_aside(self, path: Path, error: sqlite3.DatabaseError) -> None:
        """A damaged file that nobody writes; the others are delivered all the same."""
        lock = FileLock(path.with_suffix(".lock"))
        if lock.acquire():
            log.error("%s is damaged (%s); it is kept as %s and not delivered", path, error, set_aside(path))
            lock.release()

    def remove_if_abandoned(self, file: OpenFile) -> bool:
        """Deletes the drained file of a process that is gone; leaves one that a writer has open or comes back to."""
        if file.path.name.startswith(KEPT_PREFIX):
            return False
        lock = FileLock(file.path.with_suffix(".lock"))
        if not lock.acquire():
            return False
        try:
            if not file.is_drained():
                return False
            file.close()
            del self.files[file.path]
            for suffix in ("", "-wal", "-shm"):
                Path(f"{file.path}{suffix}").unlink(missing_ok=True)
            self._ledger.forget(file.file_id)
            return True
        finally:
            lock.release()

    def close(self) -> None:
        for file in self.files.values():
            file.close()
