"""The query behind a panel, and its answer as rows."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from auth0_elastic.kibana.definition import Dashboard, Filter, Json, Panel, Search
from auth0_elastic.kibana.fields import RUNTIME_FIELDS
from auth0_elastic.kibana.filters import query
from auth0_elastic.kibana.metrics import aggregation, value_of

_INTERVAL = "1h"


class Row(NamedTuple):
    """The keys of the buckets, outermost first, and the values of the metrics."""

    keys: tuple[Any, ...]
    values: tuple[float | None, ...]


def dataset(data_stream: str) -> Filter:
    """What only the documents of that data stream of the package have."""
    return {"data_stream.dataset": f"auth0.{data_stream}"}


def panel_query(dashboard: Dashboard, panel: Panel) -> Json:
    """The body of the search that Kibana makes for a chart, in hours where it would choose the interval."""
    aggregations = {f"metric-{number}": aggregation(each) for number, each in enumerate(panel.metrics)}
    if panel.kind == "time":
        times = {"field": panel.over, "fixed_interval": _INTERVAL, "min_doc_count": 1}
        aggregations = {"bucket": {"date_histogram": times, "aggs": aggregations}}
    for _, field in reversed(panel.by):
        terms = {"field": field, "size": panel.top} | ({"include": panel.only} if panel.only else {})
        aggregations = {"bucket": {"terms": terms, "aggs": aggregations}}
    body = {
        "size": 0,
        "query": query(dataset(dashboard.data_stream), dashboard.where, panel.where),
        "aggs": aggregations,
    }
    runtime = {name: RUNTIME_FIELDS[name] for name in sorted(panel.fields & RUNTIME_FIELDS.keys())}
    return body | ({"runtime_mappings": runtime} if runtime else {})


def search_query(search: Search, *filters: Filter) -> Json:
    """The body of the search behind a saved search, and for each column how many documents have it."""
    only: Filter = {} if search.every_source else dataset(search.data_stream)
    columns = {name: {"filter": {"exists": {"field": name}}} for name in search.columns}
    return {"size": 1, "query": query(only, search.where, *filters), "aggs": columns}


def rows(panel: Panel, answer: Json) -> list[Row]:
    """The answer to `panel_query` as a flat table."""
    depth = len(panel.by) + (panel.kind == "time")
    return list(_rows(panel, answer["aggregations"], depth, ()))


def _rows(panel: Panel, aggregations: Json, depth: int, keys: tuple[Any, ...]) -> Iterator[Row]:
    if depth:
        for bucket in aggregations["bucket"]["buckets"]:
            yield from _rows(panel, bucket, depth - 1, (*keys, bucket["key"]))
        return
    answers = [aggregations[f"metric-{number}"] for number in range(len(panel.metrics))]
    yield Row(keys, tuple(value_of(*pair) for pair in zip(panel.metrics, answers, strict=True)))


def what_is_empty(panel: Panel, found: list[Row]) -> list[str]:
    """The labels of the metrics that are zero or absent in every row, or the panel's title where there is no row."""
    if not found:
        return [panel.title]
    return [each.label for number, each in enumerate(panel.metrics) if not any(row.values[number] for row in found)]
