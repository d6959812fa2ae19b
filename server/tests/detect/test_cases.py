"""Every case beside a rule: its raw events raise the alerts that it says, and no more."""

from pathlib import Path

import pytest

from auth0_elastic.detect.alert import document
from auth0_elastic.detect.cases import Case, CaseBench, read_cases
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.sigma import CASES, SHIPPED
from auth0_elastic.engine.client import Engine

PATHS = [path for path in sorted(SHIPPED.glob("*.yml")) if not path.name.endswith(CASES)]
EVERY = [case for path in PATHS for case in read_cases(path)]


@pytest.fixture(scope="module")
def bench(engine: Engine, cases_namespace: str, rules: list[Rule]) -> CaseBench:
    return CaseBench(engine, cases_namespace, rules, EVERY)


@pytest.mark.parametrize("case", EVERY, ids=lambda case: f"{case.rule}: {case.name}")
def test_a_case_raises_the_alerts_that_it_says(bench: CaseBench, case: Case) -> None:
    incidents = bench.run(case)
    told = [f"{incident.key}: {incident.reason} ({incident.count} events)" for incident in incidents]
    assert len(incidents) == case.alerts, told
    if case.level is not None:
        assert {incident.rule.level for incident in incidents} <= {case.level}
    assert all(document(each, "default")["event"]["kind"] == "alert" for each in incidents)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_rule_has_cases_that_fire_and_two_that_nearly_do(path: Path) -> None:
    numbers = [case.alerts for case in read_cases(path)]
    assert any(numbers)
    assert numbers.count(0) >= 2


def test_no_two_cases_of_a_rule_have_the_same_name() -> None:
    names = [(case.rule, case.name) for case in EVERY]
    assert sorted(set(names)) == sorted(names)
