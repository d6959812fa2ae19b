"""The dead letters in the ledger: events that cannot be indexed, until they are replayed, dropped or pushed out.

One that is replayed stays among them until it has come to another end: its name is in the table `replay` when the
operator asks for it, in `outstanding` once the shipper has taken it on, and all of that is one file's transactions.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from auth0_elastic.spool import measures
from auth0_elastic.spool.columns import DEAD_LETTER, KIND_AND_SIZE

FILE_ID: Final = "dead_letters"
"""Stands for a spool file's id where the ledger says which dead letters are under way again."""

KINDS: Final = {
    "not_an_event": "The listener found no JSON object in it.",
    "mapping": "A field's value does not fit its mapping.",
    "pipeline": "The ingest pipeline failed.",
    "too_large": "The engine, or a proxy before it, refuses the event alone as too large.",
    "failure_store": "The data stream's failure store took it.",
    "other": "Anything else that the engine refuses for the document's own fault.",
}
"""The kinds of reasons: few, so that they can be labels of a metric."""

_KIND_OF_ERROR: Final = {
    "mapper_parsing_exception": "mapping",
    "document_parsing_exception": "mapping",
    "strict_dynamic_mapping_exception": "mapping",
    "ingest_processor_exception": "pipeline",
    "script_exception": "pipeline",
    "fail_processor_exception": "pipeline",
}
_TAKEN_ON: Final = f"EXISTS (SELECT 1 FROM outstanding WHERE file_id = '{FILE_ID}' AND seq = dead_letter.id)"  # noqa: S608
UNDER_WAY: Final = f"({_TAKEN_ON} OR EXISTS (SELECT 1 FROM replay WHERE replay.id = dead_letter.id))"  # noqa: S608
"""In a query of dead letters: whether one is being replayed, or is to be."""
_ONE: Final = f"SELECT {KIND_AND_SIZE} FROM dead_letter WHERE id = ?"  # noqa: S608
_NEWEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'dead_letter'"
_COUNTED_TO: Final = "SELECT CAST(value AS INTEGER) FROM measure WHERE name = 'dead_letter_id'"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL,"
    " died INTEGER NOT NULL, status INTEGER, reason TEXT NOT NULL, raw BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS replay (id INTEGER PRIMARY KEY)",
)
_SINCE_WRITER = "ALTER TABLE dead_letter ADD COLUMN writer TEXT NOT NULL DEFAULT 'listener'"


class DeadLetter(NamedTuple):
    """An event that cannot be indexed: times in epoch milliseconds, `status` if it was the engine that refused it."""

    received: int
    died: int
    status: int | None
    reason: str
    raw: bytes
    writer: str = "listener"

    @property
    def kind(self) -> str:
        return kind_of(self.status, self.reason)


def kind_of(status: int | None, reason: str) -> str:
    """One of KINDS."""
    if status is None:
        return "not_an_event"
    if status == 413:
        return "too_large"
    if "failure store" in reason:
        return "failure_store"
    error = re.match(r"\w+", reason)
    return _KIND_OF_ERROR.get(error[0], "other") if error else "other"


def prepare(connection: sqlite3.Connection) -> None:
    """Makes the tables, also in a ledger that an older version has made. Within a transaction of the caller's."""
    for statement in (*_SCHEMA, measures.SCHEMA):
        connection.execute(statement)
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(dead_letter)")}
    if "writer" not in columns:
        connection.execute(_SINCE_WRITER)


def recount(connection: sqlite3.Connection) -> None:
    """Counts those that are there and their bytes, by kind, unless nobody else has put any there since that was done.

    Within a transaction of the caller's.
    """
    if connection.execute(f"SELECT ({_NEWEST}) IS ({_COUNTED_TO})").fetchone()[0]:
        return
    connection.execute("DELETE FROM measure WHERE name IN ('dead_letters', 'dead_letter_bytes')")
    for kind, count, size in _by_kind(connection):
        measures.add(connection, {("dead_letters", kind): count, ("dead_letter_bytes", kind): size})
    _counted(connection)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many there are of each kind, the most frequent first."""
    return dict(sorted(((kind, count) for kind, count, _ in _by_kind(connection)), key=lambda each: -each[1]))


def bury(connection: sqlite3.Connection, dead: Sequence[DeadLetter], limit: int) -> int:
    """Keeps dead letters, dropping the oldest beyond `limit` bytes; returns how many. In the caller's transaction."""
    connection.executemany(
        "INSERT INTO dead_letter (received, died, status, reason, raw, writer) VALUES (?, ?, ?, ?, ?, ?)", dead
    )
    for kind, count in Counter(each.kind for each in dead).items():
        size = sum(len(each.raw) for each in dead if each.kind == kind)
        added = {("dead", kind): count, ("dead_letters", kind): count, ("dead_letter_bytes", kind): size}
        measures.add(connection, added)
    _counted(connection)
    dropped = 0
    while _bytes(connection) > limit:
        query = f"SELECT id FROM dead_letter WHERE NOT {UNDER_WAY} ORDER BY id LIMIT 1"  # noqa: S608 - our names
        oldest = connection.execute(query).fetchone()
        if oldest is None:
            break
        dropped += remove(connection, oldest)
    return dropped


def remove(connection: sqlite3.Connection, ids: Iterable[int]) -> int:
    """Returns how many there were. Within a transaction of the caller's."""
    removed = 0
    for each in ids:
        row = connection.execute(_ONE, (each,)).fetchone()
        if row is not None:
            status, reason, size = row
            kind = kind_of(status, reason)
            measures.add(connection, {("dead_letters", kind): -1, ("dead_letter_bytes", kind): -size})
            connection.execute("DELETE FROM dead_letter WHERE id = ?", (each,))
            removed += 1
    return removed


def take_replays(connection: sqlite3.Connection, most: int) -> list[int]:
    """Takes on some of what is to be replayed: outstanding from here on. Within a transaction of the caller's."""
    ids = connection.execute("SELECT id FROM replay ORDER BY id LIMIT ?", (most,)).fetchall()
    connection.executemany("DELETE FROM replay WHERE id = ?", ids)
    query = f"SELECT id FROM dead_letter WHERE id = ? AND NOT {_TAKEN_ON}"  # noqa: S608
    taken = [number for each in ids for (number,) in connection.execute(query, each).fetchall()]
    connection.executemany("INSERT INTO outstanding VALUES (?, ?)", [(FILE_ID, number) for number in taken])
    return taken


def read_one(connection: sqlite3.Connection, number: int) -> DeadLetter | None:
    query = f"SELECT {DEAD_LETTER} FROM dead_letter WHERE id = ?"  # noqa: S608
    row = connection.execute(query, (number,)).fetchone()
    return DeadLetter(*row) if row is not None else None


def _by_kind(connection: sqlite3.Connection) -> Iterator[tuple[str, int, int]]:
    counts, sizes = Counter[str](), Counter[str]()
    for status, reason, size in connection.execute(f"SELECT {KIND_AND_SIZE} FROM dead_letter"):  # noqa: S608
        kind = kind_of(status, reason)
        counts[kind] += 1
        sizes[kind] += size
    yield from ((kind, count, sizes[kind]) for kind, count in counts.items())


def _counted(connection: sqlite3.Connection) -> None:
    """All that are there now are counted."""
    connection.execute(f"INSERT OR REPLACE INTO measure VALUES ('dead_letter_id', '', ({_NEWEST}))")  # noqa: S608


def _bytes(connection: sqlite3.Connection) -> float:
    query = "SELECT total(value) FROM measure WHERE name = 'dead_letter_bytes'"
    return float(connection.execute(query).fetchone()[0])
