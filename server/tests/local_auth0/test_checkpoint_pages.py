"""GET /api/v2/logs from a checkpoint: by log_id, strictly after `from`, inside the retention."""

from typing import Any

import pytest

from auth0_elastic.local_auth0 import SetClock, Tenant, synthetic

DAY = 86_400


@pytest.fixture
def five(tenant: Tenant, clock: SetClock) -> list[str]:
    logged = []
    for _ in range(5):
        logged.append(tenant.log())
        clock.advance(60)
    return logged


def test_a_page_begins_strictly_after_from(api: Any, five: list[str]) -> None:
    assert api.ids(**{"from": five[1], "take": 2}) == five[2:4]


def test_without_from_the_first_page_begins_at_the_oldest(api: Any, five: list[str]) -> None:
    assert api.ids(take=100) == five


def test_the_link_leads_through_all_pages_and_stays_at_the_end(api: Any, five: list[str]) -> None:
    seen, link = [], ""
    for _ in range(4):
        answer = api.follow(link) if link else api.logs(take=2)
        seen.append([record["log_id"] for record in answer.json])
        link = answer.headers["link"]
    assert seen == [five[:2], five[2:4], five[4:], []]
    assert link.endswith(f'/api/v2/logs?from={five[4]}&take=2>; rel="next"')
    assert api.follow(link).headers["link"] == link


def test_pages_are_by_log_id_and_not_by_date(api: Any, tenant: Tenant, clock: SetClock) -> None:
    written_first = tenant.log(date=clock.now)
    written_last = tenant.log(date=clock.now - 3600)
    assert api.ids(take=10) == [written_first, written_last]


def test_an_event_written_late_stands_before_what_was_served(
    api: Any, tenant: Tenant, clock: SetClock, five: list[str]
) -> None:
    late = tenant.log(written=clock.now - 150)
    assert api.ids(take=10) == [*five[:3], late, *five[3:]]
    assert api.ids(**{"from": five[4], "take": 10}) == []


def test_a_synthetic_id_starts_at_its_time(api: Any, clock: SetClock, five: list[str]) -> None:
    assert api.ids(**{"from": synthetic(clock.now - 3 * 60), "take": 10}) == five[2:]


@pytest.mark.parametrize("take", ["101", "0", "many"])
def test_a_take_beyond_its_bounds_is_a_bad_request(api: Any, take: str) -> None:
    answer = api.logs(take=take)
    assert (answer.status, answer.json["errorCode"]) == (400, "invalid_query_string")


def test_other_parameters_are_ignored(api: Any, five: list[str]) -> None:
    assert api.ids(**{"from": five[0], "take": 1, "q": "type:f", "page": 9, "sort": "date:-1"}) == five[1:2]


def test_what_is_older_than_the_retention_is_gone(api: Any, tenant: Tenant, clock: SetClock, five: list[str]) -> None:
    clock.advance(9 * DAY)
    assert api.ids(**{"from": five[0], "take": 10}) == five[1:]
    clock.advance(DAY)
    newest = tenant.log()
    assert api.ids(**{"from": five[0], "take": 10}) == [newest]
    assert api.ask("GET", f"/api/v2/logs/{five[0]}").status == 404


def test_an_expired_from_can_be_refused_instead(api: Any, tenant: Tenant, clock: SetClock, five: list[str]) -> None:
    tenant.behaviour.refuses_expired_from = True
    assert api.logs(**{"from": five[0]}).status == 200
    clock.advance(11 * DAY)
    assert api.logs(**{"from": five[0]}).status == 400
    assert api.logs(take=1).status == 200
