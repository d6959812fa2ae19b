"""Every case beside a rule: its raw events, posted to a server, raise the alerts that it says, and no more."""

from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.detect.alert_stream import AlertStream
from auth0_elastic.detect.cases import Case, CaseBench, read_cases
from auth0_elastic.detect.incident import Incident
from auth0_elastic.detect.rule import SEVERITY, Rule
from auth0_elastic.detect.sigma import CASES, SHIPPED
from auth0_elastic.engine.client import Engine

PATHS = [path for path in sorted(SHIPPED.glob("*.yml")) if not path.name.endswith(CASES)]
EVERY = [case for path in PATHS for case in read_cases(path)]


@pytest.fixture(scope="module")
def bench(engine: Engine, way: Any, module_namespace: str, rules: list[Rule]) -> CaseBench:
    return CaseBench(engine, module_namespace, rules, EVERY, way.deliver)


@pytest.mark.parametrize("case", EVERY, ids=lambda case: f"{case.rule}: {case.name}")
def test_a_case_raises_the_alerts_that_it_says(
    bench: CaseBench, engine: Engine, module_namespace: str, case: Case
) -> None:
    incidents = bench.run(case)
    AlertStream(engine, module_namespace).write(incidents, [])
    alerts = [alert_of(engine, incident) for incident in incidents]
    assert len(alerts) == case.alerts, [alert["message"] for alert in alerts]
    for alert in alerts:
        own, event = alert["auth0"]["alerts"], alert["event"]
        assert (alert["rule"]["id"], event["kind"]) == (case.rule, "alert")
        assert own["level"] == (case.level or own["level"])
        assert event["severity"] == SEVERITY[own["level"]]
        assert "ingested" in event


def alert_of(engine: Engine, incident: Incident) -> Any:
    """As it is in the data stream."""
    assert incident.location is not None
    return engine.call("GET", f"/{incident.location.index}/_doc/{incident.id}")["_source"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_rule_has_cases_that_fire_and_two_that_nearly_do(path: Path) -> None:
    numbers = [case.alerts for case in read_cases(path)]
    assert any(numbers)
    assert numbers.count(0) >= 2


def test_no_two_cases_of_a_rule_have_the_same_name() -> None:
    names = [(case.rule, case.name) for case in EVERY]
    assert sorted(set(names)) == sorted(names)
