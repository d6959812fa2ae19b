"""A data stream's pipelines and an index with its mappings, on an engine under temporary names while tests run."""

import json
import secrets
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from auth0_elastic.engine.client import Engine, reason_of
from auth0_elastic.errors import EngineRefused
from auth0_elastic.package_files import Assets, for_distribution

Json = dict[str, Any]

_BATCH = 50  # documents a request
_Item = TypeVar("_Item")


class Result(NamedTuple):
    """What the pipeline made of an event: a document, None for a dropped event, or the reason of an error."""

    document: Json | None
    error: str = ""


class Bench:
    """Makes pipelines and an index on entering, and removes them on leaving, whatever happened in between.

    With `with_pipelines=False` it has the index alone, for an engine without ingest processors.
    """

    def __init__(self, engine: Engine, assets: Assets, *, with_pipelines: bool = True) -> None:
        self.assets = for_distribution(assets, engine.distribution)
        self._engine = engine
        self._name = f"auth0-elastic-test-{secrets.token_hex(4)}"
        names = {name: _temporary(name, assets, self._name) for name in assets.pipelines} if with_pipelines else {}
        self._pipelines = {new: _renamed(self.assets.pipelines[old], names) for old, new in names.items()}
        self._original = {new: _stem(new, self._name) for new in sorted(self._pipelines, key=len, reverse=True)}

    @property
    def index_name(self) -> str:
        return self._name

    def __enter__(self) -> Self:
        try:
            for name, body in self._pipelines.items():
                self._engine.call("PUT", f"/_ingest/pipeline/{name}", body)
            self._engine.call("PUT", f"/{self._name}", _index_body(self.assets))
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._remove()

    def simulate(self, events: Sequence[Json]) -> list[Result]:
        """What the default pipeline makes of each event; raises EngineError.

        The pipelines' temporary names in it are replaced by the names of their files.
        """
        path = f"/_ingest/pipeline/{self._name}/_simulate"
        results: list[Result] = []
        for batch in _batches(events):
            body = {"docs": [{"_index": self._name, "_source": event} for event in batch]}
            answer = self._engine.call("POST", path, json.dumps(body).encode())
            results += [self._result(each) for each in answer["docs"]]
        return results

    def index(self, documents: Sequence[Json]) -> dict[int, str]:
        """Indexes the documents and finds them again; returns the reasons of those that failed, by position."""
        failed: dict[int, str] = {}
        for batch in _batches(list(enumerate(documents))):
            lines = [line for number, each in batch for line in ({"index": {"_id": str(number)}}, each)]
            body = "".join(json.dumps(line) + "\n" for line in lines).encode()
            answer = self._engine.bulk(f"/{self._name}/_bulk", body, params={"refresh": "true"})
            if answer.status >= 400:
                raise EngineRefused("POST", f"/{self._name}/_bulk", answer.status, reason_of(answer.body))
            items = [item["index"] for item in answer.body["items"]]
            failed |= {int(item["_id"]): reason_of(item) for item in items if item["status"] >= 400}
            failed |= dict.fromkeys(self._not_found([n for n, _ in batch if n not in failed]), "it is not found again")
        return failed

    def _not_found(self, numbers: list[int]) -> set[int]:
        query = {"ids": {"values": [str(number) for number in numbers]}}
        answer = self._engine.call("POST", f"/{self._name}/_search", {"query": query, "size": _BATCH, "_source": False})
        return set(numbers) - {int(hit["_id"]) for hit in answer["hits"]["hits"]}

    def _result(self, simulated: Json | None) -> Result:
        if simulated is None:
            return Result(None)
        if "error" in simulated:
            return Result(None, reason_of(simulated))
        text = json.dumps(simulated["doc"]["_source"])
        for temporary, original in self._original.items():
            text = text.replace(temporary, original)
        return Result(json.loads(text))

    def _remove(self) -> None:
        for path in [f"/{self._name}", *(f"/_ingest/pipeline/{name}" for name in reversed(self._pipelines))]:
            answer = self._engine.request("DELETE", path)
            if answer.status not in (200, 404):
                raise EngineRefused("DELETE", path, answer.status, reason_of(answer.body))


def _temporary(name: str, assets: Assets, temporary: str) -> str:
    return temporary + name.removeprefix(assets.default_pipeline)


def _stem(name: str, temporary: str) -> str:
    return name.removeprefix(temporary).removeprefix("-") or "default"


def _renamed(body: Any, names: dict[str, str]) -> Any:
    """The pipeline with the pipelines it calls renamed, however deep the calls sit."""
    if isinstance(body, list):
        return [_renamed(each, names) for each in body]
    if not isinstance(body, dict):
        return body
    renamed = {key: _renamed(value, names) for key, value in body.items()}
    called = renamed.get("pipeline")
    if isinstance(called, dict) and called.get("name") in names:
        renamed["pipeline"] = called | {"name": names[called["name"]]}
    return renamed


def _index_body(assets: Assets) -> Json:
    """An index that refuses a field which the package does not define, as Elastic's own runner does."""
    component = assets.components[f"{assets.name}@package"]["template"]
    settings = {key: value for key, value in component["settings"].items() if key.startswith("index.mapping.")}
    return {
        "settings": settings | {"index.number_of_shards": 1, "index.number_of_replicas": 0},
        "mappings": assets.mappings | {"dynamic": "strict"},
    }


def _batches(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
