"""The data stream as the shipper needs it: which backing index takes the writes, and what the older ones already have.

An `_id` is unique only within a backing index, so an event that may have been indexed before a rollover is looked up.
"""

import threading
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError

INDICES_A_REQUEST = 20  # keeps the request line short


class WriteIndex(NamedTuple):
    """The backing index that takes the writes, since when (UTC), and the backing indices before it."""

    name: str
    created: datetime
    older: tuple[str, ...]


class DataStream:
    """Safe to share between the threads that send."""

    def __init__(self, engine: Engine, name: str, pipeline: str) -> None:
        self.name = name
        self._engine = engine
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._created: dict[str, datetime] = {}
        self._refreshed: set[str] = set()

    def write_index(self) -> WriteIndex:
        """Asked anew before every bulk, since a rollover may happen at any time; makes the data stream if need be.

        Raises EngineError; also when the write index does not use this version's pipeline.
        """
        answer = self._engine.request("GET", f"/_data_stream/{self.name}")
        if answer.status == 404:
            self._engine.call("PUT", f"/_data_stream/{self.name}")
        stream = self._engine.call("GET", f"/_data_stream/{self.name}") if answer.status != 200 else answer.body
        *older, newest = (index["index_name"] for index in stream["data_streams"][0]["indices"])
        with self._lock:
            if newest not in self._created:
                self._created[newest] = self._inspect(newest)
            return WriteIndex(newest, self._created[newest], tuple(older))

    def already_indexed(self, ids: Collection[str], index: WriteIndex) -> set[str]:
        """Which of these ids an index older than the write index has."""
        if not ids or not index.older:
            return set()
        self._refresh(index.older)
        query = {"bool": {"filter": {"ids": {"values": list(ids)}}, "must_not": {"term": {"_index": index.name}}}}
        found = self._engine.call(
            "POST",
            f"/{self.name}/_search",
            {"query": query, "size": len(ids), "_source": False, "track_total_hits": False},
            params={"filter_path": "hits.hits._id"},
        )
        return {hit["_id"] for hit in found.get("hits", {}).get("hits", [])}

    def wrote_to(self, indices: Collection[str]) -> None:
        """An index that was written to has to be refreshed again before it is searched as an older one."""
        with self._lock:
            self._refreshed.difference_update(indices)

    def forget(self) -> None:
        """After an unanswered request nothing that was known need be true."""
        with self._lock:
            self._created.clear()
            self._refreshed.clear()

    def _inspect(self, index: str) -> datetime:
        body = self._engine.call("GET", f"/{index}/_settings")
        settings = body[index]["settings"]["index"]
        pipeline = settings.get("default_pipeline")
        if pipeline != self._pipeline:
            raise EngineError(
                f"{index} has the pipeline {pipeline}, not {self._pipeline}; run 'auth0-elastic setup' to upgrade it"
            )
        return datetime.fromtimestamp(int(settings["creation_date"]) / 1000, UTC)

    def _refresh(self, indices: tuple[str, ...]) -> None:
        """Older indices get no new documents, so that one refresh each makes them complete for a search."""
        with self._lock:
            stale = [index for index in indices if index not in self._refreshed]
            for start in range(0, len(stale), INDICES_A_REQUEST):
                some = stale[start : start + INDICES_A_REQUEST]
                self._engine.call("POST", f"/{','.join(some)}/_refresh")
                self._refreshed.update(some)
