"""The daemon's part: on a schedule, after an outage of its own, and when it is asked to."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from auth0_elastic.errors import Auth0Unavailable
from auth0_elastic.local_auth0 import SetClock
from auth0_elastic.reconcile import Reconciler
from auth0_elastic.reconcile.memory import Memory
from auth0_elastic.reconcile.schedule import State
from auth0_elastic.serve.deliver import deliver

if TYPE_CHECKING:
    from .conftest import Site

HOUR = 3600.0
DAY = 24 * HOUR


def daemon(site: "Site") -> Reconciler:
    return Reconciler(site.api, site.tenant, site.indexed, site.settings.spool, clock=site.clock)


def run(site: "Site", reconciler: Reconciler, seconds: float) -> None:
    """So long, beside a shipper."""
    end = site.clock.now + seconds
    while site.clock.now < end:
        pause = reconciler.step()
        if 0 < pause < 15:  # it waits for the delivery
            deliver(site.settings)
        site.clock.advance(pause)


def test_it_compares_at_once_and_then_on_its_schedule(site: "Site") -> None:
    logs = site.log(3)
    site.clock.advance(600)
    reconciler = daemon(site)
    run(site, reconciler, 60)
    assert site.ids() == logs
    logs += site.log(3)
    run(site, reconciler, 5 * HOUR)
    assert site.ids() == logs[:3]
    run(site, reconciler, 2 * HOUR)
    assert site.ids() == logs


def test_the_newest_logs_are_left_to_the_log_stream(site: "Site") -> None:
    old = site.log(2)
    site.clock.advance(280)
    site.log(2)
    site.clock.advance(30)
    run(site, daemon(site), 20)
    assert site.ids() == old


def test_after_an_outage_of_its_own_it_fills_the_gap(site: "Site") -> None:
    site.clock.advance(600)
    reconciler = daemon(site)
    run(site, reconciler, 60)
    logs = site.log(5)
    site.clock.advance(1800)
    again = daemon(site)
    run(site, again, 280)
    assert again.last is None
    run(site, again, 60)
    assert site.ids() == logs
    assert again.last is not None
    assert (again.last.missing, again.last.filled) == (5, 5)


def test_a_quick_restart_compares_nothing(site: "Site") -> None:
    reconciler = daemon(site)
    run(site, reconciler, 60)
    site.clock.advance(30)
    again = daemon(site)
    run(site, again, HOUR)
    assert again.last is None


def test_it_looks_from_a_requested_time_on(site: "Site") -> None:
    reconciler = daemon(site)
    run(site, reconciler, 60)
    site.auth0.tenant.log(written=site.clock.now - 3 * DAY)
    run(site, reconciler, 60)
    reconciler.request(datetime.fromtimestamp(site.clock.now - 4 * DAY, UTC))
    run(site, reconciler, 400)
    assert len(site.ids()) == 1


def test_a_request_survives_a_crash(site: "Site") -> None:
    run(site, daemon(site), 60)
    site.auth0.tenant.log(written=site.clock.now - 3 * DAY)
    daemon(site).request(datetime.fromtimestamp(site.clock.now - 4 * DAY, UTC))
    run(site, daemon(site), 400)
    assert len(site.ids()) == 1


def test_a_comparison_that_failed_is_begun_anew_a_minute_later(site: "Site", clock: SetClock) -> None:
    logs = site.log(3)
    site.clock.advance(600)
    site.auth0.faults.answer(503, times=1000, path="/api/v2/logs")
    reconciler = daemon(site)
    with pytest.raises(Auth0Unavailable):
        reconciler.step()
    site.auth0.faults.clear()
    failed = clock.now
    assert 0 < reconciler.step() <= 15
    run(site, reconciler, 90)
    assert site.ids() == logs
    assert clock.now >= failed + 60


def test_a_hole_that_auth0_no_longer_has_is_an_error(site: "Site", caplog: pytest.LogCaptureFixture) -> None:
    run(site, daemon(site), 60)
    site.log(2)
    site.clock.advance(12 * DAY)
    site.log(1)
    site.clock.advance(600)
    caplog.clear()
    run(site, daemon(site), 400)
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "or none any more: whether any is missing cannot be known" in errors[0]


def test_two_tenants_do_not_see_each_others_state(site: "Site") -> None:
    folder = site.folder
    folder.mkdir(parents=True, exist_ok=True)
    Memory(folder, "acme").write(State(alive=1.0))
    Memory(folder, "beta").write(State(alive=2.0))
    assert (Memory(folder, "acme").read().alive, Memory(folder, "beta").read().alive) == (1.0, 2.0)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"alive": "x"}'])
def test_a_state_that_cannot_be_read_is_like_none(site: "Site", content: str) -> None:
    site.folder.mkdir(parents=True, exist_ok=True)
    (site.folder / "reconcile-acme.json").write_text(content)
    assert Memory(site.folder, "acme").read() == State()
