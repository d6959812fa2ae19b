"""Auth0, the spool and a real engine compared: exactly what is missing is filled, and stays there once."""

import itertools
from collections.abc import Callable, Collection
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from auth0_elastic.local_auth0 import synthetic
from auth0_elastic.poll import Poller
from auth0_elastic.reconcile import Findings, Indexed
from auth0_elastic.serve.deliver import deliver
from auth0_elastic.spool.ledger import DeadLetter, Ledger, LedgerView
from auth0_elastic.spool.spool_file import SpoolFile, total_of

if TYPE_CHECKING:
    from .conftest import Site

DAY = 86_400.0


def test_exactly_what_is_missing_after_an_outage_is_filled(site: "Site") -> None:
    before, missed, after = site.log(120), site.log(150), site.log(30)
    site.streamed(before)
    site.streamed(after)
    found = site.compare()
    assert (found.checked, found.present, found.missing, found.filled) == (300, 150, 150, 150)
    assert site.ids() == sorted(before + missed + after)
    with closing(LedgerView(site.folder)) as view:
        assert view.counters()["indexed"] == 300
        assert view.counters().get("duplicate", 0) == 0


def test_a_second_comparison_finds_nothing_missing(site: "Site") -> None:
    site.log(5)
    site.compare()
    assert site.compare() == Findings(checked=5, indexed=5)


def test_pages_shorter_than_asked_for_are_not_taken_for_the_end(site: "Site") -> None:
    logs, page, lengths = site.log(60), site.auth0.tenant.page, itertools.cycle([20, 10])
    site.auth0.tenant.page = lambda after, take: page(after, min(take, next(lengths)))  # type: ignore[method-assign]
    assert site.compare(until=datetime.fromtimestamp(site.clock.now, UTC), dry_run=True).missing == len(logs)


def test_the_last_day_is_not_said_to_be_unknown_though_a_moment_has_passed(site: "Site") -> None:
    site.log(1)
    comparison = site.comparison(ago=DAY, dry_run=True)
    site.clock.advance(30)
    list(comparison.run())
    assert comparison.findings == Findings(checked=1, missing=1)


def test_a_rollover_hides_nothing(site: "Site") -> None:
    logs = site.log(3)
    for log in logs[:2]:
        site.streamed([log])
        site.rollover()
    assert site.compare() == Findings(checked=3, indexed=2, missing=1, filled=1)
    assert site.ids() == logs


def test_what_waits_in_the_spool_is_not_missing(site: "Site") -> None:
    logs = site.log(4)
    site.streamed(logs[:1])
    site.stream_to_spool(logs[1:3])
    assert site.compare(dry_run=True) == Findings(checked=4, indexed=1, waiting=2, missing=1)


def test_what_was_delivered_and_is_gone_from_the_index_is_missing_though_the_spool_still_has_it(site: "Site") -> None:
    logs = site.log(2)
    site.streamed(logs)
    site.engine.call("DELETE", f"/_data_stream/{site.stream}")
    assert site.compare() == Findings(checked=2, missing=2, filled=2)


def test_a_dead_letter_is_not_missing(site: "Site") -> None:
    logs = site.log(2)
    site.streamed(logs[:1])
    _bury(site, logs[1])
    assert site.compare() == Findings(checked=2, indexed=1, dead=1)


def _bury(site: "Site", log_id: str) -> None:
    with closing(Ledger(site.folder, 1_000_000)) as ledger:
        ledger.settle([], [DeadLetter(0, 0, 400, "broken", b'{"log_id":"%s"}' % log_id.encode())])


def test_what_is_delivered_during_the_comparison_is_not_missing(site: "Site") -> None:
    """It has left the spool when the spool is looked into, but was not yet there when the index was."""
    logs = site.log(3)
    site.stream_to_spool(logs)

    class DeliversMeanwhile(Indexed):
        def found(self, ids: Collection[str], *, refresh: bool = False) -> set[str]:
            found = super().found(ids, refresh=refresh)
            deliver(site.settings)
            return found

    indexed = DeliversMeanwhile(lambda: site.engine, site.stream)
    assert site.compare(indexed=indexed) == Findings(checked=3, indexed=3)


def test_a_dry_run_changes_nothing(site: "Site") -> None:
    site.log(3)
    assert site.compare(dry_run=True) == Findings(checked=3, missing=3)
    assert total_of(site.folder).accepted == 0


def test_only_the_window_is_compared(site: "Site") -> None:
    site.log(2)
    site.clock.advance(3600)
    logs = site.log(2)
    site.clock.advance(10)
    until = datetime.fromtimestamp(site.clock.now, UTC) - timedelta(seconds=1)
    site.log(2)
    assert site.compare(ago=1800, until=until).checked == 2
    assert site.ids() == logs


def test_what_is_not_delivered_stays_missing_after_a_while(site: "Site") -> None:
    site.log(2)
    comparison = site.comparison()
    waited = 0.0
    for pause in comparison.run():
        site.clock.advance(pause)
        waited += pause
    assert comparison.findings == Findings(checked=2, missing=2)
    assert 120 <= waited <= 130


def test_what_dies_on_its_way_stays_missing(site: "Site") -> None:
    """Nobody waits for it: the engine has refused it for good."""
    logs = site.log(2)
    site.streamed(logs[:1])
    comparison, waited = site.comparison(), 0
    for pause in comparison.run():
        if pause:
            waited += 1
            _bury(site, logs[1])
            site.clock.advance(pause)
    assert comparison.findings == Findings(checked=2, indexed=1, missing=1)
    assert waited <= 2


def test_a_full_spool_makes_it_wait(site: "Site", make_site: "Callable[..., Site]") -> None:
    small = make_site(spool_max_size="1000")
    logs = small.log(2)
    small.stream_to_spool(small.log(2))
    found = small.compare()
    assert found.filled == 2
    assert set(logs) <= set(small.ids())


@pytest.mark.parametrize("refuses", [True, False])
def test_a_range_that_auth0_no_longer_has_is_reported(site: "Site", refuses: bool) -> None:
    site.auth0.tenant.behaviour.refuses_expired_from = refuses
    site.log(2)
    site.clock.advance(11 * DAY)
    site.log(2)
    began = site.clock.now
    found = site.compare(ago=12 * DAY)
    assert found.filled == 2
    assert found.unknown is not None
    since, until = (moment.timestamp() for moment in found.unknown)
    assert since == pytest.approx(began - 12 * DAY, abs=2)
    assert until == pytest.approx(began - (10 if refuses else 1) * DAY, abs=5)  # no plan keeps less than a day


@pytest.mark.parametrize("refuses", [True, False])
def test_a_quiet_beginning_is_not_taken_for_the_retention(site: "Site", refuses: bool) -> None:
    site.auth0.tenant.behaviour.refuses_expired_from = refuses
    site.log(1)
    site.clock.advance(9 * DAY)
    site.log(1)
    assert site.compare(ago=8 * DAY).unknown is None


def test_both_ways_at_once_store_each_log_once_also_across_a_rollover(site: "Site") -> None:
    logs = site.log(40)
    site.streamed(logs[:20])
    site.rollover()
    with closing(SpoolFile.open_named(site.folder, "poll-acme")) as file:
        poller = Poller(site.api, site.tenant, file, 10_000_000, clock=site.clock)
        while not poller.caught_up:
            poller.step()
        site.stream_to_spool(logs[15:])
        assert deliver(site.settings)
        site.rollover()
        site.stream_to_spool(logs[30:])
        assert deliver(site.settings)
    assert site.ids() == logs
    assert site.compare() == Findings(checked=40, indexed=40)


def test_a_synthetic_id_is_no_log(site: "Site") -> None:
    assert site.indexed.found([synthetic(site.clock.now)], refresh=True) == set()
