"""The data stream as the shipper needs it: which backing index takes the writes, and what the older ones already have.

An `_id` is unique only within a backing index, so an event that may have been indexed before a rollover is looked up.
"""

import threading
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError, EngineRefused

INDICES_A_REQUEST = 20  # keeps the request line short


class WriteIndex(NamedTuple):
    """The backing index that takes the writes, since when (UTC), and the backing indices before it."""

    name: str
    created: datetime
    older: tuple[str, ...]


class DataStream:
    """Safe to share between the threads that send."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self._engine = engine
        self._lock = threading.Lock()
        self._created: dict[str, datetime] = {}
        self._refreshed: set[str] = set()

    def write_index(self) -> WriteIndex:
        """Asked anew before every bulk, since a rollover may happen at any time; makes the data stream if need be.

        Raises EngineError.
        """
        path = f"/_data_stream/{self.name}"
        answer = self._engine.request("GET", path)
        if answer.status == 404:
            self._engine.call("PUT", path)
        stream = (answer.body if answer.status == 200 else self._engine.call("GET", path))["data_streams"][0]
        if stream.get("failure_store", {}).get("enabled"):
            self._switch_off_failure_store()
        *older, newest = (index["index_name"] for index in stream["indices"])
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
            params={
                "filter_path": "hits.hits._id",
                "allow_partial_search_results": "false",  # what a shard that is away has would count as absent
                "ignore_unavailable": "true",  # an index that has been closed or deleted is nobody's any more
            },
        )
        return {hit["_id"] for hit in found.get("hits", {}).get("hits", [])}

    def delete(self, index: str, document_id: str) -> None:
        """Removes a document from one backing index."""
        self._engine.call("DELETE", f"/{index}/_doc/{quote(document_id, safe='')}")

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
        settings = self._engine.call("GET", f"/{index}/_settings")[index]["settings"]["index"]
        return datetime.fromtimestamp(int(settings["creation_date"]) / 1000, UTC)

    def _switch_off_failure_store(self) -> None:
        """With it Elasticsearch answers 201 for what it could not index: a refusal would pass for a delivery."""
        try:
            self._engine.call("PUT", f"/_data_stream/{self.name}/_options", {"failure_store": {"enabled": False}})
        except EngineRefused as error:
            raise EngineError(
                f"{self.name} has a failure store, which hides refusals; switch it off: "
                f'PUT _data_stream/{self.name}/_options {{"failure_store": {{"enabled": false}}}}'
            ) from error

    def _refresh(self, indices: tuple[str, ...]) -> None:
        """Older indices get no new documents, so that one refresh each makes them complete for a search."""
        with self._lock:
            stale = [index for index in indices if index not in self._refreshed]
            for start in range(0, len(stale), INDICES_A_REQUEST):
                some = stale[start : start + INDICES_A_REQUEST]
                answer = self._engine.call("POST", f"/{','.join(some)}/_refresh", params={"ignore_unavailable": "true"})
                if answer["_shards"]["failed"]:
                    raise EngineError(f"cannot refresh {', '.join(some)} to see what they have: a shard is away")
                self._refreshed.update(some)
