"""Which logs the data stream has, in whichever of its backing indices."""

from collections.abc import Callable, Collection
from functools import cached_property
from itertools import islice
from typing import Final

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineError

AT_ONCE: Final = 1_000
_MOST_COPIES: Final = 10  # of one log in several backing indices, which then take its place among the hits

_IGNORE = {"ignore_unavailable": "true"}  # a data stream that is not there yet has nothing


class Indexed:
    """Connects when it is first asked. `stream` is the data stream's name."""

    def __init__(self, connect: Callable[[], Engine], stream: str) -> None:
        self._connect = connect
        self._stream = stream

    def found(self, ids: Collection[str], *, refresh: bool = False) -> set[str]:
        """Those of the ids that are there; without `refresh` it may miss what came a moment ago. Raises EngineError."""
        if refresh and ids:
            self._refresh()
        rest, found = iter(ids), set[str]()
        while some := list(islice(rest, AT_ONCE)):
            found |= self._search(some)
        return found

    @cached_property
    def _engine(self) -> Engine:
        return self._connect()

    def _search(self, ids: list[str]) -> set[str]:
        answer = self._engine.call(
            "POST",
            f"/{self._stream}/_search",
            {
                "query": {"bool": {"filter": {"ids": {"values": ids}}}},
                "size": len(ids) * _MOST_COPIES,
                "_source": False,
                "track_total_hits": False,
            },
            params={
                **_IGNORE,
                "filter_path": "hits.hits._id",
                "allow_partial_search_results": "false",  # what a shard that is away has would count as missing
            },
        )
        return {hit["_id"] for hit in answer.get("hits", {}).get("hits", [])}

    def _refresh(self) -> None:
        answer = self._engine.call("POST", f"/{self._stream}/_refresh", params=_IGNORE)
        if answer["_shards"]["failed"]:
            raise EngineError(f"cannot refresh {self._stream} to see what it has: a shard is away")
