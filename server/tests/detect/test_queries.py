"""What Sigma's detections mean, on OpenSearch and on a real Elasticsearch alike; and what they refuse."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth0_elastic.config.load import load
from auth0_elastic.config.schema import is_name
from auth0_elastic.detect.field_types import field_types
from auth0_elastic.detect.history import EngineHistory
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.scan import Scan
from auth0_elastic.detect.sigma import RuleError, load_rule, rule_files
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.package_files import for_distribution, load_assets

Json = dict[str, Any]

COMMON = {"@timestamp": "2026-11-20T10:15:01.696Z", "event.dataset": "auth0.logs"}
DOCUMENTS: dict[str, Json] = {
    "login": {
        "event.code": "s",
        "source.ip": "81.2.69.143",
        "source.geo.location": {"lat": 51.7, "lon": -1.25},
        "user.id": "auth0|1",
        "user.name": "j***@example.com",
        "auth0.logs.data.description": "Successful login of Jane",
    },
    "change": {
        "event.code": "sapi",
        "source.ip": "2a02:d9c0::1",
        "http.request.method": "patch",
        "url.path": "/api/v2/log-streams/lst_1",
        "http.response.status_code": 200,
        "auth0.logs.data.is_mobile": False,
        "auth0.logs.data.description": "Update a Log Stream",
        "auth0.logs.data.details": {
            "familyId": "f1",
            "request": {"body": {"status": "paused", "enabled": False, "scopes": ["read:users", "delete:users"]}},
        },
    },
}

EITHER = "data.type: [s, sapi]"
MEANINGS: dict[str, set[str]] = {
    "data.type: s": {"login"},
    EITHER: {"login", "change"},
    "data.ip|cidr: 81.2.69.0/24": {"login"},
    "data.ip|cidr: 2a02:d9c0::/32": {"change"},
    "data.details.request.method: PATCH": {"change"},
    "data.details.request.path: /api/v2/log-streams/lst_1": {"change"},
    "data.details.request.path|startswith: /api/v2/log-streams": {"change"},
    "data.details.request.path|contains: log-streams": {"change"},
    "data.details.request.path|endswith: lst_1": {"change"},
    "data.details.request.path: /api/*/log-streams/lst_?": {"change"},
    "data.details.request.path|re: ^/api/v2/log-(streams|s)/": {"change"},
    "data.details.request.path|re|i: LOG-STREAMS": {"change"},
    "data.details.request.path|re|i: LOG-[A-Y]+/": {"change"},
    "data.details.request.path|re: LOG-STREAMS": set(),
    "data.details.request.path|contains: lst*2": set(),
    r"data.user_name|contains: '\*'": {"login"},
    r"data.user_name|contains: '?\*\*\*@'": {"login"},
    "data.details.response.statusCode|gte: 200": {"change"},
    "data.details.response.statusCode|lt: 200": set(),
    "data.isMobile: false": {"change"},
    "data.user_id|exists: true": {"login"},
    "data.user_id|exists: false": {"change"},
    "data.user_id: null": {"change"},
    "data.user_id: '*'": {"login"},
    "data.details.request.body.status: paused": {"change"},
    "data.details.request.body.status|startswith: pau": {"change"},
    "data.details.request.body.enabled: false": {"change"},
    "data.details.request.body.scopes: delete:users": {"change"},
    "data.details.request.body.status|exists: true": {"change"},
    "data.details.request.body.status: null": {"login"},
    "data.details.request.body.nothing|exists: true": set(),
    "data.details|exists: true": {"change"},
    "data.description: update a log stream": {"change"},
    "data.description|contains: log stream": {"change"},
    "data.description|contains: stream log": set(),
    "auth0.logs.data.user_id: auth0|1": {"login"},  # an alias
    "user.id: auth0|1": {"login"},
}


@dataclass(frozen=True)
class Index:
    engine: Engine
    name: str

    def found(self, rule: Rule) -> set[str]:
        pages = Scan(self.engine, self.name, [rule]).pages({rule.id: 0})
        return {event.id for page in pages for event in page}


@pytest.fixture(scope="module", params=["opensearch", "elasticsearch"])
def index(request: pytest.FixtureRequest, with_stand_ins: Callable[[Any], Any]) -> Iterator[Index]:
    url = request.getfixturevalue("opensearch").url if request.param == "opensearch" else request.getfixturevalue(
        "elasticsearch_url"
    )  # fmt: skip
    engine = connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(url,), distribution=request.param))
    name = f"meanings-{secrets.token_hex(4)}"
    mappings = for_distribution(load_assets("logs"), engine.distribution).mappings
    engine.call(
        "PUT", f"/{name}", {"mappings": mappings if request.param == "opensearch" else with_stand_ins(mappings)}
    )
    for number, (identity, fields) in enumerate(DOCUMENTS.items()):
        body = COMMON | fields | {"event.id": identity, "event.ingested": f"2026-11-20T10:15:0{number}.000Z"}
        engine.call("PUT", f"/{name}/_doc/{identity}?refresh=true", nested(body))
    yield Index(engine, name)
    engine.call("DELETE", f"/{name}")


def nested(flat: Json) -> Json:
    document: Json = {}
    for name, value in flat.items():
        *parents, last = name.split(".")
        inner = document
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return document


def written(folder: Path, selection: str, *more: Json, **metadata: Any) -> Path:
    """A rule file with this selection."""
    document = {
        "title": "A rule",
        "description": "Finds something.",
        "logsource": {"product": "auth0", "service": "logs"},
        "detection": {"selection": yaml.safe_load(selection), "condition": "selection"},
        **metadata,
    }
    path = folder / "a_rule.yml"
    path.write_text(yaml.safe_dump_all([document, *more], sort_keys=False), "utf-8")
    return path


def read(path: Path) -> Rule:
    return load_rule(path, field_types())


@pytest.mark.parametrize("selection", MEANINGS)
def test_a_selection_means_the_same_on_both_engines(index: Index, tmp_path: Path, selection: str) -> None:
    assert index.found(read(written(tmp_path, selection))) == MEANINGS[selection]


def test_an_event_is_read_from_columns_and_its_keys_from_the_document(index: Index, tmp_path: Path) -> None:
    rule = read(written(tmp_path, "data.details.familyId: f1", stateful="token_family_spread"))
    (event,) = next(Scan(index.engine, index.name, [rule]).pages({rule.id: 0}))
    assert event.first("auth0.logs.data.details.familyId") == "f1"
    assert (event.first("source.ip"), event.at, event.ingested) == ("2a02:d9c0::1", 1795169701696, 1795169701000)


def test_pages_follow_each_other_without_a_gap_or_a_double(index: Index, tmp_path: Path) -> None:
    rule = read(written(tmp_path, EITHER))
    pages = list(Scan(index.engine, index.name, [rule], page=1).pages({rule.id: 0}))
    assert [[event.id for event in page] for page in pages] == [["login"], ["change"]]


def test_events_are_counted_by_second(index: Index, tmp_path: Path) -> None:
    scan = Scan(index.engine, index.name, [read(written(tmp_path, EITHER))])
    assert scan.counts(0, 2_000_000_000_000) == {1795169700: 1, 1795169701: 1}


def test_rules_beyond_what_one_search_takes_are_shared_out_among_several(index: Index, tmp_path: Path) -> None:
    rules = []
    for number in range(64):
        words = ", ".join(["log-streams", *(f"log-streams-{number}-{other}" for other in range(20))])
        rule = read(written(tmp_path, f"data.details.request.path|contains: [{words}]"))
        rules.append(replace(rule, id=f"rule_{number}"))
    scan = Scan(index.engine, index.name, rules)
    ((event,),) = scan.pages(dict.fromkeys((rule.id for rule in rules), 0))
    assert len(event.matched) == 64
    assert scan.counts(0, 2_000_000_000_000) == {1795169701: scan.searches_of(event)}
    assert scan.searches_of(event) == scan.searches
    assert scan.searches > 1 or index.engine.distribution == "elasticsearch"


def test_an_event_is_for_the_rules_that_begin_before_it(index: Index, tmp_path: Path) -> None:
    rule = read(written(tmp_path, EITHER))
    later = replace(rule, id="later")
    scan = Scan(index.engine, index.name, [rule, later])
    ((login, change),) = scan.pages({rule.id: 0, later.id: 1795169701000})
    assert login.matched == {"a_rule/a_rule"}
    assert change.matched == {"a_rule/a_rule", "later/a_rule"}


def test_history_tells_what_was_before(index: Index, tmp_path: Path) -> None:
    (base,) = read(written(tmp_path, EITHER)).bases
    history = EngineHistory(index.engine, index.name)
    at = 1795169701696
    assert history.latest(base, "user.id", ["auth0|1", "auth0|2"], 0, at + 1)["auth0|1"].id == "login"
    assert history.latest(base, "user.id", ["auth0|1"], 0, at) == {}
    assert history.seen(base, "user.id", ["auth0|1"], "event.code", 0, at + 1) == {"auth0|1": frozenset(["s"])}
    family = "auth0.logs.data.details.familyId"
    assert [each.first(family) for each in history.events(base, family, ["f1"], 0, at + 1)] == ["f1"]
    newest = history.newest()
    assert newest is not None
    assert newest.id == "change"


REFUSED = {
    "data.tipe: s": "there is no field auth0.logs.data.tipe; is it auth0.logs.data.type",
    "data.details.x|contains: y": "below a flattened field, where a * may stand only at a value's end",
    "data.details.x|gt: 5": "is a flattened, whose values are not compared",
    "data.details.x|re: y": "is a flattened, which no regular expression searches",
    "data.ip: 81.2.*": "is a ip, which has no wildcards; use cidr or whole values",
    "data.user_name|cidr: 10.0.0.0/8": "cidr goes with the addresses in data.ip alone",
    "data.description: a*b": "is a text, searched by its words",
    "[word]": "a search without a field is not possible",
}


@pytest.mark.parametrize("selection", REFUSED)
def test_what_cannot_be_searched_is_refused_with_a_remedy(tmp_path: Path, selection: str) -> None:
    path = written(tmp_path, selection)
    with pytest.raises(RuleError) as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert REFUSED[selection] in str(refused.value)


def correlated(**changes: Any) -> Json:
    correlation = {"type": "event_count", "rules": ["base"], "timespan": "5m", "condition": {"gte": 2}} | changes
    return {"title": "C", "description": "D.", "correlation": correlation}


BROKEN: dict[str, tuple[Json, list[Json], str]] = {
    "no_title": ({"title": None}, [], "Sigma rule must have a title"),
    "another_product": ({"logsource": {"product": "okta", "service": "logs"}}, [], "its logsource is for other data"),
    "unknown_level": ({"level": "urgent"}, [], "urgent"),
    "unknown_entity": ({"x-auth0": {"entity": "robot"}}, [], "x-auth0.entity: robot is none of user, source"),
    "unknown_key": ({"x-auth0": {"entitiy": "user"}}, [], "x-auth0 cannot have entitiy; it has entity, id"),
    "no_keys": ({"x-auth0": "critical"}, [], "x-auth0 has to hold keys: entity, id, investigate"),
    "odd_id": ({"x-auth0": {"id": "Break-Glass"}}, [], "x-auth0.id: Break-Glass is no name; use a-z, 0-9 and _"),
    "odd_risk_score": ({"x-auth0": {"risk_score": "much"}}, [], "x-auth0.risk_score: much is no number from 0 to 100"),
    "no_window": ({"x-auth0": {"window": "long"}}, [], "long is no duration; write 90s, 10m, 24h or 7d"),
    "no_such_base": ({"name": "base"}, [correlated(rules=["other"])], "other"),
    "no_such_group": ({"name": "base"}, [correlated(**{"group-by": ["data.no"]})], "no field auth0.logs.data.no"),
    "a_sum": ({"name": "base"}, [correlated(type="value_sum", condition={"gte": 2, "field": "data.ip"})], "value_sum"),
    "last_is_a_step": ({"name": "base"}, [correlated(rules=["a_rule"]) | {"name": "x"}, correlated()], "last document"),
}  # fmt: skip


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, defect: str) -> None:
    metadata, more, message = BROKEN[defect]
    path = written(tmp_path, "data.type: s", *more, **metadata)
    with pytest.raises(RuleError) as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["a: [", "- a list", "", "title: nothing else"])
def test_what_is_no_rule_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "no_rule.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(RuleError, match=r"no_rule\.yml: it "):
        read(path)


NAMES = {
    "a_rule.yml": "a_rule",
    "Break-Glass Account.yml": "break_glass_account",
    "win_susp.login.v2.yaml": "win_susp_login_v2",
    "0a1c1c1e-2a53.yml": "rule_0a1c1c1e_2a53",
    f"{'long_' * 20}.yml": ("long_" * 20)[:63],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_without_an_id_is_named_after_its_file_as_settings_can_name_it(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, "data.type: s").rename(tmp_path / name)
    assert read(path).id == NAMES[name]
    assert is_name(read(path).id)


def test_a_rule_without_a_description_has_its_title(tmp_path: Path) -> None:
    rule = read(written(tmp_path, "data.type: s", description=None))
    assert rule.description == rule.title


def test_what_follows_the_last_line_of_dashes_may_be_empty(tmp_path: Path) -> None:
    path = written(tmp_path, "data.type: s")
    path.write_text(f"{path.read_text()}---\n", "utf-8")
    assert read(path).id == "a_rule"


def test_a_folder_has_rules_in_yml_and_yaml_beside_cases_and_other_files(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("one.yml", "two.yaml", "one.cases.yml", "README.md", "three.yoml", "below/four.yml"):
        (tmp_path / name).touch()
    assert [path.name for path in rule_files(tmp_path)] == ["one.yml", "two.yaml"]
