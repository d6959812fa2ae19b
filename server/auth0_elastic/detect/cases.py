"""The cases beside a rule: raw events, through the pipeline of a real engine, and how many alerts come of them."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from auth0_elastic.config.detect_settings import RuleSettings
from auth0_elastic.detect.evaluate import RuleEvaluator
from auth0_elastic.detect.event import Event, to_iso, to_milliseconds
from auth0_elastic.detect.history import EngineHistory
from auth0_elastic.detect.incident import Incident, Incidents
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.scan import Scan, streams_of
from auth0_elastic.detect.search import columns, event_of
from auth0_elastic.detect.sigma import CASES, RuleError
from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError
from auth0_elastic.reputation.match import Match
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.spool.backlog import SpooledEvent

Json = dict[str, Any]

START: Final = to_milliseconds("2026-03-04T10:00:00.000Z")
_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_KEYS: Final = {"name", "events", "alerts", "level", "now", "reputation"}
_AT_ONCE: Final = 1_000

Deliver = Callable[[str, list[bytes]], None]
"""Brings raw events to a data stream, logs or actions; when it returns, they can be searched for."""


@dataclass(frozen=True, slots=True)
class Case:
    """`events` are raw, with `at` as an offset from the case's start; `now` is when silence is looked for."""

    rule: str
    name: str
    events: tuple[Json, ...]
    alerts: int
    level: str | None = None
    now: str | None = None
    reputation: Mapping[str, str] | None = None


def cases_path(rule: Path) -> Path:
    return rule.with_name(rule.stem + CASES)


def read_cases(rule: Path) -> list[Case]:
    """The cases beside a rule's file. Raises RuleError."""
    path = cases_path(rule)
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuleError(path, f"it cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, list):
        raise RuleError(path, "it has to be a list of cases: name, events, alerts")
    return [_case(path, rule.stem, each) for each in found]


def _case(path: Path, rule: str, given: Any) -> Case:
    if not isinstance(given, dict) or not {"name", "events", "alerts"} <= given.keys() <= _KEYS:
        raise RuleError(path, f"a case has name, events and alerts, and may have level, now and reputation: {given}")
    return Case(rule, **given | {"events": tuple(given["events"])})


def offset(text: str) -> int:
    """Milliseconds of +30s, +1d2h or -5m. Raises ValueError."""
    found = re.fullmatch(r"([+-]?)((?:\d+[smhd])+)", str(text))
    if found is None:
        raise ValueError(f"{text} is no offset; write +30s, +10m or +1d2h")
    length = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", found[2]))
    return -length if found[1] == "-" else length


class CaseBench:
    """Indexes the events of all cases at once, in a namespace whose data streams are installed; then runs any case."""

    def __init__(
        self,
        engine: Engine,
        namespace: str,
        rules: Iterable[Rule],
        cases: Sequence[Case],
        deliver: Deliver | None = None,
    ) -> None:
        """Without `deliver`, the events are given to the engine by the shortest way. Raises EngineError."""
        self._engine = engine
        self._rules = {rule.path.stem: rule for rule in rules}
        self._streams = streams_of(namespace, list(self._rules.values()))
        self._ids: dict[tuple[str, str], list[str]] = {}
        self._index(cases, deliver or _by_bulk(engine, namespace))
        self._events = self._read()

    def run(self, case: Case) -> list[Incident]:
        """The incidents that the case's rule makes of its events alone. Raises RuleError or EngineError."""
        rule, ids = self._rules[case.rule], self._ids[case.rule, case.name]
        history = _CaseHistory(self._engine, self._streams, [{"ids": {"values": ids}}])
        known = {address: (Match(kind, kind, address),) for address, kind in (case.reputation or {}).items()}
        evaluator = RuleEvaluator(rule, RuleSettings(name=rule.id), history, lambda address: known.get(address, ()))
        incidents = Incidents()
        events = _as_they_came(self._events[each] for each in ids if each in self._events)
        for firing in evaluator.feed(events) + evaluator.tick(_now(case)):
            incidents.add(rule, firing)
        return list(incidents)

    def _index(self, cases: Sequence[Case], deliver: Deliver) -> None:
        raws: dict[str, list[bytes]] = {}
        for number, case in enumerate(cases):
            for place, event in enumerate(case.events):
                raw = raw_event(event, START, number, place)
                raws.setdefault(event.get("service", "logs"), []).append(raw)
                self._ids.setdefault((case.rule, case.name), []).append(document_id(raw))
        for stream, some in raws.items():
            deliver(stream, some)

    def _read(self) -> dict[str, Event]:
        rules = list(self._rules.values())
        pages = Scan(self._engine, self._streams, rules).pages({rule.id: 0 for rule in rules})
        return {event.id: event for page in pages for event in page}


class _CaseHistory(EngineHistory):
    """Of one case's events, as if each had been ingested when it happened."""

    def newest(self) -> Event | None:
        query = {"bool": {"filter": self._narrowed}}
        hits = self._search({"size": 1, "query": query, "sort": [{"@timestamp": "desc"}]} | columns())["hits"]["hits"]
        events = [event_of(hit) for hit in hits]
        return replace(events[0], ingested=events[0].at) if events else None


def _by_bulk(engine: Engine, namespace: str) -> Deliver:
    def deliver(stream: str, raws: list[bytes]) -> None:
        writer = DocumentWriter(namespace, f"auth0.{stream}", [], preserve_original_event=False)
        for start in range(0, len(raws), _AT_ONCE):
            some = enumerate(raws[start : start + _AT_ONCE])
            body = writer.bulk_body((document_id(raw), SpooledEvent("cases", at, START, raw)) for at, raw in some)
            answer = engine.bulk(f"/logs-auth0.{stream}-{namespace}/_bulk", body, params={"refresh": "true"})
            failed = [each["create"] for each in answer.body["items"] if each["create"]["status"] >= 400]
            if failed:
                raise EngineError(f"{stream} does not take {len(failed)} of the cases' events: {failed[0]}")

    return deliver


def raw_event(event: Json, start: int, number: int, place: int) -> bytes:
    """A short event, whose `at` counts from `start` (epoch ms), as Auth0 sends it; the numbers make its id its own."""
    at = start + offset(event["at"])
    rest = {name: value for name, value in event.items() if name not in ("at", "service")}
    identity = f"900{re.sub(r'[^0-9]', '', to_iso(at))}{number:018d}{place:018d}"
    if event.get("service") == "actions":
        return json.dumps({"event_id": identity, "event_time": to_iso(at)} | rest).encode()
    frame = {"date": to_iso(at), "log_id": identity, "tenant_name": "example-tenant"}
    return json.dumps({"log_id": identity, "data": frame | rest}).encode()


def _as_they_came(events: Iterable[Event]) -> list[Event]:
    """In the order of the file; each came when it happened, or with the one before it if that was later."""
    came, found = 0, []
    for event in events:
        came = max(came, event.at)
        found.append(replace(event, ingested=came))
    return found


def _now(case: Case) -> int:
    return START + (offset(case.now) if case.now else max((offset(each["at"]) for each in case.events), default=0))
