"""Spools that older versions have left behind: taken over with all that was in them, by a writer or without one."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.database import SMALL_PAGE_SIZE, open_writer
from auth0_elastic.spool.ledger import Ledger, LedgerView
from auth0_elastic.spool.spool_file import Rejected, SpoolFile, Totals, read_totals

# As the versions before made them, to the letter.
VERSION_1 = """
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, raw BLOB NOT NULL);
    CREATE TABLE rejected (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, reason TEXT NOT NULL,
        raw BLOB NOT NULL);
    CREATE TABLE meta (file_id TEXT NOT NULL, live_bytes INTEGER NOT NULL, accepted INTEGER NOT NULL,
        rejected INTEGER NOT NULL);
    INSERT INTO meta VALUES ('0123456789abcdef0123456789abcdef', 19, 4, 1);
    INSERT INTO event VALUES (2, 1000, CAST('{"a":1}' AS BLOB)), (4, 1000, CAST('{"b":"four"}' AS BLOB));
    INSERT INTO rejected VALUES (1, 1000, 'not JSON', CAST('{' AS BLOB));
    PRAGMA user_version = 1;
"""
VERSION_2 = f"""{VERSION_1}
    CREATE TABLE checkpoint (log_id TEXT NOT NULL);
    INSERT INTO checkpoint VALUES ('900-4'), ('900-3');
    PRAGMA user_version = 2;
"""
FIRST_LEDGER = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE file (file_id TEXT PRIMARY KEY, delivered_to INTEGER NOT NULL, rejected_to INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE outstanding (file_id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (file_id, seq)) WITHOUT ROWID;
    CREATE TABLE dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, died INTEGER NOT NULL,
        status INTEGER, reason TEXT NOT NULL, raw BLOB NOT NULL);
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO file VALUES ('0123456789abcdef0123456789abcdef', 3, 0);
    INSERT INTO outstanding VALUES ('0123456789abcdef0123456789abcdef', 2);
    INSERT INTO dead_letter VALUES (1, 5, 6, 400, 'mapper_parsing_exception: no', CAST('{"c":1}' AS BLOB));
    INSERT INTO counter VALUES ('indexed', 2);
"""

Make = Callable[[str, str], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make(name: str, script: str) -> Path:
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.executescript(script)
        return tmp_path / name

    return make


@pytest.fixture
def ledger(make: Make, tmp_path: Path) -> Iterator[Ledger]:
    make("shipper-ledger.db", FIRST_LEDGER)
    ledger = Ledger(tmp_path, 1000)
    yield ledger
    ledger.close()


@pytest.mark.parametrize("script", [VERSION_1, VERSION_2], ids=["version 1", "version 2"])
@pytest.mark.parametrize("writer_comes", [True, False])
def test_what_an_older_version_had_not_delivered_is(
    make: Make, ledger: Ledger, tmp_path: Path, script: str, writer_comes: bool
) -> None:
    make("listener-0.db", script)
    if writer_comes:
        SpoolFile.open_free(tmp_path, "listener").append(2000, [b'{"d":1}'])
    (file,) = Backlog(tmp_path, ledger).discover()
    outstanding = file.read_one(*file.outstanding)
    new = [(5, b'{"d":1}')] if writer_comes else []
    assert [(each.seq, each.raw) for each in file.read(1000, 10)] == [(4, b'{"b":"four"}'), *new]
    assert (outstanding and outstanding.raw) == b'{"a":1}'
    assert [row.rejected for row in file.read_rejected()] == [Rejected(b"{", "not JSON")]


def test_a_writer_goes_on_with_an_older_file(make: Make, ledger: Ledger, tmp_path: Path) -> None:
    path = make("listener-0.db", VERSION_2)
    file = SpoolFile.open_free(tmp_path, "listener")
    file.append(2000, [b'{"d":1}'], checkpoint="900-5")
    assert (file.path, file.totals) == (path, Totals(26, 5, 1))
    assert not file.prune()
    assert read_totals(path).live_bytes == 26
    assert ledger.deliveries(file.file_id) == (3, 0, [2])


def test_an_older_pollers_checkpoint_is_gone_on_from(make: Make, tmp_path: Path) -> None:
    make("poll-acme.db", VERSION_2)
    file = SpoolFile.open_named(tmp_path, "poll-acme")
    assert (file.checkpoint, file.recent) == ("900-4", ["900-3"])


def test_an_older_file_whose_head_is_damaged_is_saved_too(make: Make, ledger: Ledger, tmp_path: Path) -> None:
    path = make("listener-0.db", VERSION_2)
    path.write_bytes(b"garbage" + path.read_bytes()[7:])
    backlog = Backlog(tmp_path, ledger)
    (file,) = [*backlog.discover(), *backlog.discover()]
    assert [each.raw for each in file.read(1000, 10)] == [b'{"a":1}', b'{"b":"four"}']
    assert [row.rejected for row in file.read_rejected()] == [Rejected(b"{", "not JSON")]


@pytest.mark.usefixtures("ledger")
def test_an_older_ledger_keeps_its_dead_letters_and_counters(tmp_path: Path) -> None:
    view = LedgerView(tmp_path)
    assert [(each.reason, each.raw) for each in view.dead_letters()] == [("mapper_parsing_exception: no", b'{"c":1}')]
    assert view.counters() == {"indexed": 2}


def test_a_damaged_file_with_pages_as_small_as_they_were_loses_one_of_them(tmp_path: Path) -> None:
    open_writer(tmp_path / "listener-0.db", SMALL_PAGE_SIZE).close()
    file = SpoolFile.open_free(tmp_path, "listener")
    raw = [b'{"number":%d,"text":"%s"}' % (number, b"x" * 1000) for number in range(100)]
    file.append(1, raw)
    file.close()
    content = bytearray(file.path.read_bytes())
    page = content.index(raw[50]) // SMALL_PAGE_SIZE * SMALL_PAGE_SIZE
    content[page : page + SMALL_PAGE_SIZE] = b"\xff" * SMALL_PAGE_SIZE
    file.path.write_bytes(content)
    with closing(Ledger(tmp_path, 1000)) as ledger, closing(SpoolFile.open_free(tmp_path, "listener")) as heir:
        ledger.report_damage(file.path, file.path.stat().st_ino)
        heir.prune()
        backlog = Backlog(tmp_path, ledger)
        found = {event.raw for file in backlog.discover() for event in file.read(1_000_000, 1000)}
    assert {*raw[:47], *raw[53:]} <= found
    assert raw[50] not in found
