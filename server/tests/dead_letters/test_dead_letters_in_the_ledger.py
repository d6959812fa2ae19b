"""Dead letters in the ledger: kinds, limits, replays across kills, and ledgers that older versions have made."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from auth0_elastic.ship.intake import Intake
from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.dead_letters import FILE_ID, KINDS, DeadLetter, kind_of
from auth0_elastic.spool.ledger import LEDGER, Ledger, LedgerView, Settled
from auth0_elastic.spool.operate import DeadLetters


def letter(raw: bytes, reason: str = "mapper_parsing_exception: no") -> DeadLetter:
    return DeadLetter(1, 2, 400, reason, raw, "poll")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path, 10)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (None, "not JSON", "not_an_event"),
        (400, "document_parsing_exception: [1:2] failed", "mapping"),
        (400, "script_exception: compile error", "pipeline"),
        (413, "413: too large", "too_large"),
        (201, "the data stream's failure store took it, so it cannot be found", "failure_store"),
        (400, "illegal_argument_exception: no", "other"),
        (400, "", "other"),
    ],
)
def test_a_reason_is_of_one_of_few_kinds(status: int | None, reason: str, kind: str) -> None:
    assert kind_of(status, reason) == kind
    assert kind in KINDS


def test_one_that_is_being_replayed_is_not_pushed_out(tmp_path: Path, ledger: Ledger) -> None:
    ledger.settle([], [letter(b"aaaa"), letter(b"bbbb")])
    with DeadLetters(tmp_path) as letters:
        letters.replay([1])
    ledger.settle([], [letter(b"cccc")])
    assert [each.raw for each in LedgerView(tmp_path).dead_letters()] == [b"aaaa", b"cccc"]


def batch(folder: Path, ledger: Ledger) -> list[tuple[str, int, bytes, str]]:
    """What a shipper that starts now would send."""
    intake = Intake(Backlog(folder, ledger), ledger, now=lambda: 100.0)
    intake.look(may_remove=False)
    found = intake.next_batch(1000)
    return [(each.file_id, each.seq, each.raw, each.writer) for each in found.events] if found else []


def test_a_shipper_that_is_killed_between_taking_on_and_settling_begins_again(tmp_path: Path, ledger: Ledger) -> None:
    ledger.settle([], [letter(b"aaaa")])
    with DeadLetters(tmp_path) as letters:
        letters.replay([1])
    sent = [(FILE_ID, 1, b"aaaa", "poll")]
    assert batch(tmp_path, ledger) == sent
    assert batch(tmp_path, Ledger(tmp_path, 10)) == sent
    ledger.settle([Settled(FILE_ID, 0, no_longer_outstanding=[1])], counts={"indexed": 1})
    assert batch(tmp_path, Ledger(tmp_path, 10)) == []
    view = LedgerView(tmp_path)
    assert view.dead_letters() == []
    assert view.counters() == {"indexed": 1, "replayed": 1}


def test_no_more_are_taken_on_than_there_is_room_for(tmp_path: Path, ledger: Ledger) -> None:
    ledger.settle([], [letter(b"a"), letter(b"b"), letter(b"c")])
    with DeadLetters(tmp_path) as letters:
        letters.replay([3, 1, 2])
        letters.drop([1])
    assert [ledger.replays(2), ledger.replays(0), ledger.replays(2), ledger.replays(2)] == [[1, 2], [], [3], []]


def test_one_that_dies_again_is_another_dead_letter(tmp_path: Path, ledger: Ledger) -> None:
    ledger.settle([], [letter(b"aaaa")], {"dead": 1})
    with DeadLetters(tmp_path) as letters:
        letters.replay([1])
    batch(tmp_path, ledger)
    again = letter(b"aaaa", "script_exception: still")
    ledger.settle([Settled(FILE_ID, 0, no_longer_outstanding=[1])], [again], {"dead": 1})
    with DeadLetters(tmp_path) as letters:
        assert [(each.name, each.letter, each.is_replayed) for each in letters.all()] == [("2", again, False)]
    assert LedgerView(tmp_path).counters() == {"dead": 2, "replayed": 1}
    assert LedgerView(tmp_path).measures() == {
        "dead": {"mapping": 1, "pipeline": 1},
        "dead_letters": {"mapping": 0, "pipeline": 1},
        "dead_letter_bytes": {"mapping": 0, "pipeline": 4},
        "dead_letter_id": {"": 2},
    }


def test_what_an_older_version_buries_after_this_one_is_counted_at_the_next_start(
    tmp_path: Path, ledger: Ledger
) -> None:
    ledger.settle([], [letter(b"aaaa")])
    with closing(sqlite3.connect(tmp_path / LEDGER)) as old, old:
        old.execute("INSERT INTO dead_letter (received, died, status, reason, raw) VALUES (1, 2, NULL, 'no', 'bb')")
    assert LedgerView(tmp_path).measures()["dead_letters"] == {"mapping": 1}
    Ledger(tmp_path, 10)
    assert LedgerView(tmp_path).measures()["dead_letters"] == {"mapping": 1, "not_an_event": 1}


def test_a_ledger_of_an_older_version_is_read_and_counted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / LEDGER)) as old, old:
        old.execute("CREATE TABLE file (file_id TEXT PRIMARY KEY, delivered_to INTEGER, rejected_to INTEGER)")
        old.execute("CREATE TABLE outstanding (file_id TEXT, seq INTEGER, PRIMARY KEY (file_id, seq))")
        old.execute("CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER)")
        old.execute(
            "CREATE TABLE dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL,"
            " died INTEGER NOT NULL, status INTEGER, reason TEXT NOT NULL, raw BLOB NOT NULL)"
        )
        old.execute("INSERT INTO dead_letter VALUES (7, 1, 2, 400, 'mapper_parsing_exception: no', x'7b7d')")
    with closing(LedgerView(tmp_path)) as view:
        assert (view.dead_letter_counts(), view.measures()) == ({"mapping": 1}, {})
    with DeadLetters(tmp_path) as letters:
        assert letters.replay([7]) == 1
    ledger = Ledger(tmp_path, 10)
    assert LedgerView(tmp_path).measures()["dead_letters"] == {"mapping": 1}
    assert batch(tmp_path, ledger) == [(FILE_ID, 7, b"{}", "listener")]
