"""What a folder of the spool has taken in and holds, as /readyz and /metrics tell it."""

from pathlib import Path

import pytest

from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.ledger import Ledger, Settled
from auth0_elastic.spool.spool_file import Rejected, SpoolFile
from auth0_elastic.spool.survey import survey


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path, 1000)


def test_of_a_folder_that_is_not_there_everything_is_nothing(tmp_path: Path) -> None:
    found = survey(tmp_path / "none")
    assert (found.accepted, found.waiting, found.oldest, found.counters) == (0, 0, None, {})


def test_before_the_shipper_has_run_all_that_came_in_waits(tmp_path: Path) -> None:
    SpoolFile.open_free(tmp_path, "listener").append(5, [b"ab", b"cd"], [Rejected(b"x", "no")])
    found = survey(tmp_path)
    assert (found.accepted, found.rejected, found.live_bytes, found.waiting, found.oldest) == (2, 1, 4, 2, 5)


def test_what_is_delivered_does_not_wait_and_what_is_outstanding_does(tmp_path: Path, ledger: Ledger) -> None:
    file, other = (SpoolFile.open_free(tmp_path, "listener") for _ in range(2))
    for received in (10, 20, 30, 40):
        file.append(received, [b"1"])
    other.append(25, [b"1"])
    ledger.settle([Settled(file.file_id, 3, outstanding=[2])])
    found = survey(tmp_path)
    assert (found.waiting, found.oldest) == (3, 20)
    ledger.settle([Settled(file.file_id, 3, no_longer_outstanding=[2])])
    found = survey(tmp_path)
    assert (found.waiting, found.oldest) == (2, 25)
    ledger.settle([Settled(file.file_id, 4), Settled(other.file_id, 1)])
    found = survey(tmp_path)
    assert (found.accepted, found.waiting, found.oldest) == (5, 0, None)


def test_what_a_file_has_counted_stays_at_each_step_of_its_removal(tmp_path: Path, ledger: Ledger) -> None:
    """Killed in between, the next shipper removes the file again."""
    file = SpoolFile.open_free(tmp_path, "listener")
    file.append(1, [b"1", b"2"], [Rejected(b"x", "no")])
    ledger.settle([Settled(file.file_id, 2, rejected_to=1)])
    taken = [survey(tmp_path)[:2]]
    ledger.retire(file.file_id, 2, 1)
    taken.append(survey(tmp_path)[:2])
    file.close()
    for path in tmp_path.glob("listener-0.db*"):
        path.unlink()
    taken.append(survey(tmp_path)[:2])
    ledger.forget(file.file_id)
    taken.append(survey(tmp_path)[:2])
    assert taken == [(2, 1)] * 4


def test_a_removed_file_counts_on_and_a_new_one_adds_to_it(tmp_path: Path, ledger: Ledger) -> None:
    file = SpoolFile.open_free(tmp_path, "listener")
    file.append(1, [b"1", b"2"])
    ledger.settle([Settled(file.file_id, 2)])
    file.close()
    backlog = Backlog(tmp_path, ledger)
    (opened,) = backlog.discover()
    assert backlog.remove_if_abandoned(opened)
    assert survey(tmp_path).accepted == 2
    SpoolFile.open_free(tmp_path, "listener").append(1, [b"3"])
    assert survey(tmp_path).accepted == 3
