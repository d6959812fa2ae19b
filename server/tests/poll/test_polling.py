"""From Auth0 into the spool: each log once, whatever happens in between."""

import itertools
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from auth0_elastic.errors import Auth0Refused, Auth0Unavailable
from auth0_elastic.local_auth0 import LocalAuth0, SetClock
from auth0_elastic.management.client import Reply
from auth0_elastic.ship.identity import log_id_time
from auth0_elastic.spool.spool_file import SpoolFile

if TYPE_CHECKING:
    from .conftest import Polling

DAY = 86_400


def test_all_pages_are_kept_in_auth0s_order_and_then_it_waits(polling: "Polling") -> None:
    logs = polling.log(5)
    poller = polling.start()
    assert [poller.step() for _ in range(3)] == [0.0, 0.0, 60.0]
    assert polling.kept == logs
    assert polling.files[-1].checkpoint == logs[-1]


def test_nothing_is_kept_twice_however_often_it_polls(polling: "Polling") -> None:
    poller = polling.start()
    logs = []
    for _ in range(4):
        logs += polling.log(3)
        polling.round(poller)
    polling.round(poller)
    assert polling.kept == logs


def test_the_first_poll_looks_back(make_polling: "Callable[..., Polling]") -> None:
    polling = make_polling(look_back="90s")
    logs = polling.log(5, seconds=60)
    polling.round(polling.start())
    assert polling.kept == logs[4:]


def test_the_first_poll_starts_at_a_time(make_polling: "Callable[..., Polling]") -> None:
    polling = make_polling(start_at="2026-03-04T13:02:00+01:00")
    logs = polling.log(5, seconds=60)
    polling.round(polling.start())
    assert polling.kept == logs[2:]


def test_a_start_that_found_nothing_is_remembered(make_polling: "Callable[..., Polling]") -> None:
    polling = make_polling(look_back="1m")
    polling.round(polling.start())
    polling.clock.advance(600)
    log = polling.auth0.tenant.log()
    polling.clock.advance(600)
    polling.round(polling.start())
    assert polling.kept == [log]


def test_an_event_written_late_is_fetched_although_it_stands_before_the_checkpoint(polling: "Polling") -> None:
    logs = polling.log(5)
    poller = polling.start()
    polling.round(poller)
    late = polling.auth0.tenant.log(written=polling.clock.now - 150)
    polling.round(poller)
    polling.round(poller)
    assert polling.kept == [*logs, late]
    assert polling.files[-1].checkpoint == logs[-1]


def test_an_event_written_late_is_fetched_by_the_next_process_too(polling: "Polling") -> None:
    logs = polling.log(5)
    polling.round(polling.start())
    late = polling.auth0.tenant.log(written=polling.clock.now - 150)
    for _ in range(2):
        polling.round(polling.start())
    assert polling.kept == [*logs, late]
    assert polling.files[-1].checkpoint == logs[-1]


@pytest.mark.parametrize("lengths", [[3], [4, 2, 3]], ids=["always 3", "4, 2 or 3"])
def test_pages_shorter_than_asked_for_are_not_taken_for_the_end(
    make_polling: "Callable[..., Polling]", lengths: list[int]
) -> None:
    polling = make_polling(batch_size="10")
    logs, page, length = polling.log(20, seconds=1), polling.auth0.tenant.page, itertools.cycle(lengths)
    polling.auth0.tenant.page = lambda after, take: page(after, min(take, next(length)))  # type: ignore[method-assign]
    poller = polling.start()
    for _ in range(10):
        polling.round(poller)
    assert polling.kept == logs


def test_a_late_event_does_not_set_the_checkpoint_back(polling: "Polling") -> None:
    logs = polling.log(5)
    poller = polling.start()
    polling.round(poller)
    late = polling.auth0.tenant.log(written=polling.clock.now - 270)
    poller.step()
    assert polling.kept == [*logs, late]
    assert polling.files[-1].checkpoint == logs[-1]


def test_what_happened_while_it_was_down_is_fetched_and_nothing_again(polling: "Polling") -> None:
    before = polling.log(3)
    polling.round(polling.start())
    after = polling.log(3)
    polling.round(polling.start())
    assert polling.kept == before + after


class _Crash(Exception):
    pass


class _CrashesBefore(SpoolFile):
    def append(self, *args: Any, **kwargs: Any) -> None:
        raise _Crash


class _CrashesAfter(SpoolFile):
    def append(self, *args: Any, **kwargs: Any) -> None:
        super().append(*args, **kwargs)
        raise _Crash


@pytest.mark.parametrize("kind", [_CrashesBefore, _CrashesAfter])
def test_a_crash_around_the_commit_repeats_nothing_and_skips_nothing(polling: "Polling", kind: type[SpoolFile]) -> None:
    logs = polling.log(5)
    with pytest.raises(_Crash):
        polling.start(kind).step()
    polling.round(polling.start())
    assert polling.kept == logs


def test_events_and_checkpoint_are_in_the_file_together(polling: "Polling") -> None:
    logs = polling.log(3)
    polling.start().step()
    with closing(sqlite3.connect(polling.path)) as connection:
        assert connection.execute("SELECT log_id FROM checkpoint").fetchone() == (logs[1],)
    assert polling.kept == logs[:2]


def test_a_page_that_breaks_off_is_asked_for_again(polling: "Polling") -> None:
    logs = polling.log(3)
    polling.auth0.faults.cut(path="/api/v2/logs")
    polling.auth0.faults.answer(500, path="/api/v2/logs")
    polling.auth0.faults.answer(429, path="/api/v2/logs", reset_after=30)
    polling.round(polling.start())
    assert polling.kept == logs


def test_a_token_that_ends_between_two_pages_is_renewed(polling: "Polling") -> None:
    logs = polling.log(4)
    poller = polling.start()
    poller.step()
    polling.auth0.tenant.tokens.revoke()
    polling.round(poller)
    assert polling.kept == logs


def test_it_goes_on_where_it_was_after_auth0_was_away(polling: "Polling") -> None:
    logs = polling.log(3)
    poller = polling.start()
    poller.step()
    polling.auth0.faults.answer(503, times=1000, path="/api/v2/logs")
    with pytest.raises(Auth0Unavailable):
        poller.step()
    polling.auth0.faults.clear()
    polling.round(poller)
    assert polling.kept == logs


def test_a_full_spool_makes_it_wait_without_loss(polling: "Polling", caplog: pytest.LogCaptureFixture) -> None:
    logs = polling.log(3)
    polling.max_size = 10
    poller = polling.start()
    assert [poller.step(), poller.step()] == [10.0, 10.0]
    assert polling.kept == []
    assert [record.getMessage() for record in caplog.records] == [
        "tenants.acme: the spool is full, polling waits; nothing is lost by that"
    ]
    polling.max_size = 10_000_000
    polling.round(polling.start())
    assert polling.kept == logs


def test_what_is_delivered_makes_room(make_polling: "Callable[..., Polling]") -> None:
    polling = make_polling(batch_size="1")
    logs = polling.log(2)
    polling.max_size = 600
    poller = polling.start()
    assert [poller.step(), poller.step()] == [0.0, 10.0]
    assert polling.kept == logs[:1]
    polling.deliver()
    assert poller.step() == 0.0
    assert polling.kept == logs[1:]


def test_what_is_no_event_becomes_a_dead_letter(polling: "Polling") -> None:
    class Odd:
        def get(self, path: str, params: Any) -> Reply:
            raw = b'[{"log_id":"900","user_name":"\xff"},{"log_id":"901"}]'
            return Reply(200, None, raw, None)

        def close(self) -> None:
            """Nothing to close."""

    polling.api = Odd()  # type: ignore[assignment]
    polling.start().step()
    assert polling.kept == ["901"]
    assert polling.files[-1].totals.rejected == 1


@pytest.mark.parametrize("refuses", [True, False])
def test_a_checkpoint_older_than_the_retention_is_reported_and_resumed_at_the_oldest_log(
    polling: "Polling", refuses: bool, caplog: pytest.LogCaptureFixture
) -> None:
    polling.auth0.tenant.behaviour.refuses_expired_from = refuses
    before = polling.log(2)
    polling.round(polling.start())
    polling.clock.advance(DAY)
    polling.log(2)
    polling.clock.advance(9.5 * DAY)
    oldest = polling.log(2, seconds=DAY / 2)
    caplog.clear()
    poller = polling.start()
    polling.round(poller)
    polling.round(poller)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert polling.kept == before + oldest
    ((since, until),) = poller.progress.lost
    assert since == datetime(2026, 3, 4, 12, 2, tzinfo=UTC)  # when it had last polled
    assert datetime(2026, 3, 5, 12, 4, tzinfo=UTC) < until
    assert until <= (log_id_time(oldest[0]) or since)


@pytest.mark.parametrize("refuses", [True, False])
def test_a_quiet_tenant_is_no_loss(polling: "Polling", refuses: bool, caplog: pytest.LogCaptureFixture) -> None:
    polling.auth0.tenant.behaviour.refuses_expired_from = refuses
    before = polling.log(1)
    for _ in range(12):
        polling.round(polling.start())
        polling.clock.advance(DAY)
    poller = polling.start()
    polling.round(poller)
    after = polling.log(1)
    polling.round(poller)
    assert polling.kept == before + after
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_another_bad_request_is_not_taken_for_the_retention(polling: "Polling") -> None:
    polling.log(1)
    polling.auth0.faults.answer(400, times=1000, path="/api/v2/logs")
    poller = polling.start()
    with pytest.raises(Auth0Refused):
        poller.step()
    assert poller.progress.lost == ()


@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_clock_that_is_wrong_loses_nothing(auth0: LocalAuth0, polling: "Polling", ahead: timedelta) -> None:
    theirs, polling.clock = polling.clock, SetClock(datetime.fromtimestamp(polling.clock.now, UTC) + ahead)
    poller = polling.start()
    logs = []
    for _ in range(3):
        logs.append(auth0.tenant.log())
        polling.round(poller)
        theirs.advance(60)
        polling.clock.advance(60)
    polling.round(polling.start())
    assert polling.kept == logs


def test_since_fetches_again_and_leaves_the_checkpoint(polling: "Polling") -> None:
    logs = polling.log(4, seconds=60)
    polling.round(polling.start())
    polling.round(polling.start(since=datetime.fromtimestamp(polling.clock.now - 130, UTC)))
    assert polling.kept == logs + logs[2:]
    assert polling.files[-1].checkpoint == logs[-1]


def test_a_busy_tenants_last_minutes_are_read_again_within_bounds(make_polling: "Callable[..., Polling]") -> None:
    polling = make_polling(batch_size="100")
    polling.log(2500, seconds=0.01)
    poller = polling.start()
    polling.round(poller)
    before = len(polling.pages)
    polling.round(poller)
    assert len(polling.pages) - before == 11
    assert len(polling.kept) == 2500
