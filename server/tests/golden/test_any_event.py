"""Any JSON object under any code is indexed by both engines, and keeps what identifies it; seeded."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.event_types import load
from auth0_elastic.golden import Bench
from auth0_elastic.package_files.locate import read_yaml

Json = dict[str, Any]

RECEIVED = "2026-11-20T10:15:02.318Z"
HAPPENED = "2026-11-20T10:15:01.696Z"
EVENTS = 250

PARTS: Json = read_yaml(Path(__file__).with_name("any_event.yml"))
VALUES: list[str] = PARTS["values"].splitlines()
KNOWN: list[str] = PARTS["known"].split()
ODD = [*PARTS["odd_keys"], "é" * 200]
BELOW: list[str] = list(dict.fromkeys([*PARTS["below"].split(), *ODD]))


def raw(dice: random.Random, depth: int = 0) -> str:
    """A JSON value as text; objects prefer keys that the pipeline looks at."""
    kind = dice.random()
    if depth > 4 or kind < 0.5:
        return dice.choice([*VALUES, json.dumps("x" * dice.choice([1, 40_000])) if kind < 0.01 else '"x"'])
    if kind < 0.65:
        return f"[{','.join(raw(dice, depth + 1) for _ in range(dice.randrange(4)))}]"
    keys = dice.sample(BELOW, dice.randrange(7))
    return f"{{{','.join(f'{json.dumps(key)}:{raw(dice, depth + 1)}' for key in keys)}}}"


def event(seed: int) -> tuple[str, str]:
    """A code and the text of an event of it."""
    dice = random.Random(seed)
    code = dice.choice([*load(), "brand_new", "x" * 300, "Ünknown code"])
    names = dict.fromkeys([*dice.sample(KNOWN, dice.randrange(len(KNOWN))), *dice.sample(ODD, 2)])
    fields = [f"{json.dumps(key)}:{raw(dice)}" for key in names if key != "type"]
    fields += [f'"type":{json.dumps(code)}', f'"date":"{HAPPENED}"']
    data = f"{{{','.join(fields)}}}"
    return code, dice.choice([data, f'{{"log_id":{raw(dice)},"data":{data}}}', f'{{"detail":{{"data":{data}}}}}'])


@pytest.fixture(scope="module")
def indexed(bench: Bench, engine: Engine) -> dict[str, Json]:
    """What the engine has of each event by its `_id`."""
    lines: list[Json] = []
    for seed in range(EVENTS):
        source = {"@timestamp": RECEIVED, "message": event(seed)[1], "tags": ["preserve_original_event"]}
        lines += [{"create": {"_id": f"any-{seed}"}}, source]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    name = bench.index_name  # and that of its default pipeline
    answer = engine.bulk(f"/{name}/_bulk", body, params={"pipeline": name, "refresh": "true"})
    refused = [item["create"] for item in answer.body["items"] if item["create"]["status"] != 201]
    assert refused == []
    query = {"ids": {"values": [f"any-{n}" for n in range(EVENTS)]}}
    hits = engine.call("POST", f"/{name}/_search", {"query": query, "size": EVENTS})["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


def test_any_object_under_any_code_is_indexed_and_keeps_what_identifies_it(indexed: dict[str, Json]) -> None:
    assert len(indexed) == EVENTS
    for seed in range(EVENTS):
        code, text = event(seed)
        found = indexed[f"any-{seed}"]
        kept = (found["event"]["kind"], found["event"].get("code"), found["event"]["original"], found["@timestamp"])
        assert kept == ("event", code, text, HAPPENED), (seed, found.get("error"))


def test_real_elasticsearch_takes_whatever_became_of_them(indexed: dict[str, Json], elasticsearch_bench: Bench) -> None:
    assert elasticsearch_bench.index(list(indexed.values())) == {}
