"""A day of 50,000 events with staged attacks hidden in it, from the listener to the alerts: those, and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from auth0_elastic.cli import main
from auth0_elastic.detect.cases import offset, raw_event
from auth0_elastic.detect.sigma import SHIPPED, load_rules
from auth0_elastic.engine.client import Engine
from auth0_elastic.generate import encode, events
from auth0_elastic.ship.identity import document_id

Json = dict[str, Any]

STAGED = yaml.safe_load(Path(__file__).with_name("staged_attacks.yml").read_text("utf-8"))
ATTACKS = STAGED["attacks"]
START = datetime(2026, 3, 4, tzinfo=UTC)
LEVELS = {rule.id: rule.level for rule in load_rules([SHIPPED])}


@dataclass(frozen=True)
class Day:
    """Its alerts, as they are in the data stream, and by the id of a staged event the name of its attack."""

    alerts: list[Json]
    staged: Mapping[str, str]
    said: str

    def attacks_of(self, alert: Json) -> set[str]:
        """The attacks whose events an alert names; `benign` stands for all events that are of none."""
        return {self.staged.get(each, "benign") for each in alert["auth0"]["alerts"]["event_ids"]}


def benign() -> list[tuple[str, bytes]]:
    """When each event is delivered, and the event."""
    day = events(STAGED["seed"], STAGED["count"], end=START + timedelta(days=1), with_attacks=False)
    return [(event["data"]["date"], encode([event], "JSONOBJECT")) for event in day]


def attack(number: int) -> list[tuple[str, bytes]]:
    begin = int(START.timestamp() * 1000) + offset(ATTACKS[number]["at"])
    raws = [raw_event(event, begin, number, place) for place, event in enumerate(ATTACKS[number]["events"])]
    return [(json.loads(raw)["data"]["date"], raw) for raw in raws]


@pytest.fixture(scope="module")
def day(engine: Engine, way: Any, module_namespace: str) -> Day:
    attacks = {each["name"]: attack(number) for number, each in enumerate(ATTACKS)}
    everything = benign() + [event for each in attacks.values() for event in each]
    way.deliver("logs", [raw for _, raw in sorted(everything)])
    done = CliRunner().invoke(main, ["detect", "--once", "--config", str(way.config)])
    assert done.exit_code == 0, done.output
    stream = f"logs-auth0.alerts-{module_namespace}"
    engine.call("POST", f"/{stream}/_refresh")
    hits = engine.call("POST", f"/{stream}/_search", {"size": 10_000})["hits"]["hits"]
    staged = {document_id(raw): name for name, each in attacks.items() for _, raw in each}
    return Day([hit["_source"] for hit in hits], staged, done.output.splitlines()[-1])


@pytest.mark.parametrize("staged", ATTACKS, ids=lambda attack: attack["name"])
def test_a_staged_attack_raises_its_alerts_and_no_more(day: Day, staged: Json) -> None:
    mine = [alert for alert in day.alerts if staged["name"] in day.attacks_of(alert)]
    raised = [(alert["rule"]["id"], alert["auth0"]["alerts"]["level"]) for alert in mine]
    assert sorted(raised) == sorted((rule, LEVELS[rule]) for rule in staged["rules"])


def test_benign_events_raise_no_alert_above_low(day: Day) -> None:
    alerts = [alert for alert in day.alerts if "benign" in day.attacks_of(alert)]
    loud = [alert["message"] for alert in alerts if alert["auth0"]["alerts"]["level"] not in ("informational", "low")]
    assert loud == []
    assert alerts


def test_every_alert_is_told(day: Day) -> None:
    assert f"{len(day.alerts)} new alerts, 0 that grew" in day.said
