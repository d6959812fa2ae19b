"""Group commit over a real spool file."""

import logging
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from auth0_elastic.errors import SpoolError, SpoolFull
from auth0_elastic.receive.commit import GroupCommit
from auth0_elastic.receive.parse import Parsed
from auth0_elastic.spool.spool_file import Rejected, SpoolFile

LIMIT = 1_000


@pytest.fixture
def file(tmp_path: Path) -> SpoolFile:
    return SpoolFile.open_free(tmp_path, "listener")


@pytest.fixture
def keeper(file: SpoolFile) -> Iterator[GroupCommit]:
    keeper = GroupCommit(file, LIMIT, LIMIT, clock=lambda: 1_700_000_000.5)
    yield keeper
    keeper.close()


def events(*raws: bytes) -> Parsed:
    return Parsed(list(raws), [])


def statements_of(file: SpoolFile) -> list[str]:
    seen: list[str] = []
    file._connection.set_trace_callback(seen.append)
    return seen


def kept(file: SpoolFile) -> list[tuple[int, bytes]]:
    return list(file._connection.execute("SELECT received, raw FROM event ORDER BY seq"))


def test_the_writing_connection_syncs_each_commit(file: SpoolFile, keeper: GroupCommit) -> None:
    assert file._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert file._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_when_keep_returns_the_events_are_committed(file: SpoolFile, keeper: GroupCommit) -> None:
    seen = statements_of(file)
    keeper.keep(events(b"{}", b"{ }"))
    assert "COMMIT" in seen
    assert not file._connection.in_transaction
    assert kept(file) == [(1_700_000_000_500, b"{}"), (1_700_000_000_500, b"{ }")]


def test_requests_that_arrive_together_share_commits(file: SpoolFile, keeper: GroupCommit) -> None:
    seen = statements_of(file)
    requests = [gevent.spawn(keeper.keep, events(b"%d" % number)) for number in range(50)]
    gevent.joinall(requests, raise_error=True)
    assert len(kept(file)) == 50
    assert seen.count("COMMIT") <= 3


def test_a_full_spool_refuses_events_and_still_takes_dead_letters(file: SpoolFile, keeper: GroupCommit) -> None:
    keeper.keep(events(b"x" * LIMIT))
    with pytest.raises(SpoolFull, match="its limit of 1000 bytes"):
        keeper.keep(events(b"x"))
    keeper.keep(Parsed([], [Rejected(b"broken", "not JSON")]))
    assert (file.totals.live_bytes, file.totals.accepted, file.totals.rejected) == (LIMIT, 1, 1)


def test_events_on_their_way_to_the_disk_count_as_kept(file: SpoolFile, keeper: GroupCommit) -> None:
    requests = [gevent.spawn(keeper.keep, events(b"x" * 300)) for _ in range(10)]
    gevent.joinall(requests)
    assert sum(request.successful() for request in requests) == 3
    assert {type(request.exception) for request in requests if not request.successful()} == {SpoolFull}


def test_dead_letters_beyond_their_limit_keep_their_reason(file: SpoolFile, keeper: GroupCommit) -> None:
    keeper.keep(Parsed([b"{}"], [Rejected(b"x" * (LIMIT + 1), "not JSON")]))
    assert file._connection.execute("SELECT reason, raw FROM rejected").fetchall() == [("not JSON", b"")]
    assert [raw for _, raw in kept(file)] == [b"{}"]


def test_when_the_disk_refuses_everyone_who_waits_is_told(
    file: SpoolFile, keeper: GroupCommit, caplog: pytest.LogCaptureFixture
) -> None:
    file._connection.execute("PRAGMA query_only = ON")
    requests = [gevent.spawn(keeper.keep, events(b"{}")) for _ in range(3)]
    gevent.joinall(requests)
    assert {type(request.exception) for request in requests} == {SpoolError}
    file._connection.execute("PRAGMA query_only = OFF")
    keeper.keep(events(b"{}"))
    assert len(kept(file)) == 1


def test_an_unexpected_error_does_not_end_the_committing(
    file: SpoolFile, keeper: GroupCommit, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SpoolError, match="cannot keep events"):
        keeper.keep(events("no bytes at all \ud800"))  # type: ignore[arg-type]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    keeper.keep(events(b"{}"))
    assert [raw for _, raw in kept(file)] == [b"{}"]
