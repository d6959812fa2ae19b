"""Measures what the pipeline costs a document, beside a baseline that does no more than any pipeline must."""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median
from typing import Any

from auth0_elastic.engine.client import Engine, reason_of
from auth0_elastic.errors import EngineRefused
from auth0_elastic.package_files import Assets, for_distribution

Json = dict[str, Any]

BATCH = 1000  # documents a request; an engine tells the time of a request in milliseconds
BASELINE: Json = {
    "processors": [
        {"json": {"field": "message", "target_field": "json"}},
        {"date": {"field": "json.data.date", "formats": ["ISO8601"], "ignore_failure": True}},
        {"geoip": {"field": "json.data.ip", "target_field": "source.geo", "ignore_missing": True}},
        {
            "geoip": {
                "field": "json.data.ip",
                "target_field": "source.as",
                "database_file": "GeoLite2-ASN.mmdb",
                "ignore_missing": True,
            }
        },
        {"user_agent": {"field": "json.data.user_agent", "ignore_missing": True}},
    ],
    "on_failure": [],
}


@dataclass(frozen=True)
class Profile:
    """Microseconds a document, when warm."""

    engine: str
    documents: int
    """Of one round."""
    rounds: int
    processors: tuple[tuple[str, float], ...]
    """Each processor's tag and its time, the slowest first."""
    untold: tuple[str, ...]
    """Tags of those whose time the engine does not tell."""
    pipeline: float
    baseline: float
    ratio: float
    """The median of the rounds' ratios of pipeline to baseline."""


def profile(
    engine: Engine, assets: Assets, documents: Sequence[Json], rounds: int, on_round: Callable[[], None] = lambda: None
) -> Profile:
    """Sends the documents to both pipelines in turn, `rounds` times to warm up and as often to measure.

    Nothing is indexed. `on_round` is called after each of the 2 * `rounds`. Raises EngineError.
    """
    bodies = _bodies(documents)
    ours = for_distribution(assets, engine.distribution).pipelines[assets.default_pipeline]
    with _dropping(engine, ours) as pipeline, _dropping(engine, BASELINE) as baseline:
        for _ in range(rounds):
            _took(engine, pipeline, bodies), _took(engine, baseline, bodies)
            on_round()
        before = _times(engine, pipeline)
        taken: list[tuple[float, float]] = []
        for _ in range(rounds):
            taken.append((_took(engine, pipeline, bodies), _took(engine, baseline, bodies)))
            on_round()
        after = _times(engine, pipeline)
    untold = _untold(engine, ours)
    costs = [(tag, _cost(engine, before[tag], after[tag])) for tag in after if tag not in (_DROP, *untold)]
    return Profile(
        engine=_name_of(engine),
        documents=len(bodies) * BATCH,
        rounds=rounds,
        processors=tuple(sorted(costs, key=lambda cost: -cost[1])),
        untold=untold,
        pipeline=median(each for each, _ in taken),
        baseline=median(each for _, each in taken),
        ratio=median(one / other for one, other in taken),
    )


_DROP = "drop"


def _bodies(documents: Sequence[Json]) -> list[bytes]:
    """Full requests of BATCH documents: what fills none is left out, or, when there is no other, sent repeatedly."""
    size = max(len(documents) // BATCH, 1) * BATCH
    lines = [b'{"create":{}}\n' + json.dumps(each).encode() + b"\n" for each in documents]
    filled = list(islice(cycle(lines), size))
    return [b"".join(filled[start : start + BATCH]) for start in range(0, size, BATCH)]


@contextmanager
def _dropping(engine: Engine, pipeline: Json) -> Iterator[str]:
    """The temporary name of a pipeline that drops all that it has processed."""
    name = f"auth0-elastic-profile-{secrets.token_hex(4)}"
    drop = [{"drop": {"tag": _DROP}}]
    body = {key: [*pipeline[key], *drop] for key in ("processors", "on_failure")}
    engine.call("PUT", f"/_ingest/pipeline/{name}", body)
    try:
        yield name
    finally:
        engine.call("DELETE", f"/_ingest/pipeline/{name}")


def _took(engine: Engine, pipeline: str, bodies: Sequence[bytes]) -> float:
    """Microseconds a document."""
    milliseconds = 0
    for body in bodies:
        answer = engine.bulk(f"/{pipeline}/_bulk", body, params={"pipeline": pipeline})
        if answer.status >= 400:
            raise EngineRefused("POST", f"/{pipeline}/_bulk", answer.status, reason_of(answer.body))
        milliseconds += answer.body["ingest_took"]
    return max(milliseconds, 1) * 1000 / (len(bodies) * BATCH)


def _times(engine: Engine, pipeline: str) -> dict[str, tuple[int, int]]:
    """By tag, the documents that a processor had and its milliseconds."""
    times: dict[str, tuple[int, int]] = {}
    for node in engine.call("GET", "/_nodes/stats/ingest")["nodes"].values():
        for processor in node["ingest"]["pipelines"].get(pipeline, {}).get("processors", ()):
            for name, told in processor.items():
                tag = name.partition(":")[2] or name
                count, taken = times.get(tag, (0, 0))
                times[tag] = count + told["stats"]["count"], taken + told["stats"]["time_in_millis"]
    return times


def _untold(engine: Engine, pipeline: Json) -> tuple[str, ...]:
    """OpenSearch measures a processor with an `if` document by document, in whole milliseconds: none."""
    processors = [each for processor in pipeline["processors"] for each in processor.values()]
    return tuple(each["tag"] for each in processors if "if" in each and engine.distribution == "opensearch")


def _cost(engine: Engine, before: tuple[int, int], after: tuple[int, int]) -> float:
    """Microseconds a document. OpenSearch counts the time of a whole request for each document in it."""
    shared = BATCH if engine.distribution == "opensearch" else 1
    return (after[1] - before[1]) * 1000 / max(after[0] - before[0], 1) / shared


def _name_of(engine: Engine) -> str:
    version = engine.call("GET", "/")["version"]["number"]
    return f"{'OpenSearch' if engine.distribution == 'opensearch' else 'Elasticsearch'} {version}"
