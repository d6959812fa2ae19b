"""The data stream of the alerts: writes each incident once, and anew in its place when it has grown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from auth0_elastic.detect.alert import DATASET, counts_of, document, incident_of
from auth0_elastic.detect.event import to_iso
from auth0_elastic.detect.incident import Incident, Location
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.search import search
from auth0_elastic.engine.client import Engine, reason_of
from auth0_elastic.errors import EngineRefused

Json = dict[str, Any]

_AT_ONCE: Final = 500
_MOST_OPEN: Final = 10_000
_ATTEMPTS: Final = 3


class AlertStream:
    """Of one namespace."""

    def __init__(self, engine: Engine, namespace: str) -> None:
        self._engine = engine
        self._namespace = namespace
        self.name = f"logs-{DATASET}-{namespace}"

    def known_since(self, rules: Mapping[str, Rule], since: int) -> list[Incident]:
        """The incidents of these rules (by id) that were written since then (epoch ms). Raises EngineError."""
        path = f"/{self.name}/_refresh"
        answer = self._engine.request("POST", path)
        if answer.status >= 400 and answer.status != 404:  # as it is before the first alert
            raise EngineRefused("POST", path, answer.status, reason_of(answer.body))
        query = {"range": {"event.ingested": {"gte": to_iso(since)}}}
        hits = self._search({"size": _MOST_OPEN, "query": query, "sort": [{"event.ingested": "desc"}]})
        return [
            incident_of(hit["_source"], rules[hit["_source"]["rule"]["id"]], _location(hit))
            for hit in hits
            if hit["_source"]["rule"]["id"] in rules
        ]

    def write(self, incidents: Iterable[Incident], new: list[Incident]) -> None:
        """Writes them and adds to `new` those whose alert is a new one, also of what was written before an error.

        Raises EngineError.
        """
        todo = list(incidents)
        for _ in range(_ATTEMPTS):
            again: list[Incident] = []
            for start in range(0, len(todo), _AT_ONCE):
                again += self._bulk(todo[start : start + _AT_ONCE], new)
            if not again:
                return
            self._locate(again)
            todo = [incident for incident in again if incident.changed]
        raise EngineRefused("POST", f"/{self.name}/_bulk", 409, "somebody else writes the same alerts")

    def _bulk(self, incidents: Sequence[Incident], new: list[Incident]) -> list[Incident]:
        """Those whose alerts are elsewhere or have changed meanwhile."""
        lines = [line for each in incidents for line in (_action(each), document(each, self._namespace))]
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        path = f"/{self.name}/_bulk"
        answer = self._engine.bulk(path, body, params={"refresh": "false"})
        if answer.status >= 400:
            raise EngineRefused("POST", path, answer.status, reason_of(answer.body))
        again, refusals = [], list[EngineRefused]()
        for incident, item in zip(incidents, answer.body["items"], strict=True):
            ((_, result),) = item.items()
            if result["status"] in (404, 409):
                again.append(incident)
            elif result["status"] >= 400:
                refusals.append(EngineRefused("POST", path, result["status"], reason_of(result)))
            else:
                if incident.location is None:
                    new.append(incident)
                incident.location = _location(result)
                incident.was_written()
        if refusals:
            raise refusals[0]
        return again

    def _locate(self, incidents: Sequence[Incident]) -> None:
        """Where their alerts are, if anywhere; what is there already as it should be has not changed."""
        self._engine.call("POST", f"/{self.name}/_refresh")
        hits = self._search({"size": len(incidents), "query": {"ids": {"values": [each.id for each in incidents]}}})
        found = {hit["_id"]: hit for hit in hits}
        for incident in incidents:
            hit = found.get(incident.id)
            incident.location = _location(hit) if hit else None
            incident.initial, incident.written = counts_of(hit["_source"]) if hit else (0, 0)
            incident.changed = hit is None or _comparable(hit["_source"]) != document(incident, self._namespace)

    def _search(self, body: Json) -> list[Json]:
        hits: list[Json] = search(self._engine, self.name, body | {"seq_no_primary_term": True})["hits"]["hits"]
        return hits


def _action(incident: Incident) -> Json:
    where = incident.location
    if where is None:
        return {"create": {"_id": incident.id}}
    versions = {"if_seq_no": where.seq_no, "if_primary_term": where.primary_term}
    return {"index": {"_index": where.index, "_id": incident.id} | versions}


def _location(answer: Mapping[str, Any]) -> Location:
    return Location(answer["_index"], answer["_seq_no"], answer["_primary_term"])


def _comparable(source: Mapping[str, Any]) -> Json:
    """Without what the pipeline adds."""
    event = {name: value for name, value in source["event"].items() if name != "ingested"}
    return {**source, "event": event}
