"""`scripts/chaos` in short: a round of each kind, with the same functions; the seed of a failure is in its message."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from click.testing import CliRunner

from auth0_elastic.engine.embedded import RunningEngine
from chaos import disk, faults
from chaos.__main__ import main, plan_of
from chaos.arena import Arena, arena
from chaos.load import PATIENCE
from chaos.proof import Verdict, copies_of
from chaos.report import table
from chaos.rounds import Fault, Result, play
from chaos.waiting import wait_until

EVENTS = 1_000
SEED = random.SystemRandom().randrange(10**6)
FAULTS = [*faults.storms(), *faults.others()]


@pytest.fixture(scope="module")
def ordinary(opensearch: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(opensearch.url, tmp_path_factory.mktemp("chaos"), events=EVENTS, run=SEED) as made:
        yield made
    log = made.server.log.read_text()
    assert "Traceback" not in log, log[-5000:]
    assert made.server.token not in log


@pytest.mark.parametrize(("number", "fault"), list(enumerate(FAULTS)), ids=[fault.name for fault in FAULTS])
def test_what_was_acknowledged_is_indexed_once_or_a_dead_letter(number: int, fault: Fault, ordinary: Arena) -> None:
    result = play(ordinary, fault, number, SEED)
    assert result.verdict.holds, (SEED, result)
    assert result.verdict.acknowledged == EVENTS


@pytest.fixture(scope="module")
def small(opensearch: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """On a small disk, with a file of an older version, whose files lay in spool.path itself."""
    folder = tmp_path_factory.mktemp("small")
    with disk.small_disk(folder / "spool") as spool:
        with closing(sqlite3.connect(spool / "listener-0.db")) as connection:
            connection.executescript(OLD)
        with arena(opensearch.url, folder / "server", events=EVENTS, run=SEED, spool=spool) as made:
            yield made


OLD = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, raw BLOB NOT NULL);
    CREATE TABLE rejected (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, reason TEXT NOT NULL,
        raw BLOB NOT NULL);
    CREATE TABLE meta (file_id TEXT NOT NULL, live_bytes INTEGER NOT NULL, accepted INTEGER NOT NULL,
        rejected INTEGER NOT NULL);
    INSERT INTO meta VALUES ('0123456789abcdef0123456789abcdef', 31, 1, 0);
    INSERT INTO event (received, raw) VALUES (1790000000000, CAST('{"log_id": "old-1", "data": {}}' AS BLOB));
    PRAGMA user_version = 1;
"""


def test_a_full_disk_is_answered_503_and_all_goes_on_when_there_is_room(small: Arena) -> None:
    result = play(small, faults.full_disk(), len(FAULTS), SEED)
    assert result.verdict.holds, (SEED, result)
    assert result.verdict.refused > 0
    log = small.server.log.read_text()
    assert "Traceback" not in log, log[-5000:]


def test_the_spool_of_an_older_version_is_delivered(small: Arena) -> None:
    wait_until(lambda: copies_of(small.engine, small.stream, "old-") == {"old-1": 1}, PATIENCE, "it is delivered")


def test_the_seed_decides_what_comes_and_each_kind_comes_equally_often() -> None:
    names, again = ([fault.name for fault in plan_of(7, full=True, rounds=None)] for _ in range(2))
    assert names == again
    assert len(names) == 100
    assert {names.count(name) for name in names} <= {100 // len(set(names)), 100 // len(set(names)) + 1}


def test_a_fault_that_there_is_not_is_said_so() -> None:
    result = CliRunner().invoke(main, ["--only", "flood"])
    assert result.exit_code == 2
    assert "no fault has this in its name" in result.output


def test_the_table_adds_up_what_was_broken_alike() -> None:
    verdict = Verdict(100, 97, 2, 1, 0, 0, 0, 3, 4)
    shown = table([Result(number, f"fault {number % 2}", verdict, 1.5) for number in range(3)])
    columns = [[*column.cells] for column in shown.columns]
    assert columns[:3] == [["fault 0", "fault 1", "all"], ["2", "1", "3"], ["200", "100", "300"]]
    assert [column[-1] for column in columns] == ["all", "3", "300", "291", "6", "3", "0", "0", "0", "9", "12", "1.5"]


@pytest.mark.parametrize("broken", ["lost", "twice", "strangers"])
def test_one_event_lost_or_doubled_or_never_sent_breaks_the_promise(broken: str) -> None:
    sound = Verdict(100, 97, 2, 1, 0, 0, 0, 3, 4)
    assert sound.holds
    assert not replace(sound, **{broken: 1}).holds
