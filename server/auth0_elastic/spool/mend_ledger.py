"""A damaged ledger: what it knew of deliveries is found out again by sending, its dead letters are saved."""

import logging
import sqlite3
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from auth0_elastic.spool.damage import damage_of, files_set_aside, leave, set_aside
from auth0_elastic.spool.database import SMALL_PAGE_SIZE
from auth0_elastic.spool.images import Images
from auth0_elastic.spool.pages import Column

log = logging.getLogger(__name__)


def set_aside_if_damaged(path: Path) -> None:
    """Call it before the ledger is opened. What is then sent again ends as a duplicate."""
    reason = damage_of(path, _quick_check)
    if reason is not None:
        log.error("%s is damaged (%s); it is kept as %s, and a new one begun", path, reason, set_aside(path).name)


def restore(connection: sqlite3.Connection, path: Path) -> Iterator[Path]:
    """Puts the dead letters of ledgers that were set aside into the new one, within a transaction of the caller's.

    Yields each of these files, for `finish` once that is committed.
    """
    for aside in files_set_aside(path.parent, path.stem):
        with Images(aside, SMALL_PAGE_SIZE) as images:
            letters = chain.from_iterable(_dead_letter(row.rowid, row.columns) for row in images.rows())
            saved = connection.executemany(
                "INSERT OR IGNORE INTO dead_letter (id, received, died, status, reason, raw, writer)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                letters,
            ).rowcount
        log.info("%d dead letters of %s are saved", saved, aside.name)
        yield aside


def finish(restored: list[Path]) -> None:
    for aside in restored:
        leave(aside)


def _dead_letter(number: int, columns: tuple[Column, ...]) -> Iterator[tuple[Column, ...]]:
    match columns:
        case (None, int(received), int(died), int() | None as status, str(reason), bytes(raw), *writer):
            yield number, received, died, status, reason, raw, *(writer or ["listener"])[:1]


def _quick_check(connection: sqlite3.Connection) -> str | None:
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if found == "ok" else " ".join(found.split())
