"""What a spool file promises: durable when appended, one writer, live content counted, pruned by the ledger."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from auth0_elastic.errors import SpoolError, SpoolFull, SpoolLocked
from auth0_elastic.spool import spool_file
from auth0_elastic.spool.database import LOG_SIZE, FileLock
from auth0_elastic.spool.ledger import Ledger, Settled
from auth0_elastic.spool.spool_file import Rejected, SpoolFile, Totals, read_totals, total_of

EVENTS = [b'{"a":1}', b'{"b":22}']


@pytest.fixture
def file(tmp_path: Path) -> SpoolFile:
    return SpoolFile.open_free(tmp_path, "listener")


def rows(path: Path, table: str = "event") -> list[tuple[int, bytes]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(f"SELECT seq, raw FROM {table} ORDER BY seq").fetchall()
    connection.close()
    return found


def test_the_writing_connection_syncs_every_commit_to_the_disk(file: SpoolFile) -> None:
    synchronous = file._connection.execute("PRAGMA synchronous").fetchone()[0]
    journal = file._connection.execute("PRAGMA journal_mode").fetchone()[0]
    assert (synchronous, journal) == (2, "wal")  # 2 is FULL: the WAL is synced at each commit


def test_what_is_appended_is_kept_byte_for_byte(file: SpoolFile) -> None:
    odd = '{ "a" : "\u2028é" }'.encode()
    file.append(1, [odd], [Rejected(b"\xff{", "not UTF-8")])
    assert rows(file.path) == [(1, odd)]
    assert rows(file.path, "rejected") == [(1, b"\xff{")]


def test_another_process_reads_events_at_once(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    assert read_totals(file.path) == Totals(live_bytes=15, accepted=2, rejected=0)


def test_a_second_writer_gets_a_file_of_its_own(file: SpoolFile) -> None:
    second = SpoolFile.open_free(file.path.parent, "listener")
    assert second.path != file.path
    second.append(1, EVENTS)
    assert total_of(file.path.parent).accepted == 2


def test_the_file_of_a_process_that_is_gone_is_taken_over_with_its_backlog(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    file.close()
    heir = SpoolFile.open_free(file.path.parent, "listener")
    assert heir.path == file.path
    assert heir.file_id == file.file_id
    assert heir.totals == Totals(15, 2, 0)


def test_sequence_numbers_are_never_used_twice(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    ledger = Ledger(file.path.parent, 1000)
    ledger.settle([Settled(file.file_id, 2)])
    file.prune()
    file.append(2, [b"{}"])
    assert rows(file.path) == [(3, b"{}")]


def test_delivered_events_are_removed_and_outstanding_ones_stay(file: SpoolFile) -> None:
    file.append(1, [b"{}", *EVENTS])
    ledger = Ledger(file.path.parent, 1000)
    ledger.settle([Settled(file.file_id, 3, outstanding=[2])])
    file.prune()
    assert rows(file.path) == [(2, EVENTS[0])]
    assert file.totals.live_bytes == len(EVENTS[0])
    ledger.settle([Settled(file.file_id, 3, no_longer_outstanding=[2])])
    file.prune()
    assert rows(file.path) == []
    assert read_totals(file.path) == Totals(0, 3, 0)


def test_nothing_is_removed_before_the_shipper_has_been_there(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    file.prune()
    assert len(rows(file.path)) == 2


def test_one_outstanding_event_does_not_keep_those_after_it(file: SpoolFile) -> None:
    file.append(1, [b"{}"] * 12_000)
    Ledger(file.path.parent, 1000).settle([Settled(file.file_id, 12_000, outstanding=[1, 7_000])])
    assert [file.prune(), file.prune(), file.prune()] == [True, True, False]
    assert [seq for seq, _ in rows(file.path)] == [1, 7_000]


def test_a_long_log_is_given_back_once_all_is_delivered(file: SpoolFile) -> None:
    log = file.path.with_name(f"{file.path.name}-wal")
    file.append(1, [b"x" * 10_000] * 2_000)
    assert log.stat().st_size > 20_000_000
    with closing(Ledger(file.path.parent, 1000)) as ledger:
        ledger.settle([Settled(file.file_id, 2_000)])
    assert not file.prune()
    assert log.stat().st_size < 2 * LOG_SIZE


def test_disk_space_is_given_back(file: SpoolFile) -> None:
    file.append(1, [b"x" * 10_000] * 300)
    ledger = Ledger(file.path.parent, 1000)
    before = file._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger.settle([Settled(file.file_id, 300)])
    file.prune()
    assert file._connection.execute("PRAGMA page_count").fetchone()[0] < before / 10 + 20


def test_a_number_that_counts_as_delivered_is_not_given_to_a_new_event(file: SpoolFile) -> None:
    """Rows that a power cut took back after they had been read and delivered."""
    Ledger(file.path.parent, 1000).settle([Settled(file.file_id, 41)])
    file.close()
    heir = SpoolFile.open_free(file.path.parent, "listener")
    heir.append(1, [b"{}"])
    assert rows(heir.path) == [(42, b"{}")]


def test_pruning_a_large_backlog_is_done_in_steps(file: SpoolFile) -> None:
    file.append(1, [b"{}"] * 12_000)
    Ledger(file.path.parent, 1000).settle([Settled(file.file_id, 12_000)])
    assert [(file.prune(), len(rows(file.path))) for _ in range(3)] == [(True, 7_000), (True, 2_000), (False, 0)]


def test_a_disk_that_refuses_raises_and_keeps_nothing_by_half(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    pages = file._connection.execute("PRAGMA page_count").fetchone()[0]
    file._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SpoolError, match="full"):
        file.append(2, [b"x" * 100_000], [Rejected(b"y", "z")])
    assert (rows(file.path), rows(file.path, "rejected")) == ([(1, EVENTS[0]), (2, EVENTS[1])], [])
    assert file.totals == Totals(15, 2, 0)


def test_a_file_of_a_newer_version_is_refused(file: SpoolFile) -> None:
    file._connection.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(SpoolError, match="newer version"):
        SpoolFile.open_free(file.path.parent, "listener")


@pytest.fixture
def lock(tmp_path: Path) -> Callable[[], FileLock]:
    return lambda: FileLock(tmp_path / "x.lock")


def test_a_lock_has_one_holder_until_it_is_released(lock: Callable[[], FileLock]) -> None:
    first, second = lock(), lock()
    assert (first.acquire(), second.acquire()) == (True, False)
    first.release()
    assert second.acquire()


def test_a_checkpoint_is_kept_with_the_events_it_covers_or_not_at_all(tmp_path: Path) -> None:
    file = SpoolFile.open_named(tmp_path, "poll-acme")
    assert file.checkpoint is None
    file.append(1, EVENTS, checkpoint="900-2")
    file._connection.execute("CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(SpoolError):
        file.append(2, EVENTS, checkpoint="900-4")
    assert (file.checkpoint, len(rows(file.path))) == ("900-2", 2)
    file.close()
    assert SpoolFile.open_named(tmp_path, "poll-acme").checkpoint == "900-2"


def test_a_file_of_this_name_has_one_writer(tmp_path: Path) -> None:
    SpoolFile.open_named(tmp_path, "poll-acme")
    with pytest.raises(SpoolLocked, match=r"poll-acme\.db: another process writes it"):
        SpoolFile.open_named(tmp_path, "poll-acme")


def test_a_file_of_the_version_before_checkpoints_is_taken_over(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    file._connection.execute("DROP TABLE checkpoint")
    file._connection.execute("ALTER TABLE event DROP COLUMN crc")
    file._connection.execute("PRAGMA user_version = 1")
    file.close()
    heir = SpoolFile.open_free(file.path.parent, "listener")
    heir.append(2, EVENTS, checkpoint="900")
    assert (len(rows(heir.path)), heir.checkpoint) == (4, "900")


def test_what_cannot_be_removed_is_a_spool_error(file: SpoolFile) -> None:
    file.append(1, EVENTS)
    Ledger(file.path.parent, 1000).settle([Settled(file.file_id, 2)])
    file._connection.execute("CREATE TRIGGER full BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(SpoolError, match=r"listener-0\.db: cannot remove what is delivered: full"):
        file.prune()
    assert file.totals == Totals(15, 2, 0)


def test_the_last_of_a_disk_is_kept_for_delivering_and_removing(
    file: SpoolFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.append(1, EVENTS)
    monkeypatch.setattr(spool_file, "RESERVE", 2**62)
    monkeypatch.setattr(spool_file, "RESERVE_SHARE", 2)
    with pytest.raises(SpoolFull, match="make room"):
        file.append(1, EVENTS)
    Ledger(file.path.parent, 1000).settle([Settled(file.file_id, 2)])
    assert not file.prune()
    assert file.totals == Totals(0, 2, 0)
