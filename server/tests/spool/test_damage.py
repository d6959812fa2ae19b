"""Damaged spool files: what can be read is delivered, the file is set aside, and nothing else is held up."""

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auth0_elastic.spool import held
from auth0_elastic.spool.backlog import Backlog, look_over
from auth0_elastic.spool.damage import damage_of, inconsistency
from auth0_elastic.spool.database import PAGE_SIZE
from auth0_elastic.spool.ledger import DeadLetter, Ledger, LedgerView, Settled
from auth0_elastic.spool.salvage import DAMAGED_EVENT
from auth0_elastic.spool.spool_file import Rejected, SpoolFile, total_of

PAGE = PAGE_SIZE
FRAME = PAGE + 24
EVENTS = 1_600

Writer = Callable[[Callable[[SpoolFile], None]], None]


def event(number: int, size: int = 300) -> bytes:
    return json.dumps({"log_id": f"{number:06d}", "data": {"description": "x" * size}}).encode()


def numbers(events: object) -> list[int]:
    return [int(json.loads(each.raw)["log_id"]) for each in events]  # type: ignore[attr-defined]


ON_A_PAGE = PAGE // len(event(0))


@pytest.fixture
def killed(tmp_path: Path) -> Writer:
    """Runs `work` with a spool file in a process that then ends without closing it."""

    def run(work: Callable[[SpoolFile], None]) -> None:
        child = os.fork()
        if not child:
            try:
                work(SpoolFile.open_free(tmp_path, "listener"))
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    return run


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path, 1_000_000)
    yield ledger
    ledger.close()


def fill(file: SpoolFile) -> None:
    for number in range(0, EVENTS, 100):
        file.append(1, [event(each) for each in range(number, number + 100)])


def drain(backlog: Backlog, ledger: Ledger, rounds: int = 4) -> list[int]:
    """What the shipper would deliver; each file's damage is noticed in one round and mended in the next."""
    found = []
    for _ in range(rounds):
        backlog.discover()
        for file in backlog.files.values():
            while events := file.read(1_000_000, 1000):
                found += numbers(events)
            ledger.settle([Settled(file.file_id, file.position)])
    return found


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def page_of(path: Path, content: bytes) -> int:
    return path.read_bytes().rindex(content) // PAGE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "listener-0.db"


@pytest.fixture
def filled(tmp_path: Path) -> SpoolFile:
    """A file with its log already gone into it."""
    file = SpoolFile.open_free(tmp_path, "listener")
    fill(file)
    file.close()
    return SpoolFile.open_free(tmp_path, "listener")


def test_a_file_that_is_none_is_set_aside_and_the_others_are_read(
    tmp_path: Path, filled: SpoolFile, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "listener-7.db").write_bytes(b"garbage" * 1000)
    assert drain(Backlog(tmp_path, ledger), ledger) == [*range(EVENTS)]
    assert "listener-7.db is damaged (file is not a database)" in caplog.text
    (aside,) = tmp_path.glob("listener-7.bad-????????")
    assert aside.read_bytes() == b"garbage" * 1000
    assert total_of(tmp_path).accepted == EVENTS
    assert filled.totals.accepted == EVENTS


def test_a_writer_begins_a_new_file_at_once(tmp_path: Path, path: Path, ledger: Ledger) -> None:
    path.write_bytes(b"garbage" * 1000)
    file = SpoolFile.open_free(tmp_path, "listener")
    file.append(1, [event(1)])
    assert (file.path, file.totals.accepted) == (path, 1)
    assert drain(Backlog(tmp_path, ledger), ledger) == [1]
    assert len([*tmp_path.glob("listener-0.bad-????????")]) == 1


def test_a_damaged_page_costs_what_is_on_it(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    filled.close()
    damaged = page_of(path, event(200))
    overwrite(path, damaged * PAGE, b"\xff" * PAGE)
    delivered = drain(Backlog(tmp_path, ledger), ledger)
    lost = {*range(EVENTS)} - {*delivered}
    assert len(delivered) == len({*delivered})
    assert 200 in lost
    assert 1 <= len(lost) <= ON_A_PAGE
    assert LedgerView(tmp_path).counters()["lost_to_damage"] == len(lost)
    assert f"{len(lost)} cannot be found" in caplog.text


@pytest.mark.parametrize("page", [0, 1, 2, 3, 4])
def test_without_its_head_or_its_tree_all_events_of_a_file_are_found(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger, page: int
) -> None:
    filled.close()
    overwrite(path, page * PAGE, bytes(PAGE))
    assert {*drain(Backlog(tmp_path, ledger), ledger)} == {*range(EVENTS)}


def test_a_changed_byte_within_an_event_does_not_pass_for_the_event(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger
) -> None:
    filled.close()
    at = path.read_bytes().rindex(event(200))
    overwrite(path, at + len(event(200)) - 20, b"y")
    backlog = Backlog(tmp_path, ledger)
    assert {*drain(backlog, ledger)} == {*range(EVENTS)} - {200}
    (file,) = backlog.files.values()
    (row,) = file.read_rejected()
    assert row.rejected == Rejected(event(200).replace(b"xxx", b"xxx")[:-20] + b"y" + event(200)[-19:], DAMAGED_EVENT)


def test_a_damage_that_shows_while_the_writer_lives_makes_it_begin_a_new_file(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    overwrite(path, page_of(path, event(200)) * PAGE, b"\xff" * PAGE)
    backlog = Backlog(tmp_path, ledger)
    before = drain(backlog, ledger)
    assert "its writer is asked to begin a new one" in caplog.text
    filled.append(2, [event(5000)])
    filled.prune()
    filled.append(2, [event(5001)])
    after = drain(backlog, ledger)
    assert {*before, *after} >= {*range(200 - ON_A_PAGE), *range(200 + ON_A_PAGE, EVENTS), 5000, 5001}
    assert {path.name for path in tmp_path.glob("*.db")} > {"listener-0.db"}


def test_a_damage_that_the_writer_meets_costs_no_request(tmp_path: Path, path: Path, filled: SpoolFile) -> None:
    filled.close()
    last = page_of(path, event(EVENTS - 1))
    overwrite(path, last * PAGE, b"\xff" * PAGE)
    file = SpoolFile.open_free(tmp_path, "listener")
    file.append(2, [event(5000)])
    assert file.totals.accepted == 1
    assert len([*tmp_path.glob("listener-0.damaged-????????")]) == 1


@pytest.mark.parametrize("part", [0.0001, 0.3, 0.9999])
def test_of_a_file_that_is_cut_off_the_rest_is_delivered(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger, part: float
) -> None:
    filled.close()
    size = int(path.stat().st_size * part)
    whole = {number for number in range(EVENTS) if event(number) in path.read_bytes()[: size // PAGE * PAGE]}
    os.truncate(path, size)
    assert {*drain(Backlog(tmp_path, ledger), ledger)} >= whole
    assert len([*tmp_path.glob("listener-0.bad-????????")]) == 1


@pytest.mark.parametrize("reader_first", [True, False])
@pytest.mark.parametrize("damage", ["cut", "garbage", "header", "gone"])
def test_a_damaged_log_is_noticed_although_sqlite_takes_it_for_a_short_one(
    tmp_path: Path, path: Path, killed: Writer, ledger: Ledger, damage: str, reader_first: bool
) -> None:
    killed(fill)
    log = Path(f"{path}-wal")
    frames = (log.stat().st_size - 32) // FRAME
    at = 32 + frames // 2 * FRAME
    if damage == "cut":
        os.truncate(log, at + 100)
    elif damage == "gone":
        log.unlink()
    else:
        overwrite(log, 0 if damage == "header" else at, b"\xff" * 30)
    backlog = Backlog(tmp_path, ledger)
    if reader_first:
        backlog.discover()
    writer = SpoolFile.open_free(tmp_path, "listener")
    writer.append(1, [event(5000)])
    delivered = {*drain(backlog, ledger)}
    expected = {"cut": EVENTS // 3, "garbage": EVENTS, "header": EVENTS, "gone": 0}[damage]
    assert len(delivered & {*range(EVENTS)}) >= expected - (ON_A_PAGE + 1) * (damage == "garbage")
    assert 5000 in delivered
    (aside,) = {path.name.removesuffix("-wal") for path in tmp_path.glob("listener-0.bad-*")}
    assert aside


def test_a_server_looks_before_anybody_reads(tmp_path: Path, path: Path, killed: Writer, ledger: Ledger) -> None:
    killed(fill)
    log = Path(f"{path}-wal")
    os.truncate(log, log.stat().st_size // 2)
    look_over(tmp_path)
    assert total_of(tmp_path).accepted == 0
    assert len({*drain(Backlog(tmp_path, ledger), ledger)}) > EVENTS // 3
    assert [*tmp_path.glob("listener-0.bad-*")]


def test_a_writer_that_was_killed_leaves_no_damage(tmp_path: Path, killed: Writer, ledger: Ledger) -> None:
    killed(fill)
    writer = SpoolFile.open_free(tmp_path, "listener")
    assert {*drain(Backlog(tmp_path, ledger), ledger)} == {*range(EVENTS)}
    assert writer.totals.accepted == EVENTS
    assert not [*tmp_path.glob("*.bad-*")]


def test_a_commit_that_was_not_finished_is_no_damage_while_the_shipper_reads_on(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger
) -> None:
    """A worker killed while the disk syncs has written its commit, but not yet told the readers."""
    filled.append(1, [event(5000)])
    backlog = Backlog(tmp_path, ledger)
    assert drain(backlog, ledger)[-1] == 5000
    index = Path(f"{path}-shm")
    before = index.read_bytes()
    filled.append(1, [event(5001)])
    overwrite(index, 0, before[:136])
    filled._done.close()
    filled._lock.release()
    assert damage_of(path, inconsistency) is None
    assert [*tmp_path.glob("*.bad-*"), *tmp_path.glob("*.damaged-*")] == []


def test_what_was_delivered_is_not_saved_again_and_what_was_outstanding_is(
    tmp_path: Path, path: Path, filled: SpoolFile, ledger: Ledger
) -> None:
    ledger.settle([Settled(filled.file_id, EVENTS - 3, outstanding=[7])])
    filled.close()
    overwrite(path, 0, b"garbage")
    assert drain(Backlog(tmp_path, ledger), ledger) == [6, EVENTS - 3, EVENTS - 2, EVENTS - 1]
    assert ledger.deliveries(filled.file_id) == (0, 0, ())


def test_what_is_saved_is_removed_once_it_is_delivered_also_a_pollers(tmp_path: Path, ledger: Ledger) -> None:
    file = SpoolFile.open_named(tmp_path, "poll-acme")
    file.append(1, [event(1)], checkpoint="900-1", recent=["900-0"])
    file.close()
    overwrite(file.path, 0, b"garbage")
    backlog = Backlog(tmp_path, ledger)
    (found,) = (file for _ in range(2) for file in backlog.discover() if file.writer == "poll")
    assert numbers(found.read(1000, 10)) == [1]
    assert backlog.remove_if_abandoned(found)


def test_a_pollers_checkpoint_outlives_a_damage_elsewhere_in_its_file(tmp_path: Path) -> None:
    file = SpoolFile.open_named(tmp_path, "poll-acme")
    file.append(1, [event(number) for number in range(EVENTS)], checkpoint="900-9", recent=["900-0"])
    file.close()
    overwrite(file.path, page_of(file.path, event(EVENTS - 1)) * PAGE, b"\xff" * PAGE)
    heir = SpoolFile.open_named(tmp_path, "poll-acme")
    heir.append(2, [event(5000)])
    assert (heir.checkpoint, heir.recent) == ("900-9", ["900-0"])
    assert heir.totals.accepted == 1


def test_what_waits_is_still_known_beside_a_damaged_file(tmp_path: Path, filled: SpoolFile) -> None:
    (tmp_path / "listener-7.db").write_bytes(b"garbage" * 1000)
    assert len([*held.waiting(tmp_path)]) == filled.totals.accepted


@pytest.mark.parametrize("log", [True, False])
def test_a_damaged_ledger_costs_no_dead_letter_and_delivers_again(tmp_path: Path, filled: SpoolFile, log: bool) -> None:
    letters = [DeadLetter(1, 2, 400, f"mapper_parsing_exception: {number}", b"{}" * 500) for number in range(100)]
    ledger = Ledger(tmp_path, 1_000_000)
    ledger.settle([Settled(filled.file_id, 5)], letters, {"indexed": 5})
    if not log:
        ledger.close()
    overwrite(tmp_path / "shipper-ledger.db", 0, b"garbage")
    if log:
        ledger.close()
        overwrite(tmp_path / "shipper-ledger.db", 0, b"garbage")
    ledger = Ledger(tmp_path, 1_000_000)
    assert LedgerView(tmp_path).dead_letters() == letters
    assert drain(Backlog(tmp_path, ledger), ledger) == [*range(EVENTS)]
    assert not filled.prune()
    assert filled.totals.live_bytes == 0
    ledger.close()
    assert LedgerView(tmp_path).dead_letters() == letters
    assert len([*tmp_path.glob("shipper-ledger.bad-????????")]) == 1


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_never_costs_more_than_the_pages_that_it_touches(
    tmp_path: Path, path: Path, killed: Writer, ledger: Ledger, seed: int
) -> None:
    dice = random.Random(seed)
    killed(fill)
    if dice.random() < 0.5:
        SpoolFile.open_free(tmp_path, "listener").close()
    target = dice.choice([each for each in (path, Path(f"{path}-wal")) if each.exists()])
    size, at = target.stat().st_size, dice.randrange(target.stat().st_size)
    length = dice.choice([1, 100, 10_000])
    overwrite(target, at, dice.randbytes(min(length, size - at)))
    writer = SpoolFile.open_free(tmp_path, "listener")
    writer.append(1, [event(5000)])
    backlog = Backlog(tmp_path, ledger)
    delivered = drain(backlog, ledger, 2)
    while writer.prune():
        pass
    delivered += drain(backlog, ledger)
    assert {*delivered} <= {*range(EVENTS), 5000}
    assert 5000 in delivered
    touched = length // PAGE + 2
    assert len({*range(EVENTS)} - {*delivered}) <= touched * (ON_A_PAGE + 1)
