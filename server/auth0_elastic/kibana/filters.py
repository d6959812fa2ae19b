"""One filter, twice: as KQL for Kibana and as a query for the engine."""

from collections.abc import Iterable
from typing import Any

from auth0_elastic.kibana.definition import Filter, Json


def kql(where: Filter) -> str:
    """The filter in Kibana's query language; empty for no filter."""
    return " and ".join(_clause(key, value) for key, value in where.items())


def query(*filters: Filter) -> Json:
    """A bool query that holds where every filter does."""
    positive: list[Json] = []
    negative: list[Json] = []
    for where in filters:
        for key, value in where.items():
            (negative if key.startswith("not ") else positive).append(_query(key.removeprefix("not "), value))
    return {"bool": {"filter": positive, "must_not": negative}}


def _clause(key: str, value: Any) -> str:
    if isinstance(value, str) and value.startswith(">="):
        return f"{key} >= {value[2:].strip()}"
    if isinstance(value, list):
        return f"{key}: ({' or '.join(_literal(each) for each in value)})"
    return f"{key}: {_literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) or value.endswith("*"):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _query(field: str, value: Any) -> Json:
    if isinstance(value, list):
        return _any(_query(field, each) for each in value)
    if isinstance(value, str) and value.startswith(">="):
        return {"range": {field: {"gte": float(value[2:])}}}
    if value == "*":
        return {"exists": {"field": field}}
    if isinstance(value, str) and value.endswith("*"):
        return {"prefix": {field: {"value": value[:-1]}}}
    return {"term": {field: {"value": value}}}


def _any(queries: Iterable[Json]) -> Json:
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}
