"""Evaluates rules over events: which fire, for whom, because of what."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from auth0_elastic.config.detect_settings import RuleSettings
from auth0_elastic.detect.correlate import Correlators, Finding, Key
from auth0_elastic.detect.duration import in_words
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.exceptions import Excepted
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Correlation, Entity, Rule, Stateful
from auth0_elastic.detect.search import base_name
from auth0_elastic.detect.sigma import RuleError
from auth0_elastic.detect.stateful import STATEFUL, History, StatefulRule, parameters_of
from auth0_elastic.reputation.match import Lookup

_ENTITIES: dict[Entity, tuple[str, ...]] = {
    "user": ("user.id", "user.name"),
    "source": ("source.ip",),
    "client": ("auth0.logs.data.client_id", "auth0.client.id"),
    "tenant": (),
}
_FALLBACK = ("auth0.logs.data.client_id", "auth0.client.id", "source.ip")


class Evaluator(Protocol):
    """Of one rule; `names` are those of the bases that found an event."""

    def feed(self, events: Sequence[tuple[Event, frozenset[str]]]) -> Iterable[Firing]: ...

    def tick(self, now: int) -> Iterable[Firing]: ...


class RuleEvaluator:
    """Gives a rule its events, without those that are excepted. Raises RuleError."""

    def __init__(self, rule: Rule, settings: RuleSettings, history: History, lookup: Lookup) -> None:
        self.rule = tuned(rule, settings)
        self.remembers = bool(rule.correlations)
        """Whether it has to see anew, after a restart, what it saw before."""
        self._names = {base_name(rule, base): base.name for base in rule.bases}
        try:
            self._excepted = Excepted(settings)
            self._evaluator = _evaluator(self.rule, history, lookup)
        except ValueError as error:
            raise RuleError(rule.path, str(error)) from error

    def feed(self, events: Iterable[Event]) -> list[Firing]:
        """Raises EngineError."""
        mine = [
            (event, frozenset(self._names[name] for name in event.matched & self._names.keys()))
            for event in events
            if not event.matched.isdisjoint(self._names) and not self._excepted(event)
        ]
        return list(self._evaluator.feed(mine)) if mine else []

    def tick(self, now: int) -> list[Firing]:
        """Raises EngineError."""
        return list(self._evaluator.tick(now))


def tuned(rule: Rule, settings: RuleSettings) -> Rule:
    """The rule with the operator's window and threshold; a chain's threshold is that of what it counts.

    Of a rule in Python they are its parameters `timespan` and `count`, if it has them.
    """
    span = None if settings.timespan is None else int(settings.timespan * 1000)
    *inner, last = rule.correlations or (None,)
    counting = next((each for each in reversed(rule.correlations) if each.kind.endswith("count")), None)
    correlations = [_tuned(each, span if each is last else None, settings.count if each is counting else None)
                    for each in (*inner, last) if each is not None]  # fmt: skip
    return replace(
        rule,
        correlations=tuple(correlations),
        window=rule.window if span is None else span,
        stateful=_with_parameters(rule.stateful, span, settings.count) if rule.stateful else None,
    )


def _tuned(correlation: Correlation, span: int | None, count: int | None) -> Correlation:
    return replace(correlation, timespan=span or correlation.timespan, count=count or correlation.count)


def _with_parameters(stateful: Stateful, span: int | None, count: int | None) -> Stateful:
    wanted = {"timespan": None if span is None else f"{max(1, span // 1000)}s", "count": count}
    known = parameters_of(stateful.name)
    given = {name: value for name, value in wanted.items() if value is not None and name in known}
    return replace(stateful, parameters={**stateful.parameters, **given})


def _evaluator(rule: Rule, history: History, lookup: Lookup) -> Evaluator:
    if rule.stateful is not None:
        kind = STATEFUL.get(rule.stateful.name)
        if kind is None:
            raise ValueError(f"stateful: {rule.stateful.name} is none of {', '.join(STATEFUL)}")
        return _Stateful(kind(rule, history, lookup))
    return _Correlated(rule) if rule.correlations else _Single(rule)


class _Single:
    """Each event fires."""

    def __init__(self, rule: Rule) -> None:
        self._entity = rule.entity

    def feed(self, events: Sequence[tuple[Event, frozenset[str]]]) -> Iterable[Firing]:
        return (Firing(entity_key(self._entity, event), (event,), _sentence(event)) for event, _ in events)

    def tick(self, now: int) -> Iterable[Firing]:
        return ()


class _Correlated:
    def __init__(self, rule: Rule) -> None:
        self._correlators = Correlators(rule.correlations)
        self._last = rule.correlations[-1]

    def feed(self, events: Sequence[tuple[Event, frozenset[str]]]) -> Iterable[Firing]:
        for event, names in events:
            for finding in self._correlators.feed(event, names):
                yield _firing(self._last, finding)

    def tick(self, now: int) -> Iterable[Firing]:
        return ()


class _Stateful:
    def __init__(self, rule: StatefulRule) -> None:
        self._rule = rule

    def feed(self, events: Sequence[tuple[Event, frozenset[str]]]) -> Iterable[Firing]:
        return self._rule.feed([event for event, _ in events])

    def tick(self, now: int) -> Iterable[Firing]:
        return self._rule.tick(now)


def entity_key(entity: Entity, event: Event) -> Key:
    """Whose event it is; a tenant's has no key. What has no user is the client's that acted, or the address's."""
    names = _ENTITIES[entity]
    for name in (*names, *_FALLBACK) if names else ():
        if value := event.first(name):
            return ((name, value),)
    return ()


def _firing(correlation: Correlation, finding: Finding) -> Firing:
    events = tuple(sorted((cause.event for cause in finding.causes), key=lambda event: event.at))
    counted = correlation.counted
    values = tuple(dict.fromkeys(value for event in events for value in event.values(counted))) if counted else ()
    return Firing(finding.key, events, _reason(correlation, finding.measure), values)


def _reason(correlation: Correlation, measure: int) -> str:
    within = f"within {in_words(correlation.timespan)}"
    match correlation.kind:
        case "event_count":
            return f"{measure} events {within}"
        case "value_count":
            return f"{measure} different {correlation.counted} {within}"
        case "temporal":
            return f"{measure} kinds of events {within}"
    return f"one after another {within}"


def _sentence(event: Event) -> str:
    return event.first("message") or "one event"
