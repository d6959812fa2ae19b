"""What the shipper takes on next."""

from pathlib import Path

import pytest

from auth0_elastic.ship.intake import Batch, Intake
from auth0_elastic.ship.retries import Outstanding
from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.ledger import Ledger, Settled
from auth0_elastic.spool.spool_file import SpoolFile


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path, 1000)


@pytest.fixture
def writers(tmp_path: Path) -> list[SpoolFile]:
    return [SpoolFile.open_free(tmp_path, "listener") for _ in range(2)]


@pytest.fixture
def intake(tmp_path: Path, ledger: Ledger, writers: list[SpoolFile]) -> Intake:
    return Intake(Backlog(tmp_path, ledger), ledger, now=lambda: 100.0)


def raws(batch: Batch | None) -> list[bytes]:
    return [event.raw for event in batch.events] if batch else []


def test_a_batch_takes_from_all_files_in_turn(intake: Intake, writers: list[SpoolFile]) -> None:
    for writer in writers:
        writer.append(1, [b"a" * 10, b"b" * 10])
    intake.look(may_remove=False)
    assert raws(intake.next_batch(40)) == [b"a" * 10, b"b" * 10] * 2
    assert intake.next_batch(40) is None
    assert intake.is_empty


def test_a_batch_that_is_full_of_one_file_forgets_no_other(
    tmp_path: Path, ledger: Ledger, writers: list[SpoolFile]
) -> None:
    intake = Intake(Backlog(tmp_path, ledger), ledger, now=lambda: 100.0, max_events=3)
    for number, writer in enumerate(writers):
        writer.append(1, [b"%d" % number] * 3)
    intake.look(may_remove=False)
    assert [raws(intake.next_batch(1000)), raws(intake.next_batch(1000))] == [[b"0"] * 3, [b"1"] * 3]


def test_what_is_due_again_comes_first(intake: Intake, writers: list[SpoolFile]) -> None:
    writers[0].append(1, [b"old", b"new"])
    intake.look(may_remove=False)
    assert raws(intake.next_batch(1)) == [b"old"]
    intake.retries.add(99.0, Outstanding(writers[0].file_id, 1, 1))
    assert raws(intake.next_batch(1000)) == [b"old", b"new"]


def test_a_probe_is_a_new_event_if_there_is_one(intake: Intake, writers: list[SpoolFile]) -> None:
    writers[0].append(1, [b"old", b"new"])
    intake.look(may_remove=False)
    intake.next_batch(1)
    intake.retries.add(1000.0, Outstanding(writers[0].file_id, 1, 1))
    assert [raws(intake.probe()), raws(intake.probe()), raws(intake.probe())] == [[b"new"], [b"old"], []]


def test_an_outstanding_event_that_is_gone_is_not_waited_for(
    intake: Intake, ledger: Ledger, writers: list[SpoolFile]
) -> None:
    ledger.settle([Settled(writers[0].file_id, 5, outstanding=[3])])
    intake.look(may_remove=False)
    assert intake.next_batch(1000) is None
    assert ledger.deliveries(writers[0].file_id).outstanding == []
