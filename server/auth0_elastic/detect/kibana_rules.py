"""Rules for Kibana's detection engine, compiled from those whose meaning a single Lucene query holds."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend

from auth0_elastic.detect.attack import attack_names, by_tactic
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.sigma import collection_of
from auth0_elastic.detect.sigma_pipeline import auth0_pipeline
from auth0_elastic.package_files import load_assets

Json = dict[str, Any]

FOLDER: Final = "security_rule"
# Kibana looks at what was indexed since a little before its last run, and raises nothing twice of one event.
_SCHEDULE: Final = {"from": "now-9m", "interval": "5m", "timestamp_override": "event.ingested"}
_ATTACK: Final = "https://attack.mitre.org"
# ES|QL counts in fixed buckets and knows no order, EQL's sample has no timespan, a threshold rule counts at each run.
_WHY: Final = {
    "event_count": "counts events in a sliding window",
    "value_count": "counts values in a sliding window",
    "temporal": "looks for several events in one window",
    "temporal_ordered": "looks for events in their order",
}


def needs_detect(rule: Rule) -> str | None:
    """Why `detect` alone can evaluate the rule; None where Kibana can, too."""
    if rule.stateful:
        return "remembers, or looks beyond the event"
    return _WHY[rule.correlations[-1].kind] if rule.correlations else None


def kibana_rules(rules: Iterable[Rule]) -> dict[str, str]:
    """The files below `package/kibana/`, by their path there, of the rules that Kibana can evaluate.

    Raises RuleError or PackageError.
    """
    made = (_asset(rule) for rule in rules if needs_detect(rule) is None)
    return {
        f"{FOLDER}/{each['id']}.json": json.dumps(each, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for each in made
    }


def lucene(rule: Rule) -> str:
    """The rule as a query in Lucene's syntax. Raises RuleError."""
    (query,) = LuceneBackend(auth0_pipeline()).convert(collection_of(rule.path))
    return str(query)


def _asset(rule: Rule) -> Json:
    (base,) = rule.bases
    attributes = {
        "author": ["auth0-elastic"],
        "description": rule.description,
        "enabled": False,
        "false_positives": list(rule.falsepositives),
        "index": [f"logs-auth0.{base.data_stream}-*"],
        "language": "lucene",
        "license": "Apache-2.0",
        "name": f"Auth0: {rule.title}",
        "note": f"## Triage and analysis\n\n{rule.investigate}",
        "query": lucene(rule),
        "references": list(rule.references),
        "risk_score": rule.risk_score,
        "rule_id": rule.uuid,
        "severity": "low" if rule.level == "informational" else rule.level,
        "tags": ["Domain: Identity", "Data Source: Auth0", *_tactics(rule)],
        "threat": list(_threat(rule)),
        "type": "query",
        "version": load_assets(base.data_stream).template["version"],
    }
    return {"attributes": attributes | _SCHEDULE, "id": rule.uuid, "type": "security-rule"}


def _tactics(rule: Rule) -> list[str]:
    names = attack_names()
    return [f"Tactic: {names[tactic].split(' ', 1)[1]}" for tactic in by_tactic(rule.tags)]


def _threat(rule: Rule) -> Iterator[Json]:
    names = attack_names()
    for tactic, techniques in by_tactic(rule.tags).items():
        number, name = names[tactic].split(" ", 1)
        yield {
            "framework": "MITRE ATT&CK",
            "tactic": {"id": number, "name": name, "reference": f"{_ATTACK}/tactics/{number}/"},
            "technique": list(_techniques(techniques)),
        }


def _techniques(ids: list[str]) -> Iterator[Json]:
    for parent in dict.fromkeys(each.partition(".")[0] for each in ids):
        yield _technique(parent) | {"subtechnique": [_technique(each) for each in ids if each.startswith(f"{parent}.")]}


def _technique(number: str) -> Json:
    reference = f"{_ATTACK}/techniques/{number.replace('.', '/')}/"
    return {"id": number, "name": attack_names()[number], "reference": reference}
