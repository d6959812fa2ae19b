"""GET /api/v2/logs by `q`, as far as it goes."""

from typing import Any

import pytest

from auth0_elastic.local_auth0 import SetClock, Tenant
from auth0_elastic.local_auth0.clock import iso


@pytest.fixture
def logged(tenant: Tenant, clock: SetClock) -> list[str]:
    made = []
    for code in ("s", "f", "s", "f"):
        made.append(tenant.log(code, user_name=f"{code}@example.com"))
        clock.advance(60)
    return made


def test_without_a_query_the_newest_come_first(api: Any, logged: list[str]) -> None:
    assert api.ids() == logged[::-1]
    assert "link" not in api.logs().headers


def test_terms_are_joined_by_and(api: Any, logged: list[str], clock: SetClock) -> None:
    recent = f"date:[{iso(clock.now - 150)} TO {iso(clock.now)}]"
    assert api.ids(q="type:s") == [logged[2], logged[0]]
    assert api.ids(q=f'user_name:"f@example.com" AND {recent}') == [logged[3]]
    assert api.ids(q=f"log_id:{logged[1]}") == [logged[1]]


def test_pages_count_from_zero(api: Any, logged: list[str]) -> None:
    assert [api.ids(page=page, per_page=3) for page in range(3)] == [logged[:0:-1], logged[:1], []]


@pytest.mark.parametrize(
    "query", [{"page": 10, "per_page": 100}, {"per_page": 101}, {"q": "type"}, {"q": "date:[a TO b]"}]
)
def test_more_than_it_can_is_a_bad_request(api: Any, logged: list[str], query: dict[str, Any]) -> None:
    answer = api.logs(**query)
    assert (answer.status, answer.json["errorCode"]) == (400, "invalid_query_string")
