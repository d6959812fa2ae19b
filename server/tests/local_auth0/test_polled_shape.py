"""A streamed event as the Management API gives it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auth0_elastic.generate import day
from auth0_elastic.local_auth0 import Tenant
from auth0_elastic.local_auth0.polled import polled, short

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"


def event(**data: Any) -> dict[str, Any]:
    return {"log_id": "900", "data": {"type": "s", **data, "log_id": "900"}}


def test_a_record_is_flat_and_absent_fields_are_null() -> None:
    record = polled(event(user_name="ada"))
    assert (record["_id"], record["log_id"], record["user_name"], record["hostname"]) == ("900", "900", "ada", None)
    assert record["location_info"] is None
    assert "data" not in record


def test_is_mobile_is_spelt_otherwise() -> None:
    record = polled(event(user_agent=LINUX, is_mobile=True))
    assert record["isMobile"] is True
    assert "is_mobile" not in record


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (LINUX, "Firefox 125.0.0 / Linux 0.0.0"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/125.0.0.0 Safari/537.36", "Chrome 125.0.0 / Linux 0.0.0"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/125.0.0.0 Safari/537.36 Edg/125.0.1.0", "Edge 125.0.0 / Linux 0.0.0"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1", "Safari 17.4.0 / Mac OS X 0.0.0"),
        ("Wget/1.21.4", "Other 0.0.0 / Other 0.0.0"),
        ("", "Other 0.0.0 / Other 0.0.0"),
        ("Chrome 120.0.0 / Mac OS X 10.15.7", "Chrome 120.0.0 / Mac OS X 10.15.7"),
    ],
)
def test_a_user_agent_is_short(user_agent: str, expected: str) -> None:
    assert short(user_agent) == expected
    assert polled(event(user_agent=user_agent))["user_agent"] == expected


@pytest.mark.parametrize("ip", ["[REDACTED]", "99.xxx.xxx.1", None, ""])
def test_what_is_not_an_address_stays_as_it_is(ip: str | None) -> None:
    record = polled(event(ip=ip))
    assert (record["ip"], record["location_info"]) == (ip, None)


def test_generated_events_have_a_place(api: Any, tenant: Tenant) -> None:
    tenant.add_all(day(1, 300, end=datetime(2026, 3, 4, 12, tzinfo=UTC)))
    records = [*api.logs(take=100).json]
    assert len(records) == 100
    assert any(record["location_info"] for record in records)
    assert all(" / " in record["user_agent"] for record in records if record["user_agent"])
    assert api.ask("GET", f"/api/v2/logs/{records[7]['log_id']}").json == records[7]
