"""Detects: reads what is new, evaluates the rules, writes the alerts, remembers how far it has come."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from auth0_elastic.config.detect_settings import Detect
from auth0_elastic.detect.alert_stream import AlertStream
from auth0_elastic.detect.correlate import LATENESS
from auth0_elastic.detect.evaluate import RuleEvaluator
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.history import EngineHistory
from auth0_elastic.detect.incident import Incident, Incidents
from auth0_elastic.detect.recent_ids import RecentIds
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.scan import Scan, streams_of
from auth0_elastic.detect.state import State, StateStore
from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError
from auth0_elastic.package_files import load_assets
from auth0_elastic.reputation.match import Lookup
from auth0_elastic.setup.confirm import confirm

_log = logging.getLogger(__name__)

OVERLAP: Final = 30_000
"""How long after its event.ingested, in milliseconds, an event may become searchable: bulk requests and refreshes."""
LOOK_BACK: Final = 24 * 3_600_000
_PAGES_A_STATE: Final = 25


@dataclass(frozen=True, slots=True)
class Pass:
    """What came of one pass: how many events the rules looked at, new incidents, and those that grew."""

    events: int
    raised: tuple[Incident, ...]
    grown: tuple[Incident, ...]


Tell = Callable[[Sequence[Incident], Sequence[Incident]], None]
"""Is given new incidents, and those that have ten times as many events as at first; each is given twice at most."""


class Detector:
    """Goes on where the last one of its namespace ended. After an EngineError it is done with: make another.

    What a rule has to remember it reads once more from the engine. It begins `look_back` milliseconds ago where nothing
    was detected before. Alerts are written before the state, and an incident's id is the same whenever the same events
    are looked at, so that nothing is missed and nothing repeated, whenever it ends.
    """

    def __init__(
        self,
        engine: Engine,
        namespace: str,
        rules: Iterable[Rule],
        settings: Detect,
        lookup: Lookup,
        *,
        look_back: int = LOOK_BACK,
        tell: Tell = lambda raised, surged: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`tell` is called once the alerts are written.

        Raises RuleError, or EngineError also where the alerts' data stream is not set up.
        """
        if problem := confirm(engine, load_assets("alerts"), namespace, "detect"):
            raise EngineError(problem)
        enabled = [rule for rule in rules if settings.of(rule.id).enabled]
        self._clock, self._lookup, self._tell = clock, lookup, tell
        self._streams = streams_of(namespace, enabled)
        self._history = EngineHistory(engine, self._streams)
        self._rules = [RuleEvaluator(rule, settings.of(rule.id), self._history, lookup) for rule in enabled]
        self._scan = Scan(engine, self._streams, enabled)
        self._alerts = AlertStream(engine, namespace)
        self._store = StateStore(engine, namespace)
        self._incidents = Incidents()
        self._cursor, self._is_first = 0, True
        self._overlap = max(OVERLAP, 2 * refresh_interval(engine, self._streams))
        self._resume(look_back)

    def run_once(self) -> Pass:
        """One pass over all that is new. Raises EngineError."""
        newest = self._history.newest()
        read, raised, grown = 0, list[Incident](), list[Incident]()
        for number, events in enumerate(self._scan.pages(self._since()), 1):
            read += self._evaluate(events)
            self._write(raised, grown)
            self._cursor = max(self._cursor, *(event.ingested for event in events))
            if number % _PAGES_A_STATE == 0:
                self._remember()
        for rule in self._rules:
            self._fire(rule, [], self._now)
        self._write(raised, grown)
        self._cursor = max(self._cursor, newest.ingested if newest else 0)
        self._is_first = False
        self._incidents.close(self._now)
        self._remember()
        return Pass(read, tuple(raised), tuple(dict.fromkeys(grown)))

    @property
    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _resume(self, look_back: int) -> None:
        state = self._store.read() or State(self._now - look_back)
        self._cursor = state.cursor
        self._begin = state.cursor - self._overlap
        self._recent = RecentIds(state.recent, state.cursor)
        rules = {each.rule.id: each.rule for each in self._rules}
        longest = max((rule.window for rule in rules.values()), default=0)
        for incident in self._alerts.known_since(rules, self._begin - longest - LATENESS):
            self._incidents.know(incident)

    def _since(self) -> Mapping[str, int]:
        """By rule, from when on to read; at first as far back as its windows reach, twice: what was told then?"""
        begin = self._cursor - self._overlap
        if self._is_first:
            return {each.rule.id: begin - 2 * each.rule.timespan for each in self._rules}
        late = self._recent.first_unlike(self._scan.counts(begin // 1000 * 1000 + 1000, self._cursor // 1000 * 1000))
        begin = self._cursor // 1000 * 1000 if late is None else late * 1000
        return {each.rule.id: begin for each in self._rules}

    def _evaluate(self, events: Sequence[Event]) -> int:
        """How many of them are new."""
        old = [event for event in events if event.ingested < self._begin or event.id in self._recent]
        known = {event.id for event in old}
        new = [event for event in events if event.id not in known]
        for rule in self._rules:
            if self._is_first and rule.remembers:
                rule.feed(old)
            self._fire(rule, new)
        for event in new:
            self._recent.add(event.id, event.ingested)
        for event in new if not self._is_first else events:
            self._recent.count(event.ingested, self._scan.searches_of(event))
        return len(new)

    def _fire(self, rule: RuleEvaluator, events: Sequence[Event], now: int | None = None) -> None:
        for firing in rule.feed(events) if now is None else rule.tick(now):
            self._incidents.add(rule.rule, firing)

    def _write(self, raised: list[Incident], grown: list[Incident]) -> None:
        """Tells also of what was written before the engine failed: nobody finds it new again."""
        changed = self._incidents.changed()
        if not changed:
            return
        for incident in changed:
            incident.look_up(self._lookup)
        surging, new = [incident for incident in changed if incident.is_surging], list[Incident]()
        try:
            self._alerts.write(changed, new)
        finally:
            for incident in new:
                _log.info("%s: %s: %s", incident.rule.level, incident.rule.id, incident.reason)
            self._tell(new, [incident for incident in surging if not incident.changed])
        raised += new
        grown += [incident for incident in changed if incident not in raised]

    def _remember(self) -> None:
        self._recent.forget(self._cursor - self._overlap)
        self._store.write(State(self._cursor, self._recent.as_text()))


def refresh_interval(engine: Engine, streams: str) -> int:
    """The longest of the indices', in milliseconds; a second where none is set. Raises EngineError."""
    found = engine.call(
        "GET",
        f"/{streams}/_settings/index.refresh_interval",
        params={"flat_settings": "true", "ignore_unavailable": "true", "allow_no_indices": "true"},
    )
    texts = [body.get("settings", {}).get("index.refresh_interval", "1s") for body in found.values()]
    units = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
    matches = [re.fullmatch(r"(\d+)(ms|s|m|h)", text) for text in texts]
    return max((int(match[1]) * units[match[2]] for match in matches if match), default=1_000)
