"""Where Auth0's logs begin, whichever way it treats a log_id that is older."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from auth0_elastic.errors import Auth0Refused
from auth0_elastic.local_auth0 import synthetic
from auth0_elastic.management.logs import read_page
from auth0_elastic.management.retention import beginning_after
from auth0_elastic.ship.identity import log_id_time

if TYPE_CHECKING:
    from .conftest import Polling

DAY = 86_400


def _now(polling: "Polling") -> datetime:
    return datetime.fromtimestamp(polling.clock.now, UTC)


@pytest.fixture(params=[True, False], ids=["refuses", "starts at the oldest"])
def either(polling: "Polling", request: pytest.FixtureRequest) -> "Polling":
    polling.auth0.tenant.behaviour.refuses_expired_from = request.param
    return polling


def test_what_is_inside_the_retention_is_no_beginning(either: "Polling") -> None:
    logs = either.log(2)
    either.clock.advance(9 * DAY)
    assert beginning_after(either.api, logs[0], _now(either)) is None


@pytest.mark.parametrize("days", [1, 5, 10, 30])
def test_reading_on_from_the_beginning_gives_all_there_is(either: "Polling", days: int) -> None:
    either.auth0.tenant.behaviour.retention = days * DAY
    gone = either.log(1)
    either.clock.advance(days * DAY)
    kept = either.log(3)
    beginning = beginning_after(either.api, gone[0], _now(either))
    assert beginning is not None
    assert len(read_page(either.api, beginning.after, 100).events) == 3
    oldest = log_id_time(beginning.oldest)
    assert oldest is not None
    assert gone[0] < beginning.oldest <= max(kept[0], synthetic(either.clock.now - DAY))


def test_the_edge_is_found_to_the_second(polling: "Polling") -> None:
    polling.auth0.tenant.behaviour.refuses_expired_from = True
    beginning = beginning_after(polling.api, synthetic(polling.clock.now - 20 * DAY), _now(polling))
    assert beginning is not None
    assert log_id_time(beginning.oldest) == pytest.approx(_now(polling) - timedelta(days=10), abs=timedelta(seconds=4))
    assert len(polling.pages) < 35


def test_a_tenant_without_logs_has_lost_none_of_the_last_day(either: "Polling") -> None:
    assert beginning_after(either.api, synthetic(either.clock.now - DAY + 60), _now(either)) is None


def test_a_refusal_for_another_reason_is_raised(polling: "Polling") -> None:
    polling.auth0.faults.answer(400, times=100, path="/api/v2/logs")
    with pytest.raises(Auth0Refused):
        beginning_after(polling.api, synthetic(polling.clock.now), _now(polling))
