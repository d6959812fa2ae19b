"""An upgrade of the real package on a real engine: what version N stored and what N+1 stores are searched together."""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth0_elastic.engine.client import Engine
from auth0_elastic.package_files import Assets, find_package, load_assets
from auth0_elastic.package_files.locate import read_yaml
from auth0_elastic.setup.apply import install, remove
from auth0_elastic.setup.confirm import confirm

Change = Callable[[Path], None]
MakeVersion = Callable[..., Assets]


@pytest.fixture
def make_version(engine: Engine, tmp_path: Path) -> Iterator[MakeVersion]:
    """Copies the package under a name of its own and in a version; what is installed of it is removed afterwards."""
    name, made = f"upgrade{secrets.token_hex(4)}", []

    def make(version: str, *changes: Change) -> Assets:
        copy = tmp_path / version
        shutil.copytree(find_package(), copy, ignore=shutil.ignore_patterns("_dev", "kibana"))
        edit(copy / "manifest.yml", lambda manifest: manifest.update(name=name, version=version))
        for change in changes:
            change(copy / "data_stream" / "logs")
        made.append(load_assets("logs", copy))
        return made[-1]

    yield make
    remove(engine, made[-1], delete_data=True)


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = read_yaml(path)
    change(content)
    path.write_text(f"---\n{yaml.safe_dump(content, sort_keys=False)}")


def stores_more(stream: Path) -> None:
    """The pipeline sets a field that the mapping did not have."""
    processor = {"set": {"tag": "set_added", "field": "auth0.logs.added", "value": "{{{event.code}}}"}}
    edit(
        stream / "fields" / "base-fields.yml",
        lambda fields: fields.append({"name": "auth0.logs.added", "type": "keyword"}),
    )
    edit(
        stream / "elasticsearch" / "ingest_pipeline" / "default.yml",
        lambda pipeline: pipeline["processors"].append(processor),
    )


def maps_otherwise(stream: Path) -> None:
    """A field has another type, which no engine changes in place."""
    for path in (stream / "fields").glob("*.yml"):
        edit(path, lambda fields: [f.update(type="integer") for f in fields if f["name"] == "event.severity"])


def store(engine: Engine, assets: Assets, *ids: str) -> set[str]:
    """Stores a failed login for each id as a shipper would, and returns the backing indices that took them."""
    lines: list[dict[str, Any]] = []
    for each in ids:
        event = {
            "log_id": each,
            "data": {"log_id": each, "date": "2026-11-20T10:15:01.696Z", "type": "f", "ip": "81.2.69.143"},
        }
        lines += [{"create": {"_id": each}}, {"@timestamp": "2026-11-20T10:15:02Z", "message": json.dumps(event)}]
    body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    answer = engine.bulk(f"/{assets.name}-test/_bulk", body, params={"refresh": "true"}).body
    assert [item["create"]["status"] for item in answer["items"]] == [201] * len(ids)
    return {item["create"]["_index"] for item in answer["items"]}


def found(engine: Engine, assets: Assets, query: dict[str, Any]) -> list[str]:
    answer = engine.call("POST", f"/{assets.name}-test/_search", {"query": query, "size": 100, "_source": False})
    return sorted(hit["_id"] for hit in answer["hits"]["hits"])


def documents(engine: Engine, assets: Assets) -> dict[str, Any]:
    answer = engine.call("POST", f"/{assets.name}-test/_search", {"size": 100})
    return {hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]}


def assert_together(engine: Engine, assets: Assets, old: list[str], new: list[str]) -> None:
    """Whatever both versions store finds the events of both; what only the new one stores finds its own."""
    for query in (
        {"term": {"event.code": "f"}},
        {"term": {"event.action": "failed-login"}},
        {"term": {"auth0.logs.data.type_id": "f"}},
        {"term": {"source.ip": "81.2.69.0/24"}},
        {"range": {"@timestamp": {"gte": "2026-11-20", "lt": "2026-11-21"}}},
    ):
        assert found(engine, assets, query) == sorted(old + new), query
    assert found(engine, assets, {"term": {"auth0.logs.added": "f"}}) == sorted(new)
    counted = {"size": 0, "aggs": {"severities": {"terms": {"field": "event.severity"}}}}
    buckets = engine.call("POST", f"/{assets.name}-test/_search", counted)["aggregations"]["severities"]["buckets"]
    assert [each["doc_count"] for each in buckets] == [len(old) + len(new)]


def test_an_upgrade_in_place_stores_old_and_new_events_in_one_index(engine: Engine, make_version: MakeVersion) -> None:
    old, new = make_version("1.0.0"), make_version("1.1.0", stores_more)
    install(engine, old)
    index = store(engine, old, "a1", "a2")
    before = documents(engine, old)
    install(engine, new)
    assert confirm(engine, new, "test") is None
    assert store(engine, new, "b1", "b2") == index
    assert_together(engine, new, ["a1", "a2"], ["b1", "b2"])
    assert {each: documents(engine, new)[each] for each in before} == before


def test_an_upgrade_that_changes_a_type_stores_new_events_in_a_new_index(
    engine: Engine, make_version: MakeVersion
) -> None:
    old, new = make_version("1.0.0"), make_version("2.0.0", stores_more, maps_otherwise)
    install(engine, old)
    first = store(engine, old, "a1", "a2")
    before = documents(engine, old)
    install(engine, new)
    assert confirm(engine, new, "test") is None
    second = store(engine, new, "b1")
    assert second.isdisjoint(first)
    assert_together(engine, new, ["a1", "a2"], ["b1"])
    assert {each: documents(engine, new)[each] for each in before} == before
    mapped = engine.call("GET", f"/{new.name}-test/_mapping/field/event.severity")
    types = [each["mappings"]["event.severity"]["mapping"]["severity"]["type"] for _, each in sorted(mapped.items())]
    assert types == ["long", "integer"]


def test_a_shipper_of_another_version_waits_until_the_upgrade(engine: Engine, make_version: MakeVersion) -> None:
    old, new = make_version("1.0.0"), make_version("1.1.0", stores_more)
    install(engine, old)
    store(engine, old, "a1")
    assert "has version 1.0.0 of the package and this is 1.1.0" in (confirm(engine, new, "test") or "")
    install(engine, new)
    assert confirm(engine, new, "test") is None
    assert "has version 1.1.0 of the package and this is 1.0.0" in (confirm(engine, old, "test") or "")
