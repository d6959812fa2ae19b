"""Incidents: all that a rule finds of one key, until nothing more comes for the rule's window; pure."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from auth0_elastic.detect.correlate import LATENESS, Key
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Rule
from auth0_elastic.reputation.match import Listed, Lookup

MOST: Final = 100
"""Event ids, values and entities of an incident that its alert names."""
SURGE: Final = 10

T = TypeVar("T")

ENTITIES: Final = {
    "user.id": ("user.id",),
    "user.name": ("user.name",),
    "user.email": ("user.email",),
    "source.ip": ("source.ip",),
    "source.geo.country_iso_code": ("source.geo.country_iso_code",),
    "source.as.number": ("source.as.number",),
    "source.as.organization.name": ("source.as.organization.name",),
    "organization.id": ("organization.id",),
    "auth0.client.id": ("auth0.logs.data.client_id", "auth0.client.id"),
    "auth0.client.name": ("auth0.logs.data.client_name", "auth0.client.name"),
    "auth0.tenant.name": ("auth0.logs.data.tenant_name", "auth0.tenant.name"),
}
"""By the fields of an alert, those of the logs and the events of Actions."""


@dataclass(slots=True)
class Location:
    """Where an alert is in the engine, and which version of it."""

    index: str
    seq_no: int
    primary_term: int


@dataclass(slots=True, eq=False)
class Incident:
    """Times are epoch milliseconds. `changed` says that its alert is to be written; `touched` is when it last grew.

    `initial` is how many events it had when its alert was first written, `written` when it was last; 0 is never.
    """

    id: str
    rule: Rule
    key: Key
    first: int
    last: int
    touched: int
    count: int = 0
    reason: str = ""
    event_ids: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    entities: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in ENTITIES})
    listed: list[Listed] = field(default_factory=list)
    initial: int = 0
    written: int = 0
    location: Location | None = None
    changed: bool = True

    def add(self, firing: Firing) -> None:
        new = [event for event in firing.events if event.id not in self.event_ids]
        if not new:
            return
        self.changed = True
        self.count += len(new)
        self.reason = firing.reason
        self.first = min(self.first, *(event.at for event in new))
        self.last = max(self.last, *(event.at for event in new))
        self.touched = max(self.touched, *(event.ingested for event in new))
        _extend(self.event_ids, (event.id for event in new))
        _extend(self.values, firing.values)
        for name, fields in ENTITIES.items():
            _extend(self.entities[name], (value for event in new for each in fields for value in event.values(each)))

    def look_up(self, lookup: Lookup) -> None:
        """Notes what is known of its addresses by now."""
        for address in self.entities["source.ip"]:
            _extend(self.listed, (Listed(address, *match) for match in lookup(address)))

    def was_written(self) -> None:
        self.initial, self.written, self.changed = self.initial or self.count, self.count, False

    @property
    def is_surging(self) -> bool:
        """Whether it has, for the first time, ten times as many events as when its alert was first written."""
        return self.written < SURGE * self.initial <= self.count


class Incidents:
    """Those that may still grow."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Key], list[Incident]] = {}

    def __iter__(self) -> Iterator[Incident]:
        return (incident for found in self._open.values() for incident in found)

    def know(self, incident: Incident) -> None:
        """One that was there before."""
        self._open.setdefault((incident.rule.id, incident.key), []).append(incident)

    def add(self, rule: Rule, firing: Firing) -> Incident:
        """The incident that the firing is part of, which it may have begun."""
        first = min(event.at for event in firing.events)
        last = max(event.at for event in firing.events)
        for incident in self._open.get((rule.id, firing.key), ()):
            if first - rule.window <= incident.last and last + rule.window >= incident.first:
                incident.add(firing)
                return incident
        begin = min(firing.events, key=lambda event: (event.at, event.id))
        incident = Incident(incident_id(rule, firing.key, begin), rule, firing.key, first, last, begin.ingested)
        incident.add(firing)
        self.know(incident)
        return incident

    def changed(self) -> list[Incident]:
        return [incident for incident in self if incident.changed]

    def close(self, now: int) -> None:
        """Forgets those to which nothing has come for their rule's window and the time that events may be late."""
        for key, found in list(self._open.items()):
            kept = [each for each in found if each.changed or now <= each.touched + each.rule.window + LATENESS]
            if kept:
                self._open[key] = kept
            else:
                del self._open[key]


def incident_id(rule: Rule, key: Key, begin: Event) -> str:
    """The same whenever the same events are looked at anew."""
    text = "\x1f".join([rule.id, *(part for pair in key for part in pair), begin.id])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _extend(known: list[T], new: Iterable[T]) -> None:
    for value in new:
        if len(known) >= MOST:
            return
        if value not in known:
            known.append(value)
