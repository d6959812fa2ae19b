"""Fills indices and measures what they take on disk."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from auth0_elastic.engine.client import Engine, reason_of
from auth0_elastic.errors import EngineError

Json = dict[str, Any]

_BATCH = 500  # documents a request


class Filled(NamedTuple):
    """How many documents an index has, how many it refused, and its bytes on disk, merged to one segment."""

    documents: int
    refused: int
    bytes: int

    @property
    def per_document(self) -> float:
        return self.bytes / self.documents


def fill(engine: Engine, index: str, bodies: Iterable[bytes]) -> Filled:
    """Sends the bodies to `_bulk`, merges the index, and measures it; raises EngineError."""
    refused = 0
    for body in bodies:
        answer = engine.bulk(f"/{index}/_bulk", body, params={"filter_path": "items.*.status"})
        if answer.status >= 400:
            raise EngineError(f"{index}: {reason_of(answer.body)}")
        refused += sum(each["create"]["status"] >= 300 for each in answer.body["items"])
    stats = merged(engine, index)
    return Filled(stats["docs"]["count"], refused, stats["store"]["size_in_bytes"])


def merged(engine: Engine, index: str) -> Json:
    """Merges an index to one segment; returns what its primaries have of `docs` and `store`."""
    engine.call("POST", f"/{index}/_forcemerge", params={"max_num_segments": "1"})
    for step in ("_flush", "_refresh"):
        engine.call("POST", f"/{index}/{step}")
    stats: Json = engine.call("GET", f"/{index}/_stats/store,docs")["_all"]["primaries"]
    return stats


def documents(engine: Engine, index: str) -> Iterator[list[tuple[str, Json]]]:
    """The ids and sources of all documents, in batches."""
    body = {"size": _BATCH, "sort": ["_doc"]}
    page = engine.call("POST", f"/{index}/_search", body, params={"scroll": "1m"})
    while hits := page["hits"]["hits"]:
        yield [(hit["_id"], hit["_source"]) for hit in hits]
        page = engine.call("POST", "/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
    engine.call("DELETE", "/_search/scroll", {"scroll_id": page["_scroll_id"]})


def bulk_body(batch: Iterable[tuple[str, Json]]) -> bytes:
    """Creates each document under its id."""
    lines = (f'{{"create":{{"_id":{json.dumps(name)}}}}}\n{json.dumps(source)}\n' for name, source in batch)
    return "".join(lines).encode()


def disk_usage(engine: Engine, index: str) -> Json:
    """Elasticsearch's own account of an index, `all_fields` and `fields`, in bytes; OpenSearch has none."""
    usage: Json = engine.call("POST", f"/{index}/_disk_usage", params={"run_expensive_tasks": "true"})[index]
    return usage
