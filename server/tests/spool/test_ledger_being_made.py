from pathlib import Path

from auth0_elastic.spool import held
from auth0_elastic.spool.database import SMALL_PAGE_SIZE, open_writer
from auth0_elastic.spool.ledger import LEDGER, Ledger, Settled
from auth0_elastic.spool.spool_file import SpoolFile


def test_a_ledger_that_is_being_made_is_not_there_yet(tmp_path: Path) -> None:
    """It is a file before it has tables: at the very first start the listener may look in between."""
    open_writer(tmp_path / LEDGER, SMALL_PAGE_SIZE).close()
    file = SpoolFile.open_free(tmp_path, "listener")
    file.append(1, [b"{}"])
    assert not file.prune()
    ledger = Ledger(tmp_path, 1000)
    ledger.settle([Settled(file.file_id, 1)])
    assert not file.prune()
    assert file.totals.live_bytes == 0


def test_a_ledger_that_is_being_made_has_no_dead_letter_and_has_delivered_nothing(tmp_path: Path) -> None:
    open_writer(tmp_path / LEDGER, SMALL_PAGE_SIZE).close()
    SpoolFile.open_free(tmp_path, "listener").append(1, [b"{}"])
    assert [*held.dead(tmp_path)] == []
    assert [*held.waiting(tmp_path)] == [b"{}"]
