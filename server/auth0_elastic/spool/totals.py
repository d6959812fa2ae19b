"""What spool files hold and have taken in, as anybody may read it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.spool.database import open_reader
from auth0_elastic.spool.ledger import LEDGER


class Rejected(NamedTuple):
    """A piece of a request that is no event: a dead letter."""

    raw: bytes
    reason: str


class Totals(NamedTuple):
    """What a spool file holds (bytes of undelivered content) and has ever taken in (counts)."""

    live_bytes: int
    accepted: int
    rejected: int


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
        return totals(connection)
    except sqlite3.DatabaseError:  # also one that is damaged, which the shipper tells of
        return Totals(0, 0, 0)
    finally:
        connection.close()


def total_of(folder: Path) -> Totals:
    """The totals of all spool files of a folder."""
    each = [read_totals(path) for path in spool_files(folder)]
    return Totals(*(sum(column) for column in zip(*each, strict=True))) if each else Totals(0, 0, 0)


def totals(connection: sqlite3.Connection) -> Totals:
    """Raises sqlite3.Error."""
    return Totals(*connection.execute("SELECT live_bytes, accepted, rejected FROM meta").fetchone())
