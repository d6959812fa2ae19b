"""The fields: those of the specification under their old names, aliases of their target's type, nothing unbounded."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import Bench
from auth0_elastic.package_files import find_package, load_assets
from auth0_elastic.package_files.locate import read_yaml

Json = dict[str, Any]

EVENT = {
    "log_id": "90020261120101501696",
    "data": {
        "log_id": "90020261120101501696",
        "date": "2026-11-20T10:15:01.696Z",
        "type": "f",
        "description": "Wrong email or password.",
        "audience": "https://api.example.com/",
        "client_id": "aI61p8I8aFjmYRliLWgvM9ev97kCCNDB",
        "client_name": "Web Shop",
        "connection": "Users",
        "connection_id": "con_hLzVDXbNZtTcJT8O",
        "hostname": "example.au.auth0.com",
        "organization_id": "org_pRo5rVkDDzRE6eCm",
        "organization_name": "acme",
        "ip": "81.2.69.143",
        "is_mobile": True,
        "scope": ["openid", "profile"],
        "strategy": "auth0",
        "strategy_type": "database",
        "tenant_name": "example",
        "user_agent": "Firefox 125.0.0 / Arch 0.0.0",
        "user_id": "auth0|619d7a2c58f6",
        "user_name": "jane.doe@example.com",
        "references": {"correlation_id": "c8ac248c"},
        "location_info": {
            "city_name": "Abingdon",
            "continent_code": "EU",
            "country_code": "GB",
            "country_code3": "GBR",
            "country_name": "United Kingdom",
            "latitude": 51.7095,
            "longitude": -1.3614,
            "time_zone": "Europe/London",
        },
        "details": {
            "initiatedAt": 1795169698763,
            "completedAt": 1795169701013,
            "elapsedTime": 2250,
            "stats": {"loginsCount": 42},
            "session_id": "ses_1",
            "transaction_id": "tx_1",
            "transaction_linking_id": "link_1",
            "riskAssessment": {
                "confidence": "low",
                "assessments": {
                    "UntrustedIP": {"code": "found_on_deny_list"},
                    "NewDevice": {"code": "no_match"},
                    "ImpossibleTravel": {"code": "impossible_travel_from_last_login"},
                },
            },
            "request": {"path": "/api/v2/users"},
        },
    },
}
RECEIVED = {
    "@timestamp": "2026-11-20T10:15:02Z",
    "message": json.dumps(EVENT),
    "input": {"type": "http_endpoint"},
    "data_stream": {"type": "logs", "dataset": "auth0.logs", "namespace": "default"},
}

# name: (type in the specification, a value that finds the event)
SPECIFICATION: dict[str, tuple[str, Any]] = {
    "@timestamp": ("date", "2026-11-20T10:15:01.696Z"),
    "auth0.logs.data.audience": ("keyword", "https://api.example.com/"),
    "auth0.logs.data.classification": ("keyword", "Login - Failure"),
    "auth0.logs.data.client_id": ("keyword", "aI61p8I8aFjmYRliLWgvM9ev97kCCNDB"),
    "auth0.logs.data.client_name": ("keyword", "Web Shop"),
    "auth0.logs.data.connection": ("keyword", "Users"),
    "auth0.logs.data.connection_id": ("keyword", "con_hLzVDXbNZtTcJT8O"),
    "auth0.logs.data.date": ("date", "2026-11-20T10:15:01.696Z"),
    "auth0.logs.data.description": ("text", "WRONG password"),
    "auth0.logs.data.details": ("flattened", "/api/v2/users"),
    "auth0.logs.data.hostname": ("keyword", "example.au.auth0.com"),
    "auth0.logs.data.ip": ("ip", "81.2.69.0/24"),
    "auth0.logs.data.is_mobile": ("boolean", True),
    "auth0.logs.data.location_info.city_name": ("keyword", "Abingdon"),
    "auth0.logs.data.location_info.continent_code": ("keyword", "EU"),
    "auth0.logs.data.location_info.country_code": ("keyword", "GB"),
    "auth0.logs.data.location_info.country_code3": ("keyword", "GBR"),
    "auth0.logs.data.location_info.country_name": ("keyword", "United Kingdom"),
    "auth0.logs.data.location_info.latitude": ("keyword", "51.7095"),
    "auth0.logs.data.location_info.longitude": ("keyword", "-1.3614"),
    "auth0.logs.data.location_info.time_zone": ("keyword", "Europe/London"),
    "auth0.logs.data.log_id": ("keyword", "90020261120101501696"),
    "auth0.logs.data.login.completedAt": ("date", "2026-11-20T10:15:01.013Z"),
    "auth0.logs.data.login.elapsedTime": ("long", 2250),
    "auth0.logs.data.login.initiatedAt": ("date", "2026-11-20T10:14:58.763Z"),
    "auth0.logs.data.login.stats.loginsCount": ("long", 42),
    "auth0.logs.data.scope": ("keyword", "profile"),
    "auth0.logs.data.strategy": ("keyword", "auth0"),
    "auth0.logs.data.strategy_type": ("keyword", "database"),
    "auth0.logs.data.tenant_name": ("keyword", "example"),
    "auth0.logs.data.type": ("keyword", "Failed login"),
    "auth0.logs.data.type_id": ("keyword", "f"),
    "auth0.logs.data.user_agent": ("text", "firefox"),
    "auth0.logs.data.user_id": ("keyword", "auth0|619d7a2c58f6"),
    "auth0.logs.data.user_name": ("keyword", "jane.doe@example.com"),
    "auth0.logs.log_id": ("keyword", "90020261120101501696"),
    "data_stream.dataset": ("constant_keyword", "auth0.logs"),
    "data_stream.namespace": ("constant_keyword", "default"),
    "data_stream.type": ("constant_keyword", "logs"),
    "event.dataset": ("constant_keyword", "auth0.logs"),
    "event.module": ("constant_keyword", "auth0"),
    "input.type": ("keyword", "http_endpoint"),
}


def leaves(mapping: Json, prefix: str = "") -> Iterator[tuple[str, Json]]:
    for name, field in mapping["properties"].items():
        if "properties" in field:
            yield from leaves(field, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


FIELDS = dict(leaves(load_assets().mappings))
ALIASES = {name: field["path"] for name, field in FIELDS.items() if field["type"] == "alias"}


@pytest.fixture(scope="module")
def searchable(opensearch: RunningEngine) -> Iterator[tuple[Engine, str]]:
    """An engine and the name of its index that holds the event."""
    engine = connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,)))
    with Bench(engine, load_assets()) as bench:
        document = bench.simulate([RECEIVED])[0].document
        assert document is not None
        assert bench.index([document]) == {}
        yield engine, bench.index_name


@pytest.mark.parametrize("name", SPECIFICATION)
def test_a_field_of_the_specification_is_found_by_its_old_name(searchable: tuple[Engine, str], name: str) -> None:
    engine, index = searchable
    kind, value = SPECIFICATION[name]
    queries = [{"match" if kind == "text" else "term": {name: value}}]
    if kind == "date":
        queries = [{"range": {name: {"gte": value, "lte": value}}}]
    if kind == "flattened":
        queries += [{"term": {f"{name}.request.path": value}}]
    for query in queries:
        assert engine.call("POST", f"/{index}/_count", {"query": query})["count"] == 1
    # … and the query is no query that finds everything
    nothing = {"bool": {"must_not": queries}}
    assert engine.call("POST", f"/{index}/_count", {"query": nothing})["count"] == 0


@pytest.mark.parametrize("name", SPECIFICATION)
def test_a_field_of_the_specification_has_its_type(name: str) -> None:
    kind = FIELDS[ALIASES.get(name, name)]["type"]
    assert kind == SPECIFICATION[name][0]


@pytest.mark.parametrize("name", ALIASES)
def test_an_alias_names_a_real_field_elsewhere(name: str) -> None:
    """Names of the existing integration lead to ECS; names that both data streams share lead to the logs' own."""
    target = ALIASES[name]
    assert FIELDS[target]["type"] != "alias"
    assert target.startswith("auth0.logs.") != name.startswith("auth0.logs.")


def test_an_alias_shows_in_a_search_what_its_target_has(searchable: tuple[Engine, str]) -> None:
    engine, index = searchable
    for name, path in ALIASES.items():
        shown, target = (
            engine.call("POST", f"/{index}/_search", {"docvalue_fields": [each]})["hits"]["hits"][0]["fields"][each]
            for each in (name, path)
        )
        assert shown == target


def test_the_mapping_does_not_grow() -> None:
    assert load_assets().mappings["dynamic"] is False


def test_long_texts_are_ignored_by_keywords_and_never_indexed_as_original() -> None:
    for name, field in FIELDS.items():
        if field["type"] == "keyword":
            assert field["ignore_above"] == 1024, name
    assert FIELDS["event.original"] == {
        "type": "keyword",
        "index": False,
        "doc_values": False,
        "ignore_above": 1024,
    }


def test_every_field_says_what_it_is() -> None:
    def described(fields: list[Json], prefix: str = "") -> Iterator[tuple[str, Json]]:
        for field in fields:
            yield f"{prefix}{field['name']}", field
            yield from described(field.get("fields", []), f"{prefix}{field['name']}.")

    for path in find_package().glob("data_stream/*/fields/*.yml"):
        for name, field in described(read_yaml(path)):
            assert field.get("type") == "group" or field["description"].endswith("."), name


def test_the_readme_shows_every_field_the_target_of_every_alias_and_the_sample_event() -> None:
    readme = (find_package() / "docs" / "README.md").read_text()
    for name in FIELDS:
        assert f"| {name} | " in readme
    for name, path in ALIASES.items():
        assert f"| {name} | {path} |\n" in readme, "add it to the aliases in package/_dev/build/docs/README.md"
    assert (find_package() / "data_stream" / "logs" / "sample_event.json").read_text() in readme
