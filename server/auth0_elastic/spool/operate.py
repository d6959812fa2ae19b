"""What an operator may do to the dead letters of a data stream, beside a running shipper or without one."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, Self

from auth0_elastic.spool import dead_letters
from auth0_elastic.spool.columns import DEAD_LETTER, REJECTED
from auth0_elastic.spool.database import SMALL_PAGE_SIZE, open_reader, open_writer, transaction
from auth0_elastic.spool.dead_letters import UNDER_WAY, DeadLetter
from auth0_elastic.spool.ledger import LEDGER, Deliveries, count, deliveries_of, open_ledger
from auth0_elastic.spool.spool_file import spool_files

AT_ONCE: Final = 500  # in a transaction, so that the shipper never waits long for its turn


class Filed(NamedTuple):
    """A dead letter with its name; `id` is None while it lies in a spool file, from where the shipper will fetch it."""

    name: str
    id: int | None
    letter: DeadLetter
    is_replayed: bool = False


class DeadLetters:
    """A context. Each change is one transaction in the shipper's ledger, and takes effect on a running shipper."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist yet: then there are none."""
        self._folder = folder
        self._ledger: sqlite3.Connection | None = None
        if (found := open_ledger(folder)) is not None:
            found.close()
            self._ledger = open_writer(folder / LEDGER, SMALL_PAGE_SIZE)
            with transaction(self._ledger):
                dead_letters.prepare(self._ledger)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ledger is not None:
            self._ledger.close()

    def all(self) -> Iterator[Filed]:
        """The oldest first; then those that the shipper has yet to fetch from the spool files."""
        yield from self._buried()
        yield from self._unfetched()

    def one(self, name: str) -> Filed | None:
        if self._ledger is not None and name.isascii() and name.isdigit():
            return next(iter(self._select("id = ?", int(name))), None)
        return next((each for each in self._unfetched() if each.name == name), None)

    def replay(self, ids: Iterable[int]) -> int:
        """Has the shipper deliver them again, now or once it runs; returns how many that are not under way already."""
        return sum(self._change(some, self._replay) for some in _chunks(ids))

    def drop(self, ids: Iterable[int]) -> int:
        """Removes them for good, but none that is being replayed; returns how many."""
        return sum(self._change(some, self._drop) for some in _chunks(ids))

    def _change(self, ids: list[int], change: Callable[[sqlite3.Connection, list[int]], int]) -> int:
        if self._ledger is None:
            return 0
        with transaction(self._ledger):
            return change(self._ledger, ids)

    @staticmethod
    def _replay(ledger: sqlite3.Connection, ids: list[int]) -> int:
        before = ledger.total_changes
        query = f"INSERT INTO replay SELECT id FROM dead_letter WHERE id = ? AND NOT {UNDER_WAY}"  # noqa: S608 - our names
        ledger.executemany(query, [(each,) for each in ids])
        return ledger.total_changes - before

    @staticmethod
    def _drop(ledger: sqlite3.Connection, ids: list[int]) -> int:
        query = f"SELECT id FROM dead_letter WHERE id = ? AND NOT {UNDER_WAY}"  # noqa: S608
        free = [number for each in ids for (number,) in ledger.execute(query, (each,)).fetchall()]
        dropped = dead_letters.remove(ledger, free)
        count(ledger, {"dead_letters_dropped_by_operator": dropped})
        return dropped

    def _buried(self) -> Iterator[Filed]:
        last = 0
        while found := self._select("id > ? ORDER BY id LIMIT ?", last, AT_ONCE):
            yield from found
            last = found[-1].id or last

    def _select(self, where: str, *values: int) -> list[Filed]:
        """Those in the ledger."""
        if self._ledger is None:
            return []
        columns = f"id, {UNDER_WAY}, {DEAD_LETTER}"
        rows = self._ledger.execute(f"SELECT {columns} FROM dead_letter WHERE {where}", values).fetchall()  # noqa: S608
        return [Filed(str(row[0]), row[0], DeadLetter(*row[2:]), bool(row[1])) for row in rows]

    def _unfetched(self) -> Iterator[Filed]:
        for path in spool_files(self._folder):
            try:
                with closing(open_reader(path)) as file:
                    rows = self._rejected(file)
            except sqlite3.DatabaseError:  # being made, just removed, or damaged, which the shipper tells of
                continue
            for seq, received, reason, raw in rows:
                writer = path.name.partition("-")[0]
                letter = DeadLetter(received, received, None, reason, raw, writer)
                yield Filed(f"{path.stem}-{seq}", None, letter)

    def _rejected(self, file: sqlite3.Connection) -> list[tuple[int, int, str, bytes]]:
        file_id = str(file.execute("SELECT file_id FROM meta").fetchone()[0])
        done = deliveries_of(self._ledger, file_id) if self._ledger is not None else None
        after = (done or Deliveries(0, 0, ())).rejected_to
        query = f"SELECT {REJECTED} FROM rejected WHERE seq > ? ORDER BY seq"  # noqa: S608
        return file.execute(query, (after,)).fetchall()


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    remaining = iter(ids)
    while some := list(islice(remaining, AT_ONCE)):
        yield some
