"""How far detection has come: one small document in a hidden index of the engine, so that any host can go on."""

from dataclasses import dataclass
from typing import Any

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineRefused

Json = dict[str, Any]

_ID = "state"


@dataclass(frozen=True, slots=True)
class State:
    """`cursor` is up to when events have been looked at, by event.ingested in epoch milliseconds.

    `recent` are the ids of the last of them, as `RecentIds` writes them.
    """

    cursor: int
    recent: str = ""


class StateStore:
    """The state of one namespace. A second process that detects the same is noticed when it writes."""

    def __init__(self, engine: Engine, namespace: str) -> None:
        self._engine = engine
        self._index = f"auth0-elastic-detect-{namespace}"
        self._version: Json = {"op_type": "create"}

    @property
    def index(self) -> str:
        return self._index

    def read(self) -> State | None:
        """None where nothing has been detected yet. Raises EngineError."""
        answer = self._engine.request("GET", f"/{self._index}/_doc/{_ID}")
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise EngineRefused("GET", f"/{self._index}/_doc/{_ID}", answer.status, str(answer.body)[:200])
        self._version = {"if_seq_no": answer.body["_seq_no"], "if_primary_term": answer.body["_primary_term"]}
        source = answer.body["_source"]
        return State(int(source["cursor"]), source["recent"])

    def write(self, state: State) -> None:
        """Raises EngineError, with a status of 409 where another process has written since `read`."""
        if "op_type" in self._version:
            self._make_index()
        body = {"cursor": state.cursor, "recent": state.recent}
        answer = self._engine.call("PUT", f"/{self._index}/_doc/{_ID}", body, params=self._version)
        self._version = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}

    def _make_index(self) -> None:
        settings = {"index": {"hidden": True, "number_of_shards": 1, "auto_expand_replicas": "0-1"}}
        body = {"settings": settings, "mappings": {"dynamic": False}}
        answer = self._engine.request("PUT", f"/{self._index}", body)
        if answer.status >= 400 and "already_exists" not in str(answer.body):
            raise EngineRefused("PUT", f"/{self._index}", answer.status, str(answer.body)[:200])
