"""What the shipper reads of the spool."""

from pathlib import Path

import pytest

from auth0_elastic.spool.backlog import Backlog, SpooledEvent
from auth0_elastic.spool.ledger import Ledger, Settled
from auth0_elastic.spool.spool_file import Rejected, SpoolFile


@pytest.fixture
def writer(tmp_path: Path) -> SpoolFile:
    return SpoolFile.open_free(tmp_path, "listener")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path, 1000)


def raws(events: object) -> list[bytes]:
    return [event.raw for event in events]  # type: ignore[attr-defined]


def test_files_of_all_processes_are_found_as_they_appear(tmp_path: Path, writer: SpoolFile, ledger: Ledger) -> None:
    backlog = Backlog(tmp_path, ledger)
    assert [file.path for file in backlog.discover()] == [writer.path]
    second = SpoolFile.open_free(tmp_path, "listener")
    assert [file.path for file in backlog.discover()] == [second.path]


def test_reading_goes_on_where_it_stopped_and_starts_after_what_is_delivered(
    tmp_path: Path, writer: SpoolFile, ledger: Ledger
) -> None:
    writer.append(1, [b"1", b"2", b"3", b"4"])
    ledger.settle([Settled(writer.file_id, 1)])
    (file,) = Backlog(tmp_path, ledger).discover()
    assert raws(file.read(100, 2)) == [b"2", b"3"]
    assert raws(file.read(100, 2)) == [b"4"]
    assert raws(file.read(100, 2)) == []


def test_a_batch_is_bounded_by_bytes_but_never_empty(tmp_path: Path, writer: SpoolFile, ledger: Ledger) -> None:
    writer.append(1, [b"x" * 50, b"y" * 50, b"z" * 50])
    (file,) = Backlog(tmp_path, ledger).discover()
    assert [len(file.read(100, 10)), len(file.read(10, 10))] == [2, 1]


def test_a_change_by_the_writer_is_noticed_once(tmp_path: Path, writer: SpoolFile, ledger: Ledger) -> None:
    (file,) = Backlog(tmp_path, ledger).discover()
    assert file.changed()
    assert not file.changed()
    writer.append(1, [b"1"])
    assert [file.changed(), file.changed()] == [True, False]


def test_outstanding_events_are_read_again_after_a_restart(tmp_path: Path, writer: SpoolFile, ledger: Ledger) -> None:
    writer.append(5, [b"1", b"2", b"3"])
    ledger.settle([Settled(writer.file_id, 3, outstanding=[2])])
    (file,) = Backlog(tmp_path, ledger).discover()
    assert file.outstanding == [2]
    assert file.read_one(2) == SpooledEvent(writer.file_id, 2, 5, b"2")
    assert file.read_one(9) is None
    assert file.read(100, 10) == []


def test_rejected_pieces_are_read_apart(tmp_path: Path, writer: SpoolFile, ledger: Ledger) -> None:
    writer.append(5, [b"1"], [Rejected(b"x", "no")])
    (file,) = Backlog(tmp_path, ledger).discover()
    assert [(row.seq, row.rejected) for row in file.read_rejected()] == [(1, Rejected(b"x", "no"))]
    assert file.read_rejected() == []


def test_the_drained_file_of_a_process_that_is_gone_is_removed(
    tmp_path: Path, writer: SpoolFile, ledger: Ledger
) -> None:
    writer.append(1, [b"1"])
    backlog = Backlog(tmp_path, ledger)
    (file,) = backlog.discover()
    writer.close()
    assert not backlog.remove_if_abandoned(file)  # not yet read
    file.read(100, 10)
    assert backlog.remove_if_abandoned(file)
    assert not writer.path.exists()


def test_dead_letters_of_a_process_that_is_gone_are_not_removed_with_its_file(
    tmp_path: Path, writer: SpoolFile, ledger: Ledger
) -> None:
    writer.append(1, [], [Rejected(b"x", "no")])
    backlog = Backlog(tmp_path, ledger)
    (file,) = backlog.discover()
    writer.close()
    assert not backlog.remove_if_abandoned(file)
    assert [row.rejected for row in file.read_rejected()] == [Rejected(b"x", "no")]
    assert backlog.remove_if_abandoned(file)


def test_the_file_of_a_living_process_stays(tmp_path: Path, writer: SpoolFile, ledger: Ledger) -> None:
    backlog = Backlog(tmp_path, ledger)
    (file,) = backlog.discover()
    assert not backlog.remove_if_abandoned(file)
    assert writer.path.exists()


def test_the_drained_file_of_a_poller_stays_for_its_checkpoint(tmp_path: Path, ledger: Ledger) -> None:
    for name in ("poll-acme", "reconcile-acme"):
        SpoolFile.open_named(tmp_path, name).close()
    backlog = Backlog(tmp_path, ledger)
    removed = {file.path.name: backlog.remove_if_abandoned(file) for file in backlog.discover()}
    assert removed == {"poll-acme.db": False, "reconcile-acme.db": True}


def test_an_event_says_who_took_it_in(tmp_path: Path, ledger: Ledger) -> None:
    poller = SpoolFile.open_named(tmp_path, "poll-acme")
    poller.append(1, [b"1"])
    (file,) = Backlog(tmp_path, ledger).discover()
    again = file.read_one(1)
    assert [event.writer for event in (*file.read(100, 1), again) if event] == ["poll", "poll"]
