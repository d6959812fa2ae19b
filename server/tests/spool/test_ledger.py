"""The ledger: ends of events, dead letters and counters, in one durable step."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from auth0_elastic.spool.ledger import LEDGER, DeadLetter, Deliveries, Ledger, LedgerView, Settled
from auth0_elastic.spool.operate import DeadLetters


def letter(raw: bytes) -> DeadLetter:
    return DeadLetter(received=1, died=2, status=400, reason="mapper_parsing_exception: no", raw=raw)


def test_it_survives_a_restart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 1000)
    ledger.settle([Settled("f", 7, outstanding=[3, 5])], [letter(b"{}")], {"indexed": 4, "dead": 1})
    ledger.close()
    assert Ledger(tmp_path, 1000).deliveries("f") == Deliveries(7, 0, [3, 5])
    view = LedgerView(tmp_path)
    assert view.counters() == {"indexed": 4, "dead": 1}
    assert view.dead_letters() == [letter(b"{}")]


def test_it_is_synced_to_the_disk_like_the_events_it_speaks_of(tmp_path: Path) -> None:
    assert Ledger(tmp_path, 1000)._connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_positions_never_move_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 1000)
    ledger.settle([Settled("f", 7, rejected_to=4)])
    ledger.settle([Settled("f", 3)])
    assert ledger.deliveries("f") == Deliveries(7, 4, [])


def test_dead_letters_beyond_their_limit_push_out_the_oldest_and_are_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 10)
    ledger.settle([], [letter(b"aaaa"), letter(b"bbbb")])
    ledger.settle([], [letter(b"cccc")])
    view = LedgerView(tmp_path)
    assert [each.raw for each in view.dead_letters()] == [b"bbbb", b"cccc"]
    assert view.counters() == {"dead_letters_dropped": 1}


def test_a_file_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 1000)
    ledger.settle([Settled("f", 7, outstanding=[3])])
    ledger.forget("f")
    assert ledger.deliveries("f") == Deliveries(0, 0, ())


def test_state_is_seen_by_others(tmp_path: Path) -> None:
    Ledger(tmp_path, 1000).set_state(engine="ok")
    assert LedgerView(tmp_path).state() == {"engine": "ok"}


@pytest.mark.parametrize(
    "damage",
    [
        "reason = CAST(x'6e6f204af34e' AS TEXT)",
        "reason = x'00ff', raw = 'text'",
        "received = 'x', died = x'01', status = 'y', writer = 5",
        "received = -1, died = 9223372036854775807",
    ],
)
def test_a_damaged_dead_letter_keeps_no_other_from_being_read_and_dropped(tmp_path: Path, damage: str) -> None:
    ledger = Ledger(tmp_path, 1000)
    ledger.settle([], [letter(b"{}"), letter(b"[]")])
    with closing(sqlite3.connect(tmp_path / LEDGER)) as direct, direct:
        direct.execute(f"UPDATE dead_letter SET {damage} WHERE id = 1")
    view = LedgerView(tmp_path)
    damaged, whole = view.dead_letters()
    assert whole == letter(b"[]")
    assert [type(each) for each in damaged] in (
        [int, int, int, str, bytes, str],
        [int, int, type(None), str, bytes, str],
    )
    assert 0 <= damaged.died < 253_402_300_800_000
    assert sum(view.dead_letter_counts().values()) == 2
    ledger.close()
    with DeadLetters(tmp_path) as letters:
        assert letters.drop([1]) == 1
    assert Ledger(tmp_path, 1000).dead_letter(2) == letter(b"[]")
