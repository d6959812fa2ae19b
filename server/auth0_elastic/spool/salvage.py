"""Looks through what was set aside as damaged, page by page, and puts every event that can be read into a new file."""

import json
import logging
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from auth0_elastic.spool import schema
from auth0_elastic.spool.damage import SET_ASIDE, files_set_aside, leave
from auth0_elastic.spool.database import PAGE_SIZE, open_writer, sync_folder, transaction
from auth0_elastic.spool.images import Images
from auth0_elastic.spool.ledger import LEDGER, Deliveries
from auth0_elastic.spool.pages import Column, Row

log = logging.getLogger(__name__)

SALVAGED: Final = ".salvaged-"
DAMAGED_EVENT: Final = "damaged in the spool: it is not what was received"
_AT_ONCE: Final = 1_000


class Salvaged(NamedTuple):
    """What became of a damaged file: how many events were saved, came out damaged, or cannot be found at all."""

    file_id: str
    bad: Path
    events: int
    damaged: int
    missing: int

    def __str__(self) -> str:
        return (
            f"{self.bad}: {self.events} undelivered events could be read and are delivered, {self.damaged} are damaged "
            f"and become dead letters, {self.missing} cannot be found; auth0-elastic reconcile fetches them from Auth0"
        )


def salvage(folder: Path, deliveries: Callable[[str], Deliveries]) -> Iterator[Salvaged]:
    """Every file that was set aside; what can be read of it is then in a spool file of its own, which nobody writes."""
    for aside in files_set_aside(folder, "*-*"):
        if not aside.name.startswith(Path(LEDGER).stem):
            log.info("looking through %s", aside)
            yield _salvage(aside, deliveries)


def _salvage(aside: Path, deliveries: Callable[[str], Deliveries]) -> Salvaged:
    new = aside.with_name(aside.name.replace(SET_ASIDE, SALVAGED) + ".new")
    new.unlink(missing_ok=True)
    with Images(aside, PAGE_SIZE) as images, closing(open_writer(new, PAGE_SIZE)) as connection:
        found = _Found(connection, images, deliveries)
        found.collect()
        salvaged = found.close()
    new.unlink() if found.is_empty else new.rename(new.with_suffix(".db"))
    sync_folder(aside.parent)
    return salvaged._replace(bad=leave(aside))


class _Found:
    """Takes rows by what they look like: the tree that says whose they are may be what is damaged."""

    def __init__(self, connection: sqlite3.Connection, images: Images, deliveries: Callable[[str], Deliveries]) -> None:
        self._connection = connection
        self._images = images
        self._totals = next((row.columns for row in images.rows() if _is_meta(row.columns)), None)
        self._file_id = str(self._totals[0]) if self._totals else ""
        self._done = deliveries(self._file_id)
        self.is_empty = False
        self._outstanding = set(self._done.outstanding)
        self._numbered_to = 0
        schema.prepare(connection, Path())
        connection.execute("CREATE TEMP TABLE damaged (seq INTEGER PRIMARY KEY, received INTEGER, raw BLOB)")

    def collect(self) -> None:
        """The first image of an event that is sound counts."""
        rows = self._images.rows()
        while some := list(islice(rows, _AT_ONCE)):
            with transaction(self._connection):
                for row in some:
                    self._take(row)

    def close(self) -> Salvaged:
        """Makes dead letters of what is damaged in every image, and counts."""
        run = self._connection.execute
        with transaction(self._connection):
            run("DELETE FROM damaged WHERE seq IN (SELECT seq FROM event)")
            run(
                "INSERT INTO rejected (received, reason, raw) SELECT received, ?, raw FROM damaged ORDER BY seq",
                (DAMAGED_EVENT,),
            )
            (events, size, highest), (rejected,), (damaged,) = (
                run(f"SELECT {what} FROM {table}").fetchone()  # noqa: S608 - our names
                for what, table in (("count(*), total(length(raw)), max(seq)", "event"), *_COUNTED)
            )
            accepted, refused = self._totals[2:] if self._totals else (events, rejected)
            run("UPDATE meta SET live_bytes = ?, accepted = ?, rejected = ?", (int(size), accepted, refused))
        self.is_empty = not (events or rejected)
        return Salvaged(self._file_id, Path(), events, damaged, self._missing(events + damaged, highest or 0))

    def _take(self, row: Row) -> None:
        match row.columns:
            case (None, int(received), bytes(raw), *crc) if len(crc) < 2 and self._is_wanted(row.rowid):
                self._take_event(row.rowid, received, raw, crc[0] if crc else None)
            case (None, int(received), str(reason), bytes(raw)) if row.rowid > self._done.rejected_to:
                self._connection.execute(
                    "INSERT OR IGNORE INTO rejected VALUES (?, ?, ?, ?)", (row.rowid, received, reason, raw)
                )
            case ("event", int(number)):
                self._numbered_to = max(self._numbered_to, number)

    def _take_event(self, seq: int, received: int, raw: bytes, crc: Column) -> None:
        if _is_sound(received, raw, crc):
            values = (seq, received, raw, schema.checksum(received, raw))
            self._connection.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)", values)
        else:
            self._connection.execute("INSERT OR IGNORE INTO damaged VALUES (?, ?, ?)", (seq, received, raw))

    def _is_wanted(self, seq: int) -> bool:
        return seq > self._done.delivered_to or seq in self._outstanding

    def _missing(self, found: int, highest: int) -> int:
        """Of the numbers that were given and not delivered; what was given last may itself be damaged, and too high."""
        first = self._done.delivered_to
        if not self._totals and highest:
            first = self._connection.execute("SELECT min(seq) FROM event").fetchone()[0] - 1
        last = self._numbered_to if self._numbered_to - highest < self._images.size else highest
        return max(0, max(last, highest) - first + len(self._outstanding) - found)


_COUNTED: Final = (("count(*)", "rejected"), ("count(*)", "damaged"))


def _is_meta(columns: tuple[Column, ...]) -> bool:
    match columns:
        case (str(file_id), int(), int(), int()):
            return len(file_id) == len(uuid.uuid4().hex)
    return False


def _is_sound(received: int, raw: bytes, crc: Column) -> bool:
    """Of an event that an older version kept only its being JSON can be checked."""
    if crc is not None:
        return crc == schema.checksum(received, raw)
    try:
        json.loads(raw)
    except ValueError:
        return False
    except RecursionError:
        pass
    return True
