"""The engine: who it is, what is installed there, what we may do, and how fresh the newest event is."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from auth0_elastic.config.settings import Settings
from auth0_elastic.doctor.finding import Finding
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.errors import EngineError
from auth0_elastic.package_files import Assets, load_assets
from auth0_elastic.setup.confirm import confirm
from auth0_elastic.setup.roles import role

OLDEST_VERSION = {"elasticsearch": (8, 0), "opensearch": (2, 0)}
SILENT = timedelta(hours=24)
SLOW = timedelta(minutes=10)
RECENT_EVENTS = 100


def examine_engine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Stops at the first thing without which the rest cannot be asked."""
    try:
        engine = connect(settings.elasticsearch)
        root = engine.call("GET", "/")
    except EngineError as error:
        yield Finding("engine", "problem", str(error), "check elasticsearch.hosts, the credentials and ssl")
        return
    yield _version(engine, root)
    for name in settings.spool.folders:
        assets = load_assets(name)
        yield from _examine_stream(engine, assets, f"{assets.name}-{settings.data_stream.namespace}", settings, now)


def _version(engine: Engine, root: Any) -> Finding:
    number = str(root["version"]["number"])
    major, minor = OLDEST_VERSION[engine.distribution]
    parts = tuple(map(int, re.findall(r"\d+", number)[:2]))
    if parts < (major, minor):
        oldest = f"{engine.distribution} {major}.{minor}"
        return Finding("engine", "problem", f"{engine.distribution} {number} is too old", f"use {oldest} or newer")
    return Finding("engine", "ok", f"{engine.distribution} {number} answers")


def _examine_stream(
    engine: Engine, assets: Assets, stream: str, settings: Settings, now: datetime
) -> Iterator[Finding]:
    try:
        reason = confirm(engine, assets, settings.data_stream.namespace)
        if reason:
            problem, _, remedy = reason.rpartition("; ")
            yield Finding(stream, "problem", problem, remedy)
            return
        yield Finding(stream, "ok", f"version {assets.version} of the package is installed")
        yield _privileges(engine, stream)
        yield _newest(engine, stream, now)
    except EngineError as error:
        yield Finding(stream, "problem", str(error), "give the privileges of auth0-elastic setup --print-role shipper")


def _privileges(engine: Engine, stream: str) -> Finding:
    """Only Elasticsearch says what a user may do, and only where security is on."""
    check = f"{stream}: privileges"
    wanted = role("shipper", "elasticsearch")
    index = next(iter(wanted["indices"]))["privileges"]
    body = {"cluster": wanted["cluster"], "index": [{"names": [stream], "privileges": index}]}
    answer = engine.request("POST", "/_security/user/_has_privileges", body)
    if answer.status != 200 or engine.distribution != "elasticsearch":
        return Finding(check, "skipped", "the engine does not say what its users may do")
    granted = answer.body["cluster"] | answer.body["index"][stream]
    lacking = sorted(name for name, is_granted in granted.items() if not is_granted)
    if lacking:
        text = f"{answer.body['username']} lacks {', '.join(lacking)}"
        return Finding(check, "problem", text, "give the privileges of auth0-elastic setup --print-role shipper")
    return Finding(check, "ok", f"{answer.body['username']} may do all that the shipper does")


def _newest(engine: Engine, stream: str, now: datetime) -> Finding:
    check = f"{stream}: newest event"
    query = {
        "size": RECENT_EVENTS,
        "sort": [{"@timestamp": "desc"}],
        "_source": ["@timestamp", "event.ingested"],
    }
    answer = engine.request("POST", f"/{stream}/_search", query)
    hits = answer.body["hits"]["hits"] if answer.status == 200 else []
    if not hits:
        return Finding(check, "skipped", "there is none yet")
    return freshness(check, [hit["_source"] for hit in hits], now)


def freshness(check: str, newest_first: list[dict[str, Any]], now: datetime) -> Finding:
    """How old the newest event is, and how long the last ones took from Auth0 into the engine."""
    age = now - _time(newest_first[0]["@timestamp"])
    ingested = [(each, each["event"]["ingested"]) for each in newest_first if each.get("event")]  # ours all have it
    taken = [_time(then) - _time(each["@timestamp"]) for each, then in ingested] or [age]
    lag = timedelta(seconds=median(each.total_seconds() for each in taken))
    text = f"{_short(age)} ago; the last {len(taken)} took {_short(lag)} from Auth0 to here (median)"
    if age > SILENT:
        return Finding(check, "warning", text, "see whether the log stream is active: auth0-elastic stream status")
    if lag > SLOW:
        return Finding(
            check, "warning", text, "see whether Auth0 or the spool is behind; gap filling also looks like it"
        )
    return Finding(check, "ok", text)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _short(span: timedelta) -> str:
    seconds = max(span.total_seconds(), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s"
