"""The generated day: repeatable, complete, plausible."""

import csv
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from ipaddress import ip_address
from itertools import islice, pairwise
from typing import Any
from urllib.parse import quote

import pytest

from auth0_elastic.generate import Event, day, encode, events
from auth0_elastic.generate.tables import rows, shapes

END = datetime(2026, 3, 4, 18, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def generated() -> list[Event]:
    return day(7, 2000, end=END)


def codes(generated: list[Event]) -> Counter[str]:
    return Counter(event["data"]["type"] for event in generated)


def dated(event: Event) -> datetime:
    return datetime.fromisoformat(event["data"]["date"])


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def test_a_day_is_the_same_bytes_on_every_machine(generated: list[Event]) -> None:
    assert (
        hashlib.sha256(encode(generated, "JSONLINES")).hexdigest()
        == "79a7d6275cf8749a8a35d30287e03fb252cf6495bcbbd3f86c6523f9547dd69b"
    )


def test_the_end_may_be_given_in_any_time_zone(generated: list[Event]) -> None:
    abroad = END.astimezone(tz=None)
    assert day(7, 2000, end=abroad)[:50] == generated[:50]


def test_another_seed_is_another_day(generated: list[Event]) -> None:
    other = {event["log_id"] for event in day(8, 2000, end=END)}
    assert other.isdisjoint(event["log_id"] for event in generated)


@pytest.mark.parametrize("count", [1, 100, 2000, 12_345])
def test_a_day_has_as_many_events_as_asked_for(count: int) -> None:
    assert len(day(3, count, end=END)) == count


def test_a_million_events_come_one_by_one() -> None:
    few = list(islice(events(1, 1_000_000, end=END), 200))
    assert len({event["log_id"] for event in few}) == 200


def test_log_ids_are_unique_56_digits_and_hold_the_time(generated: list[Event]) -> None:
    identities = {event["log_id"] for event in generated}
    assert len(identities) == len(generated)
    for event in generated:
        identity = event["log_id"]
        assert (len(identity), identity[:3], event["data"]["log_id"]) == (56, "900", identity)
        written = datetime.strptime(identity[3:17], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        assert timedelta(seconds=-1) < written - dated(event) < timedelta(seconds=3)


def test_a_day_has_at_least_45_types(generated: list[Event]) -> None:
    assert len(codes(generated)) >= 45


def test_every_type_that_has_a_shape_occurs_in_a_big_day() -> None:
    assert set(codes(day(7, 12_000, end=END))) == set(shapes())


def test_every_code_is_in_the_event_type_table() -> None:
    table = files("auth0_elastic") / "event_types.csv"
    known = {row["code"] for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())}
    assert set(shapes()) <= known


def test_events_lie_in_the_24_hours_before_the_end(generated: list[Event]) -> None:
    dates = [dated(event) for event in generated]
    assert END - timedelta(hours=24, seconds=10) < min(dates) < max(dates) < END


def test_a_few_events_arrive_late(generated: list[Event]) -> None:
    late = sum(dated(before) - dated(after) > timedelta(seconds=10) for before, after in pairwise(generated))
    assert 0 < late < len(generated) * 0.05


def test_afternoons_are_busier_than_nights(generated: list[Event]) -> None:
    hours = Counter(dated(event).hour for event in generated)
    assert sum(hours[hour] for hour in (12, 13, 14)) > 4 * sum(hours[hour] for hour in (0, 1, 2))


def test_keys_stand_in_auth0s_order(generated: list[Event]) -> None:
    order = ["date", "type", "description", "client_id", "ip", "user_agent", "details", "hostname", "user_id", "log_id"]
    for event in generated:
        assert list(event) == ["log_id", "data"]
        assert [key for key in event["data"] if key in order] == [key for key in order if key in event["data"]]


def test_addresses_are_public_of_both_families_and_sometimes_absent(generated: list[Event]) -> None:
    addresses = [ip_address(event["data"]["ip"]) for event in generated if "ip" in event["data"]]
    assert all(address.is_global for address in addresses)
    assert {address.version for address in addresses} == {4, 6}
    assert len(addresses) < len(generated)


def test_users_keep_their_address_and_name(generated: list[Event]) -> None:
    names: dict[str, set[str]] = {}
    for event in generated:
        if event["data"].get("user_id") and event["data"].get("user_name"):
            names.setdefault(event["data"]["user_id"], set()).add(event["data"]["user_name"])
    assert len(names) > 100
    assert all(len(known) == 1 for known in names.values())


def test_only_domains_reserved_for_examples_are_used(generated: list[Event]) -> None:
    hosts = {text.rpartition("@")[2] for event in generated for text in texts(event) if text.count("@") == 1}
    assert hosts <= {"example.com", "example.org", "example.net", "corp.example"}


def test_brute_force_ends_in_a_blocked_account(generated: list[Event]) -> None:
    blocked = next(event["data"] for event in generated if event["data"]["type"] == "limit_wc")
    same = [event["data"] for event in generated if event["data"].get("ip") == blocked["ip"]]
    assert sum(data["type"] == "fp" for data in same) == 10


def test_spray_is_one_address_and_stuffing_many(generated: list[Event]) -> None:
    failed = [event["data"] for event in generated if event["data"]["type"] in ("fp", "fu")]
    users_by_address: dict[str, set[str]] = {}
    for data in failed:
        users_by_address.setdefault(data["ip"], set()).add(data["user_name"])
    assert max(len(users) for users in users_by_address.values()) > 15
    assert len(users_by_address) > 20


def test_a_traveller_is_told_by_the_risk_assessment(generated: list[Event]) -> None:
    assessed = [e["data"]["details"].get("riskAssessment") for e in generated if e["data"]["type"] == "s"]
    travels = [risk["assessments"]["ImpossibleTravel"]["confidence"] for risk in assessed if risk]
    assert set(travels) == {"low", "medium", "high"}


def test_an_assessment_is_as_doubtful_as_its_worst_part(generated: list[Event]) -> None:
    details = [event["data"].get("details") or {} for event in generated]
    risks = [each.get("riskAssessment", each) for each in details if "assessments" in each.get("riskAssessment", each)]
    order = ["low", "medium", "high"]
    for risk in risks:
        parts = [part["confidence"] for part in risk["assessments"].values()]
        assert risk["confidence"] == min(parts, key=order.index)
    assert {risk["confidence"] for risk in risks} == set(order)


def test_the_management_api_acts_on_users_of_the_tenant(generated: list[Event]) -> None:
    calls = [event["data"] for event in generated if event["data"]["type"] in ("sapi", "fapi")]
    known = {quote(event["data"]["user_id"], safe="") for event in generated if event["data"].get("user_id")}
    paths = [call["details"]["request"]["path"].split("/") for call in calls]
    targets = {path[4] for path in paths if path[3] == "users" and len(path) > 4}
    assert targets
    assert targets & known
    assert {call["client_name"] for call in calls} == {"Auth0 Dashboard", "Deploy CLI", "Terraform"}


def test_every_change_is_whole_once_a_user_is_filled_in() -> None:
    for change in rows("changes"):
        assert 200 <= int(change["status"]) < 300
        assert json.loads(change["body"]) is not None
        assert json.loads(change["answer"]) is not None
