"""Every code of the table, streamed and polled: what becomes of the whole event, field by field (`every_code.yml`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.event_types import SEVERITY, EventType, load
from auth0_elastic.golden import Bench, find_cases, read_case
from auth0_elastic.golden.case import data_stream_of
from auth0_elastic.package_files import find_package, load_assets
from auth0_elastic.package_files.locate import read_yaml

Json = dict[str, Any]

SOURCE: Json = read_yaml(Path(__file__).with_name("every_code.yml"))
FRAME: dict[str, Json] = SOURCE["frame"]
SPECIAL: dict[str, Json] = {code: each for each in SOURCE["special"] for code in each["codes"]}
RECEIVED = "2026-11-20T10:15:02.318Z"
AGENTS = {
    "streamed": "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    "polled": "Firefox 125.0.0 / Linux 0.0.0",
}
NOT_COMPARED = (
    "auth0.logs.data.details",
    "auth0.logs.data.user_agent",
    "event.ingested",
    "event.original",
    "source.as.",
    "source.geo.",
    "user_agent.",
)


def data_of(code: str, shape: str) -> Json:
    own: Json = SPECIAL.get(code, {}).get("data", {})
    return FRAME["data"] | own | {"type": code, "log_id": f"900{code}", "user_agent": AGENTS[shape]}


def received(code: str, shape: str) -> Json:
    """The document that the pipeline is given."""
    data = data_of(code, shape)
    element = {"log_id": data["log_id"], "data": data} if shape == "streamed" else data | {"_id": data["log_id"]}
    if shape == "polled":
        element["isMobile"] = element.pop("is_mobile")
    return {"@timestamp": RECEIVED, "message": json.dumps(element), "tags": ["preserve_original_event"]}


def sentence(each: EventType, description: str) -> str:
    login = {"authentication", "session"} & set(each.category)
    who = "of" if login else "by" if "api" in each.category else "for"
    to = "to" if login else "with"
    invitee = " on new@example.com" if each.code in ("si", "fi") else ""
    name = each.name.removesuffix(".")
    return f"{name} {who} jane.doe@example.com{invitee} {to} Web Shop from 81.2.69.143: {description}"


def expected(each: EventType) -> Json:
    """Each field by its dotted name."""
    description = data_of(each.code, "streamed")["description"]
    fields = FRAME["expected"] | {
        "auth0.logs.data.classification": each.classification,
        "auth0.logs.data.type": each.name,
        "event.action": each.action,
        "event.category": list(each.category),
        "event.code": each.code,
        "event.id": f"900{each.code}",
        "event.outcome": each.outcome,
        "event.severity": SEVERITY[each.severity],
        "event.type": list(each.type),
        "log.level": each.level,
        "message": sentence(each, description),
    }
    fields |= {"auth0.signal.name": each.signal, "auth0.signal.severity": each.severity} if each.signal else {}
    fields |= {"error.message": description, "event.reason": description} if each.outcome == "failure" else {}
    own: Json = SPECIAL.get(each.code, {}).get("expected", {})
    return fields | own


def flat(value: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and prefix + key != "auth0.logs.data.details":
            yield from flat(inner, f"{prefix}{key}.")
        elif prefix + key == "auth0.reputation":
            yield from (each for match in inner for each in flat(match, f"{prefix}{key}."))
        else:
            yield prefix + key, inner


def documents_of(bench: Bench, shape: str) -> dict[str, Json]:
    results = bench.simulate([received(code, shape) for code in load()])
    assert [each.error for each in results if each.document is None] == []
    return dict(zip(load(), (each.document or {} for each in results), strict=True))


@pytest.fixture(scope="module")
def streamed(bench: Bench) -> dict[str, Json]:
    return documents_of(bench, "streamed")


@pytest.fixture(scope="module")
def polled(bench: Bench) -> dict[str, Json]:
    return documents_of(bench, "polled")


@pytest.mark.parametrize("code", load())
def test_a_code_becomes_what_is_expected(streamed: dict[str, Json], code: str) -> None:
    found = {name: value for name, value in flat(streamed[code]) if not name.startswith(NOT_COMPARED)}
    assert found == expected(load()[code])


@pytest.mark.parametrize("code", load())
def test_a_polled_event_becomes_what_the_streamed_one_does(
    streamed: dict[str, Json], polled: dict[str, Json], code: str
) -> None:
    first, second = (
        {
            name: value
            for name, value in flat(each[code])
            if not name.startswith(("event.", "user_agent.", "auth0.logs.data.user_agent"))
        }
        for each in (streamed, polled)
    )
    assert first == second
    assert streamed[code]["user_agent"]["name"] == polled[code]["user_agent"]["name"] == "Firefox"


@pytest.mark.parametrize("shape", AGENTS)
def test_every_code_is_indexed_by_both_engines(
    request: pytest.FixtureRequest, bench: Bench, elasticsearch_bench: Bench, shape: str
) -> None:
    documents = list(request.getfixturevalue(shape).values())
    assert bench.index(documents) == {}
    assert elasticsearch_bench.index(documents) == {}


def test_the_details_that_make_a_code_special_belong_to_known_codes() -> None:
    codes = [code for each in SOURCE["special"] for code in each["codes"]]
    assert len(codes) == len(set(codes))
    assert set(codes) <= load().keys()


def test_every_field_that_is_defined_is_in_some_document(bench: Bench, streamed: dict[str, Json]) -> None:
    paths = [path for path in find_cases(find_package()) if data_stream_of(path).name == "logs"]
    events = [event for path in paths for event in read_case(path).events]
    documents = [each.document for each in bench.simulate(events) if each.document] + list(streamed.values())
    found = {name for each in documents for name, _ in flat(each)}
    lacking = {name for name, kind in leaves(load_assets().mappings) if kind != "alias" and name not in found}
    assert {name for name in lacking if f"{name}.lat" not in found} == set()


def leaves(mapping: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in mapping["properties"].items():
        if "properties" in field:
            yield from leaves(field, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field["type"]
