"""What a folder of the spool has taken in, holds and has delivered: a few look-ups, however much it holds."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from auth0_elastic.spool import measures
from auth0_elastic.spool.database import open_reader
from auth0_elastic.spool.ledger import open_ledger
from auth0_elastic.spool.spool_file import spool_files

_TRIES: Final = 3


class Survey(NamedTuple):
    """`accepted` and `rejected` since ever, also by files that are gone; `oldest` is in epoch milliseconds.

    `waiting` counts events that are not known to have ended, some of which may have meanwhile.
    """

    accepted: int
    rejected: int
    live_bytes: int
    waiting: int
    oldest: int | None
    counters: Mapping[str, int]
    measures: Mapping[str, Mapping[str, float]]
    state: Mapping[str, str]


class _File(NamedTuple):
    file_id: str
    accepted: int
    rejected: int
    live_bytes: int
    waiting: int
    oldest: int | None


class _Ledger(NamedTuple):
    counters: dict[str, int]
    retired: dict[str, tuple[int, int]]
    delivered_to: dict[str, int]
    outstanding: dict[str, tuple[int, int]]  # how many, and the first


_NO_LEDGER = _Ledger({}, {}, {}, {})


def survey(folder: Path) -> Survey:
    """Raises sqlite3.DatabaseError when the ledger cannot be read."""
    ledger = open_ledger(folder) if folder.exists() else None
    if ledger is None:
        return _sum(list(_files(folder, _NO_LEDGER)), _NO_LEDGER, {}, {})
    with closing(ledger):
        for _ in range(_TRIES):  # a file that is being removed moves into the ledger
            before = _look(ledger)
            files = list(_files(folder, before))
            after = _look(ledger)
            if _gone(before) == _gone(after):
                break
        state = dict(ledger.execute("SELECT name, value FROM state").fetchall())
        return _sum(files, after, measures.read(ledger), state)


def _sum(
    files: list[_File], ledger: _Ledger, measured: Mapping[str, Mapping[str, float]], state: Mapping[str, str]
) -> Survey:
    """A file that is about to be removed, and stands in the ledger already, counts once."""
    taken = {**ledger.retired, **{each.file_id: (each.accepted, each.rejected) for each in files}}
    counters = dict(ledger.counters)
    accepted = counters.pop("accepted", 0) + sum(accepted for accepted, _ in taken.values())
    rejected = counters.pop("rejected", 0) + sum(rejected for _, rejected in taken.values())
    live, waiting = sum(each.live_bytes for each in files), sum(each.waiting for each in files)
    oldest = min((each.oldest for each in files if each.oldest is not None), default=None)
    return Survey(accepted, rejected, live, waiting, oldest, counters, measured, state)


def _look(ledger: sqlite3.Connection) -> _Ledger:
    has_retired = ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'retired'").fetchone()
    retired = ledger.execute("SELECT file_id, accepted, rejected FROM retired").fetchall() if has_retired else []
    outstanding = ledger.execute("SELECT file_id, count(*), min(seq) FROM outstanding GROUP BY file_id").fetchall()
    return _Ledger(
        dict(ledger.execute("SELECT name, value FROM counter").fetchall()),
        {file_id: (accepted, rejected) for file_id, accepted, rejected in retired},
        dict(ledger.execute("SELECT file_id, delivered_to FROM file").fetchall()),
        {file_id: (count, first) for file_id, count, first in outstanding},
    )


def _gone(ledger: _Ledger) -> tuple[object, ...]:
    """What changes when a file is removed, and only then."""
    return ledger.retired, ledger.counters.get("accepted"), ledger.counters.get("rejected")


def _files(folder: Path, ledger: _Ledger) -> Iterator[_File]:
    for path in spool_files(folder):
        try:
            with closing(open_reader(path)) as connection:
                yield _file(connection, ledger)
        except sqlite3.DatabaseError:  # being made, just removed, or damaged, which the shipper tells of
            continue


def _file(connection: sqlite3.Connection, ledger: _Ledger) -> _File:
    """The numbers of events have no gaps worth speaking of, so that two of them tell how many there are."""
    query = "SELECT file_id, accepted, rejected, live_bytes FROM meta"
    file_id, accepted, rejected, live_bytes = connection.execute(query).fetchone()
    delivered_to, (again, first) = ledger.delivered_to.get(file_id, 0), ledger.outstanding.get(file_id, (0, 0))
    query = "SELECT seq, received FROM event WHERE seq > ? ORDER BY seq LIMIT 1"
    unread = connection.execute(query, (delivered_to,)).fetchone()
    last = connection.execute("SELECT max(seq) FROM event").fetchone()[0]
    oldest = [unread[1]] if unread else []
    if again:
        found = connection.execute("SELECT received FROM event WHERE seq = ?", (first,)).fetchone()
        oldest += found or ()
    waiting = again + (last - unread[0] + 1 if unread else 0)
    return _File(file_id, accepted, rejected, live_bytes, waiting, min(oldest, default=None))
