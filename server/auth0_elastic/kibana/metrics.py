"""A metric, twice: as a column of Lens and as an aggregation."""

import re
from typing import Any, cast

from auth0_elastic.errors import PackageError
from auth0_elastic.kibana.definition import Json, Metric, Operation
from auth0_elastic.kibana.fields import Fields
from auth0_elastic.kibana.filters import kql, query

COLORS = {"green": "#209280", "red": "#cc5642", "yellow": "#d6bf57", "blue": "#6092c0", "grey": "#98a2b3"}

_SPOKEN = re.compile(r"(count|unique|average|median|max|p(\d{1,2}))(?: (\S+))?")
_LENS = {"unique": "unique_count", "average": "average", "median": "median", "max": "max", "percentile": "percentile"}
_ENGINE = {"unique": "cardinality", "average": "avg", "max": "max"}


def read_metric(label: str, given: Any) -> Metric:
    """From `count`, `unique user.id`, `p95 field`, or a mapping with that as `of`, `where` and `color`.

    Raises PackageError.
    """
    given = {"of": given} if isinstance(given, str) else given
    match = _SPOKEN.fullmatch(given["of"])
    if match is None or given.keys() - {"of", "where", "color"}:
        raise PackageError(f"metric {label!r}: {given} is not like 'count', 'unique user.id' or 'p95 field'")
    word, percentile, field = match.groups()
    operation: Operation = "percentile" if percentile else cast(Operation, word)
    if (field is None) != (word == "count"):
        raise PackageError(f"metric {label!r}: count takes no field, everything else takes one")
    return Metric(
        label=label,
        operation=operation,
        field=field,
        percentile=int(percentile) if percentile else None,
        where=given.get("where", {}),
        color=COLORS[given["color"]] if "color" in given else None,
    )


def column(metric: Metric, fields: Fields) -> Json:
    """The metric as a column of a Lens layer."""
    column: Json = {
        "label": metric.label,
        "customLabel": True,
        "dataType": "number",
        "isBucketed": False,
        "scale": "ratio",
        "operationType": _LENS.get(metric.operation, "count"),
        "sourceField": metric.field or "___records___",
        "params": {"emptyAsNull": True},
    }
    if metric.operation == "percentile":
        column["params"] = {"percentile": metric.percentile}
    if metric.operation in ("average", "median", "max"):
        column["params"] = {}
    if metric.field and metric.operation == "max":
        column["dataType"] = fields.lens_type(metric.field)
    if metric.where:
        column["filter"] = {"language": "kuery", "query": kql(metric.where)}
    return column


def aggregation(metric: Metric) -> Json:
    """The metric as an aggregation: a filter, with the value below it as `value` unless it is a count."""
    body: Json = {"filter": query(metric.where)}
    if metric.operation in _ENGINE:
        body["aggs"] = {"value": {_ENGINE[metric.operation]: {"field": metric.field}}}
    elif metric.field:
        percents = [metric.percentile or 50]
        body["aggs"] = {"value": {"percentiles": {"field": metric.field, "percents": percents}}}
    return body


def value_of(metric: Metric, answer: Json) -> float | None:
    """The metric's value in an answer to its aggregation."""
    if metric.field is None:
        return float(answer["doc_count"])
    value = answer["value"].get("value")
    if "values" in answer["value"]:
        (value,) = answer["value"]["values"].values()
    return None if value in (None, "NaN") else float(value)
