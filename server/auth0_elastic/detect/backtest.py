"""What the rules would have raised over a stretch of the past; nothing is written."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from auth0_elastic.config.detect_settings import Detect
from auth0_elastic.detect.evaluate import RuleEvaluator
from auth0_elastic.detect.history import EngineHistory
from auth0_elastic.detect.incident import Incident, Incidents
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.scan import HAPPENED, Scan, streams_of
from auth0_elastic.engine.client import Engine
from auth0_elastic.reputation.match import Lookup

OnPage = Callable[[int, int], None]
"""Is told how many events have been read, and up to when (epoch milliseconds)."""


def backtest(
    engine: Engine,
    namespace: str,
    rules: Iterable[Rule],
    settings: Detect,
    lookup: Lookup,
    since: int,
    on_page: OnPage = lambda events, at: None,
) -> list[Incident]:
    """The incidents of the rules that are on, by @timestamp from `since` (epoch ms) to now.

    Silence is not looked for: it is not in the past. Raises RuleError or EngineError.
    """
    enabled = [rule for rule in rules if settings.of(rule.id).enabled]
    streams = streams_of(namespace, enabled)
    history = EngineHistory(engine, streams)
    evaluators = [RuleEvaluator(rule, settings.of(rule.id), history, lookup) for rule in enabled]
    begin = {each.rule.id: since - each.rule.timespan for each in evaluators}
    incidents, found, read = Incidents(), dict[str, Incident](), 0
    for page in Scan(engine, streams, enabled, HAPPENED).pages(begin, int(time.time() * 1000)):
        events = [replace(event, ingested=event.at) for event in page]
        for each in evaluators:
            for firing in each.feed(events):
                if any(event.at >= since for event in firing.events):
                    incident = incidents.add(each.rule, firing)
                    incident.changed = False
                    found[incident.id] = incident
        incidents.close(events[-1].at)
        read += len(events)
        on_page(read, events[-1].at)
    return list(found.values())
