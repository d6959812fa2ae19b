"""A spool file as the shipper reads it."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.spool import schema
from auth0_elastic.spool.columns import REJECTED
from auth0_elastic.spool.damage import damaged, is_damage
from auth0_elastic.spool.database import open_reader
from auth0_elastic.spool.done import inode_of
from auth0_elastic.spool.ledger import Ledger
from auth0_elastic.spool.totals import Rejected


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
    """A spool file being read, with the position up to which it has been read.

    Of one that turns out to be damaged nothing more is read; `damage` says why.
    """

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        self.inode = inode_of(path)
        self.damage: str | None = None
        self.writer = path.name.partition("-")[0]
        self._connection = open_reader(path)
        self.file_id = str(self._connection.execute("SELECT file_id FROM meta").fetchone()[0])
        self._crc = "crc" if schema.version_of(self._connection) >= schema.WITH_CHECKSUMS else "NULL"
        done = ledger.deliveries(self.file_id)
        self.position = done.delivered_to
        self.rejected_position = done.rejected_to
        self.outstanding = list(done.outstanding)
        self._seen_version = -1

    def changed(self) -> bool:
        """Whether another process has written to the file since the last call; costs microseconds."""
        with self._noting_damage():
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            changed = bool(version != self._seen_version)
            self._seen_version = version
            return changed
        return False

    def read(self, max_bytes: int, max_events: int) -> list[SpooledEvent]:
        """The next events, at least one if there is any, otherwise within the limits; moves the position."""
        events: list[SpooledEvent] = []
        with self._noting_damage():
            size = 0
            with closing(self._select("seq > ? ORDER BY seq LIMIT ?", self.position, max_events)) as found:
                for event in found:
                    size += len(event.raw)
                    if events and size > max_bytes:
                        break
                    events.append(event)
        if events:
            self.position = events[-1].seq
        return events

    def read_one(self, seq: int) -> SpooledEvent | None:
        """An event that was read before; None if it is gone."""
        with self._noting_damage(), closing(self._select("seq = ?", seq)) as found:
            return next(found, None)
        return None

    def read_rejected(self, max_rows: int = 500) -> list[SpooledRejected]:
        rows: list[tuple[int, int, str, bytes]] = []
        with self._noting_damage():
            rows = self._connection.execute(
                f"SELECT {REJECTED} FROM rejected WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - our names
                (self.rejected_position, max_rows),
            ).fetchall()
        if rows:
            self.rejected_position = rows[-1][0]
        return [SpooledRejected(seq, received, Rejected(raw, reason)) for seq, received, reason, raw in rows]

    def is_drained(self) -> bool:
        """Whether nothing is left beyond the positions."""
        with self._noting_damage():
            return not self._connection.execute(
                "SELECT 1 FROM event WHERE seq > ? UNION ALL SELECT 1 FROM rejected WHERE seq > ?",
                (self.position, self.rejected_position),
            ).fetchone()
        return False

    def close(self) -> None:
        self._connection.close()

    def _select(self, where: str, *values: int) -> Generator[SpooledEvent, None, None]:
        """Raises DatabaseError at an event that is not what was written."""
        rows = self._connection.execute(f"SELECT seq, received, raw, {self._crc} FROM event WHERE {where}", values)  # noqa: S608
        try:
            for seq, received, raw, crc in rows:
                if not _is_sound(received, raw, crc):
                    raise damaged(f"event {seq} is not what was written")
                yield SpooledEvent(self.file_id, seq, received, raw, self.writer)
        finally:
            rows.close()  # an open statement would hold the snapshot and keep the WAL from being reset

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self.damage = str(error)


def _is_sound(received: object, raw: object, crc: object) -> bool:
    """Older versions kept no checksum."""
    if not (isinstance(received, int) and isinstance(raw, bytes)):
        return False
    return crc is None or crc == schema.checksum(received, raw)
