"""The rules for Kibana find what `detect` finds, among the documents of all cases in a real Elasticsearch."""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.detect.attack import by_tactic
from auth0_elastic.detect.cases import CaseBench, read_cases
from auth0_elastic.detect.field_types import field_types
from auth0_elastic.detect.kibana_rules import kibana_rules, lucene, needs_detect
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.search import query_of
from auth0_elastic.detect.sigma import SHIPPED, load_rules
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.package_files import load_assets

Json = dict[str, Any]

RULES = load_rules([SHIPPED])
COMPILED = [rule for rule in RULES if needs_detect(rule) is None]
_AT_ONCE = 500


@dataclass(frozen=True)
class Index:
    """The documents of all cases, in an Elasticsearch."""

    engine: Engine
    name: str

    def found(self, query: Json) -> set[str]:
        body = {"size": 10_000, "_source": False, "query": query}
        return {hit["_id"] for hit in self.engine.call("POST", f"/{self.name}/_search", body)["hits"]["hits"]}


@pytest.fixture(scope="module")
def index(
    engine: Engine, module_namespace: str, elasticsearch_url: str, with_stand_ins: Callable[[Any], Any]
) -> Iterator[Index]:
    CaseBench(engine, module_namespace, RULES, [case for rule in RULES for case in read_cases(rule.path)])
    settings = replace(load(Path(os.devnull), {}).elasticsearch, hosts=(elasticsearch_url,))
    made = Index(connect(replace(settings, distribution="elasticsearch")), f"kibana-{secrets.token_hex(4)}")
    made.engine.call("PUT", f"/{made.name}", {"mappings": with_stand_ins(load_assets("logs").mappings)})
    for documents in pages(engine, f"logs-auth0.logs-{module_namespace}"):
        lines = [json.dumps(line) for identity, source in documents for line in ({"index": {"_id": identity}}, source)]
        body = "".join(f"{line}\n" for line in lines).encode()
        answer = made.engine.bulk(f"/{made.name}/_bulk", body, params={"refresh": "true"})
        assert not answer.body["errors"]
    yield made
    made.engine.call("DELETE", f"/{made.name}")


def pages(engine: Engine, stream: str) -> Iterator[list[tuple[str, Json]]]:
    after: Json = {}
    while True:
        body = {"size": _AT_ONCE, "sort": [{"event.id": "asc"}], **after}
        hits = engine.call("POST", f"/{stream}/_search", body)["hits"]["hits"]
        if not hits:
            return
        yield [(hit["_id"], hit["_source"]) for hit in hits]
        after = {"search_after": hits[-1]["sort"]}


@pytest.mark.parametrize("rule", COMPILED, ids=lambda rule: rule.id)
def test_kibana_finds_the_same_documents_of_all_cases(index: Index, rule: Rule) -> None:
    (base,) = rule.bases
    ours = index.found({"bool": {"filter": query_of(base)}})
    assert ours
    assert index.found({"query_string": {"query": lucene(rule), "analyze_wildcard": True}}) == ours


@pytest.mark.parametrize("rule", COMPILED, ids=lambda rule: rule.id)
def test_a_compiled_query_names_fields_that_exist_alone(rule: Rule) -> None:
    (base,) = rule.bases
    query = re.sub(r'"[^"]*"', "", lucene(rule))
    named = set(re.findall(r"_exists_:([\w.\-]+)|(?<![\w.\-\\])(?!_exists_)([\w.\-]+):", query))
    fields = {each for pair in named for each in pair if each}
    assert fields == base.fields
    assert [name for name in fields if field_types()[base.data_stream].find(name) is None] == []


def test_a_rule_is_compiled_unless_it_correlates_or_remembers() -> None:
    assert {rule.id for rule in COMPILED} == {rule.id for rule in RULES if not rule.correlations and not rule.stateful}
    assert len(kibana_rules(RULES)) == len(COMPILED) > 20
    by_id = {rule.id: rule for rule in RULES}
    assert needs_detect(by_id["brute_force_user"]) == "counts events in a sliding window"
    assert needs_detect(by_id["impossible_travel"]) == "remembers, or looks beyond the event"


def test_a_compiled_rule_tells_an_analyst_what_the_sigma_rule_tells() -> None:
    (rule,) = (each for each in RULES if each.id == "log_stream_tampered")
    saved = json.loads(kibana_rules(RULES)[f"security_rule/{rule.uuid}.json"])
    told = saved["attributes"]
    assert (saved["id"], told["rule_id"]) == (rule.uuid, rule.uuid)
    assert (told["severity"], told["risk_score"]) == ("high", 73)
    assert told["index"] == ["logs-auth0.logs-*"]
    assert told["false_positives"] == list(rule.falsepositives)
    assert rule.investigate in told["note"]
    assert [(each["tactic"]["id"], each["technique"][0]["subtechnique"][0]["id"]) for each in told["threat"]] == [
        ("TA0005", "T1562.008")
    ]


def test_a_technique_belongs_to_the_tactic_that_its_tag_follows() -> None:
    tags = ("attack.initial-access", "attack.t1078.004", "attack.credential_access", "attack.t1110", "attack.t1.9")
    assert by_tactic((*tags, "tlp.clear")) == {"initial-access": ["T1078.004"], "credential-access": ["T1110"]}


def test_rules_are_off_until_somebody_switches_them_on() -> None:
    assert {json.loads(text)["attributes"]["enabled"] for text in kibana_rules(RULES).values()} == {False}
