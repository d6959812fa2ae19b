"""What a folder of the spool holds of events: those not yet delivered, and the dead letters."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from auth0_elastic.spool.database import open_reader
from auth0_elastic.spool.ledger import Deliveries, deliveries_of, open_ledger
from auth0_elastic.spool.spool_file import spool_files

_AT_ONCE: Final = 500  # rows; a statement that stays open would hold the snapshot and keep the WAL from being reset


def waiting(folder: Path) -> Iterator[bytes]:
    """Every event that is not known to be delivered, and maybe some that have been meanwhile."""
    done = _all_deliveries(folder)
    for path in spool_files(folder):
        try:
            with closing(open_reader(path)) as connection:
                file_id = str(connection.execute("SELECT file_id FROM meta").fetchone()[0])
                yield from _undelivered(connection, done.get(file_id, Deliveries(0, 0, ())))
        except sqlite3.DatabaseError:  # being made, just removed because all of it is delivered, or damaged
            continue


def dead(folder: Path) -> Iterator[bytes]:
    """The content of every dead letter."""
    ledger = open_ledger(folder)
    if ledger is not None:
        with closing(ledger):
            yield from _rows(ledger, "dead_letter", "id", 0)


def _all_deliveries(folder: Path) -> dict[str, Deliveries]:
    """Read before the events: what is delivered from then on still counts as waiting."""
    ledger = open_ledger(folder)
    if ledger is None:
        return {}
    with closing(ledger):
        ids = [str(file_id) for (file_id,) in ledger.execute("SELECT file_id FROM file").fetchall()]
        found = ((file_id, deliveries_of(ledger, file_id)) for file_id in ids)
        return {file_id: each for file_id, each in found if each is not None}


def _undelivered(connection: sqlite3.Connection, done: Deliveries) -> Iterator[bytes]:
    for seq in done.outstanding:
        yield from (raw for (raw,) in connection.execute("SELECT raw FROM event WHERE seq = ?", (seq,)).fetchall())
    yield from _rows(connection, "event", "seq", done.delivered_to)


def _rows(connection: sqlite3.Connection, table: str, key: str, after: int) -> Iterator[bytes]:
    query = f"SELECT {key}, raw FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT {_AT_ONCE}"  # noqa: S608 - our names
    while rows := connection.execute(query, (after,)).fetchall():
        yield from (raw for _, raw in rows)
        after = rows[-1][0]
