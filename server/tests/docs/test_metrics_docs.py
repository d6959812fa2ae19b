"""The page of metrics, the alert rules and the runbook agree with what the server tells."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from auth0_elastic.cli import main
from auth0_elastic.config.docs import settings_page
from auth0_elastic.serve.metrics.page import metrics_page
from auth0_elastic.serve.metrics.table import LABELS, METRICS, REASON_LABELS, SECTIONS

ROOT = Path(__file__).parents[3]
RULES = ROOT / "monitoring" / "prometheus-alerts.yml"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
}
SECTIONS_OF_RUNBOOK = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))


def test_the_metrics_page_is_made_from_the_table() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text() == metrics_page(), "run: make generate"


def test_no_metric_stands_in_the_table_twice() -> None:
    assert len(METRICS) == sum(len(section.metrics) for section in SECTIONS)


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_moves_in_a_test_of_a_whole_server(name: str) -> None:
    tests = (ROOT / "server" / "tests" / "serve").rglob("test_*metrics*.py")
    assert any(re.search(rf'"{name}(_count|_sum)?"', path.read_text()) for path in tests)


def selectors(expression: str) -> list[tuple[str, str]]:
    """Each of our metrics in it, with what stands in braces behind it."""
    return re.findall(r"auth0_elastic_(\w+)(?:\{(.*?)\})?", expression)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_asks_for_metrics_and_labels_that_there_are(alert: str) -> None:
    asked = selectors(ALERTS[alert]["expr"])
    assert asked
    for name, labels in asked:
        metric = METRICS[re.sub(r"_(bucket|sum|count)$", "", name) if name not in METRICS else name]
        assert metric.kind == "histogram" or metric.name == name
        for label, values in re.findall(r'(\w+)=~?"(.*?)"', labels):
            assert label in metric.labels
            known = REASON_LABELS[metric.name] if label == "reason" else LABELS[label]
            assert set(values.split("|")) <= set(known)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_speaks_only_of_labels_that_its_expression_leaves(alert: str) -> None:
    rule = ALERTS[alert]
    left = {"instance"} | {label for name, _ in selectors(rule["expr"]) for label in _labels_of(name)}
    for grouped in re.findall(r"\bby \((.*?)\)", rule["expr"]):
        left &= {label.strip() for label in grouped.split(",")}
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["description"])) <= left


def _labels_of(name: str) -> tuple[str, ...]:
    return METRICS[re.sub(r"_bucket$", "", name)].labels


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_section_in_the_runbook(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{alert.lower()}"
    for part in ("**What it means**", "**How to see it**", "**How to mend it**"):
        assert SECTIONS_OF_RUNBOOK[alert].count(part) == 1


def test_the_runbook_has_no_section_without_an_alert() -> None:
    assert list(SECTIONS_OF_RUNBOOK) == list(ALERTS)


def test_the_runbook_names_commands_metrics_settings_and_sections_that_there_are() -> None:
    for name in re.findall(r"auth0_elastic_(\w+)", RUNBOOK):
        assert name in METRICS
    context = click.Context(main)
    for text in re.findall(r"auth0-elastic ([a-z-]+)", re.sub(r"systemctl status \S+", "", RUNBOOK)):
        assert text in main.list_commands(context)
    for anchor in re.findall(r"\(#(\w+)\)", RUNBOOK):
        assert anchor in {alert.lower() for alert in ALERTS}
    settings = settings_page()
    for setting in re.findall(r"`((?:spool|listener|elasticsearch|monitoring|detect)\.[a-z_.]+)`", RUNBOOK):
        assert f"`{setting}`" in settings
