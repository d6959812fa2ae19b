"""The detector on a real engine: each incident once, over restarts, late events and a crash at any point."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.detect_settings import RuleSettings
from auth0_elastic.config.load import load
from auth0_elastic.detect.alert import document, incident_of
from auth0_elastic.detect.alert_stream import AlertStream
from auth0_elastic.detect.cases import START
from auth0_elastic.detect.detector import Detector, Pass
from auth0_elastic.detect.event import to_iso
from auth0_elastic.detect.incident import Incident
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.state import State, StateStore
from auth0_elastic.engine.client import Answer, Engine
from auth0_elastic.errors import EngineError, EngineUnavailable
from auth0_elastic.reputation.match import Lookup, Match
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.spool.backlog import SpooledEvent

Json = dict[str, Any]

RULES = {"brute_force_user", "breached_password", "success_after_failures_user", "impossible_travel"}
EIGHT_THEN_SUCCESS = [*["fp"] * 8, "s"]


class World:
    """A namespace with its events and alerts."""

    def __init__(self, engine: Engine, namespace: str, rules: Sequence[Rule]) -> None:
        self.engine, self.namespace = engine, namespace
        self.rules = [rule for rule in rules if rule.id in RULES]
        self._number = 0

    def happen(self, *types: str, user: str = "auth0|1", at: int = 0, ip: str = "81.2.69.143") -> None:
        """Events 10 s apart, `at` seconds after the start, are ingested now."""
        raws = []
        for type_ in types:
            self._number += 1
            data = {"date": to_iso(START + at * 1000), "type": type_, "user_id": user, "ip": ip}
            raws.append(json.dumps({"log_id": f"9{self._number:019d}", "data": data}).encode())
            at += 10
        write = DocumentWriter(self.namespace, "auth0.logs", [], preserve_original_event=False)
        spooled = [(document_id(raw), SpooledEvent("w", 0, START, raw)) for raw in raws]
        path = f"/logs-auth0.logs-{self.namespace}/_bulk"
        assert not self.engine.bulk(path, write.bulk_body(spooled), params={"refresh": "true"}).body["errors"]

    def detector(
        self, engine: Engine | None = None, *rules: RuleSettings, lookup: Lookup = lambda _: (), **more: Any
    ) -> Detector:
        settings = replace(load(Path(os.devnull), {}).detect, rules=rules)
        return Detector(engine or self.engine, self.namespace, self.rules, settings, lookup, **more)

    def detect(self, *rules: RuleSettings, lookup: Lookup = lambda _: ()) -> Pass:
        """A process that starts, looks once and ends."""
        return self.detector(self.engine, *rules, lookup=lookup).run_once()

    def alerts(self) -> dict[str, Json]:
        """By rule, of which each has one at most."""
        stream = AlertStream(self.engine, self.namespace)
        self.engine.call("POST", f"/{stream.name}/_refresh")
        hits = self.engine.call("POST", f"/{stream.name}/_search", {"size": 100})["hits"]["hits"]
        found = {hit["_source"]["rule"]["id"]: hit["_source"] for hit in hits}
        assert len(found) == len(hits)
        return found

    def count(self, rule: str) -> int:
        return int(self.alerts()[rule]["auth0"]["alerts"]["count"])


@pytest.fixture
def world(engine: Engine, namespace: str, rules: list[Rule]) -> World:
    return World(engine, namespace, rules)


def test_an_incident_is_one_alert_with_all_that_an_analyst_needs(world: World) -> None:
    world.happen(*EIGHT_THEN_SUCCESS)
    done = world.detect()
    assert [incident.rule.id for incident in done.raised] == ["success_after_failures_user"]
    alert = world.alerts()["success_after_failures_user"]
    assert alert["event"]["kind"] == "alert"
    assert alert["event"]["severity"] == 47
    assert alert["user"] == {"id": "auth0|1"}
    assert alert["source"]["ip"] == "81.2.69.143"
    assert alert["source"]["geo"] == {"country_iso_code": "GB"}
    assert alert["related"] == {"user": ["auth0|1"], "ip": ["81.2.69.143"]}
    assert alert["threat"]["technique"]["subtechnique"]["name"] == ["Password Guessing", "Cloud Accounts"]
    own = alert["auth0"]["alerts"]
    assert (own["count"], len(own["event_ids"])) == (9, 9)
    assert (own["first_event"], own["last_event"]) == (to_iso(START), to_iso(START + 80_000))


def test_an_incident_grows_over_restarts_and_counts_nothing_twice(world: World) -> None:
    world.happen(*["fp"] * 10)
    assert len(world.detect().raised) == 1
    world.happen(*["fp"] * 5, at=100)
    grown = world.detect()
    assert (len(grown.raised), len(grown.grown), grown.events) == (0, 1, 5)
    assert world.count("brute_force_user") == 15
    assert world.detect() == Pass(0, (), ())


def test_a_window_reaches_over_a_restart(world: World) -> None:
    for number in range(5):
        assert world.detect().raised == ()
        world.happen("fp", "fp", at=number * 60)
    assert len(world.detect().raised) == 1
    assert world.count("brute_force_user") == 10


def test_one_process_finds_what_many_do(world: World) -> None:
    detector = world.detector()
    for number in range(6):
        world.happen("fp", "fp", at=number * 60)
        detector.run_once()
    assert world.count("brute_force_user") == 12


def test_a_late_event_completes_an_incident(world: World) -> None:
    world.happen(*["fp"] * 9, at=10)
    assert world.detect().raised == ()
    world.happen("fp", at=0)
    assert len(world.detect().raised) == 1
    assert world.alerts()["brute_force_user"]["event"]["start"] == to_iso(START)


def test_what_comes_after_the_window_is_another_incident(world: World) -> None:
    world.happen(*["fp"] * 10)
    world.happen(*["fp"] * 10, at=3600)
    assert len(world.detect().raised) == 2
    assert world.detect() == Pass(0, (), ())


def test_a_rule_that_is_off_raises_nothing(world: World) -> None:
    world.happen("pwd_leak")
    assert world.detect(RuleSettings(name="breached_password", enabled=False)).raised == ()


def test_the_operators_threshold_counts(world: World) -> None:
    world.happen(*["fp"] * 4)
    assert len(world.detect(RuleSettings(name="brute_force_user", count=4)).raised) == 1


def test_the_operators_time_of_silence_counts(world: World, rules: list[Rule]) -> None:
    world.rules = [rule for rule in rules if rule.id == "delivery_silence"]
    world.happen("s")
    quiet = RuleSettings(name="delivery_silence", timespan=8 * 3600)

    def in_two_hours() -> float:
        return time.time() + 2 * 3600

    assert world.detector(None, quiet, clock=in_two_hours).run_once().raised == ()
    (incident,) = world.detector(None, clock=in_two_hours).run_once().raised
    assert incident.reason == "no event for 60 minutes"


@pytest.mark.parametrize(
    "exceptions",
    [{"except_users": "auth0|1"}, {"except_addresses": "81.2.69.143"}, {"except_addresses": "81.2.69.0/24"}],
)
def test_an_excepted_event_is_not_seen(world: World, exceptions: dict[str, str]) -> None:
    world.happen("pwd_leak")
    excepted = {name: (value,) for name, value in exceptions.items()}
    assert world.detect(RuleSettings(name="breached_password", **excepted)).raised == ()


def test_a_journey_is_compared_with_what_was_before_a_restart(world: World) -> None:
    world.happen("s", ip="81.2.69.143")
    assert world.detect().raised == ()
    world.happen("s", ip="176.77.64.10", at=1200)
    (incident,) = world.detect().raised
    assert incident.rule.id == "impossible_travel"
    assert incident.values == ["Abingdon, GB", "Moscow, RU"]
    assert incident.count == 2


def dying(engine: Engine, after: int) -> Engine:
    """An engine that stops answering after so many requests."""
    left = [after]

    def send(method: str, path: str, params: Any, headers: Any, body: Any) -> Answer:
        left[0] -= 1
        if left[0] < 0:
            raise EngineUnavailable("gone")
        return engine._transport(method, path, params, headers, body)

    return Engine(engine.distribution, send)


def test_wherever_it_dies_nothing_is_missed_or_told_twice(world: World) -> None:
    deaths = 0
    for round_ in range(14):
        world.happen(*EIGHT_THEN_SUCCESS, "pwd_leak", user=f"auth0|{round_}", at=round_ * 10)
        try:
            world.detector(dying(world.engine, round_ + 8)).run_once()
        except EngineUnavailable:
            deaths += 1
    world.detect()
    assert 5 < deaths < 14
    stream = AlertStream(world.engine, world.namespace)
    world.engine.call("POST", f"/{stream.name}/_refresh")
    hits = world.engine.call("POST", f"/{stream.name}/_search", {"size": 100})["hits"]["hits"]
    told = sorted((hit["_source"]["rule"]["id"], hit["_source"]["auth0"]["alerts"]["count"]) for hit in hits)
    assert told == [("breached_password", 1)] * 14 + [("success_after_failures_user", 9)] * 14


def test_a_second_detector_of_the_same_namespace_is_noticed(world: World) -> None:
    one, other = world.detector(), world.detector()
    one.run_once()
    with pytest.raises(EngineError, match="409"):
        other.run_once()


def test_the_state_is_in_a_hidden_index(world: World) -> None:
    store = StateStore(world.engine, world.namespace)
    assert store.read() is None
    store.write(State(42, "abcd"))
    assert StateStore(world.engine, world.namespace).read() == State(42, "abcd")
    settings = world.engine.call("GET", f"/{store.index}/_settings")[store.index]["settings"]["index"]
    assert settings["hidden"] == "true"


def test_an_alert_tells_its_incident_again(world: World) -> None:
    world.happen(*["fp"] * 10)
    (incident,) = world.detect().raised
    assert incident.location is not None
    again = incident_of(document(incident, "default"), incident.rule, incident.location)
    assert document(again, "default") == document(incident, "default")


def test_without_setup_it_says_so(engine: Engine, rules: list[Rule], namespace: str) -> None:
    def send(method: str, path: str, params: Any, headers: Any, body: Any) -> Answer:
        return Answer(404, {}) if "_index_template" in path else engine._transport(method, path, params, headers, body)

    with pytest.raises(EngineError, match=r"logs-auth0\.alerts is not installed; run 'auth0-elastic setup'"):
        World(engine, namespace, rules).detector(Engine(engine.distribution, send))


def test_an_alert_says_what_lists_know_of_its_addresses(world: World) -> None:
    tor, allow = Match("tor", "exits", "81.2.69.143/32"), Match("allow", "ours", "8.0.0.0/8")
    known = {"81.2.69.143": (tor,), "8.8.8.8": (allow,)}
    world.happen("pwd_leak")
    world.detect(lookup=lambda address: known.get(address, ()))
    world.happen("pwd_leak", at=60, ip="8.8.8.8")
    world.detect(lookup=lambda address: known.get(address, ()))
    alert = world.alerts()["breached_password"]
    assert alert["threat"]["indicator"] == {"ip": ["81.2.69.143"], "type": ["ipv4-addr"], "provider": ["exits"]}
    assert alert["auth0"]["reputation"] == [
        {"address": "81.2.69.143", "kind": "tor", "list": "exits", "network": "81.2.69.143/32"},
        {"address": "8.8.8.8", "kind": "allow", "list": "ours", "network": "8.0.0.0/8"},
    ]


def test_that_an_incident_has_grown_tenfold_is_told_once_over_restarts(world: World) -> None:
    told: list[tuple[list[int], list[int]]] = []
    for number, events in enumerate([10, 85, 6, 5, 100]):
        world.happen(*["fp"] * events, at=number * 60)
        detector = world.detector(tell=lambda *news: told.append(counts(*news)))
        detector.run_once()
    assert told == [([10], []), ([], []), ([], [101]), ([], []), ([], [])]
    own = world.alerts()["brute_force_user"]["auth0"]["alerts"]
    assert (own["initial_count"], own["count"]) == (10, 206)


def counts(raised: Sequence[Incident], surged: Sequence[Incident]) -> tuple[list[int], list[int]]:
    return [incident.count for incident in raised], [incident.count for incident in surged]


def test_what_was_written_before_the_engine_failed_is_told_all_the_same(world: World) -> None:
    told: list[Incident] = []
    for requests in range(40):
        world.happen("pwd_leak", user=f"auth0|{requests}")
        with suppress(EngineUnavailable):
            detector = world.detector(dying(world.engine, requests), tell=lambda raised, surged: told.extend(raised))
            detector.run_once()
    world.detector(tell=lambda raised, surged: told.extend(raised)).run_once()
    assert len(told) == len({incident.id for incident in told}) == 40
