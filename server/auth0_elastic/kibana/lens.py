"""A chart as Lens keeps it: one layer of columns, and a visualization that says which column is what."""

from collections.abc import Callable

from auth0_elastic.kibana.definition import Json, Panel
from auth0_elastic.kibana.fields import Fields
from auth0_elastic.kibana.filters import kql
from auth0_elastic.kibana.metrics import column

LAYER = "layer"
_TIME = "time"
_SERIES = {"bars": "bar_stacked", "line": "line", "area": "area_stacked"}


def attributes(panel: Panel, fields: Fields, data_view: str) -> Json:
    """The by-value attributes of a chart."""
    kind, visualization = _VISUALIZATIONS[panel.kind]
    columns = _columns(panel, fields)
    return {
        "title": panel.title,
        "description": panel.description,
        "type": "lens",
        "visualizationType": kind,
        "references": [reference(data_view)],
        "state": {
            "adHocDataViews": {},
            "datasourceStates": {"formBased": {"layers": {LAYER: _layer(columns)}}},
            "filters": [],
            "internalReferences": [],
            "query": {"language": "kuery", "query": kql(panel.where)},
            "visualization": visualization(panel),
        },
    }


def reference(data_view: str) -> Json:
    """The layer's reference to its data view."""
    return {"id": data_view, "name": f"indexpattern-datasource-layer-{LAYER}", "type": "index-pattern"}


def _layer(columns: Json) -> Json:
    return {"columnOrder": list(columns), "columns": columns, "incompleteColumns": {}, "sampling": 1}


def _columns(panel: Panel, fields: Fields) -> Json:
    """The buckets' columns before the metrics', the outermost first."""
    columns = {_by(number): _terms(panel, label, field, fields) for number, (label, field) in enumerate(panel.by)}
    if panel.kind == "time":
        columns[_TIME] = _histogram(panel.over)
    return columns | {_metric(number): column(each, fields) for number, each in enumerate(panel.metrics)}


def _terms(panel: Panel, label: str, field: str, fields: Fields) -> Json:
    return {
        "label": label,
        "customLabel": True,
        "dataType": fields.lens_type(field),
        "isBucketed": True,
        "scale": "ordinal",
        "operationType": "terms",
        "sourceField": field,
        "params": {
            "size": panel.top,
            "orderBy": {"type": "column", "columnId": _metric(0)},
            "orderDirection": "desc",
            "otherBucket": False,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
            "include": [panel.only] if panel.only else [],
            "exclude": [],
            "includeIsRegex": bool(panel.only),
            "excludeIsRegex": False,
        },
    }


def _histogram(field: str) -> Json:
    return {
        "label": field,
        "dataType": "date",
        "isBucketed": True,
        "scale": "interval",
        "operationType": "date_histogram",
        "sourceField": field,
        "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
    }


def _by(number: int) -> str:
    return f"by-{number}"


def _metric(number: int) -> str:
    return f"metric-{number}"


def _metrics(panel: Panel) -> list[str]:
    return [_metric(number) for number in range(len(panel.metrics))]


def _number(panel: Panel) -> Json:
    shown = {"layerId": LAYER, "layerType": "data", "metricAccessor": _metric(0)}
    color = panel.metrics[0].color
    return shown | ({"color": color} if color else {})


def _xy(panel: Panel) -> Json:
    is_time = panel.kind == "time"
    series = _SERIES[panel.shape] if is_time else "bar_horizontal_stacked"
    layer: Json = {
        "layerId": LAYER,
        "layerType": "data",
        "accessors": _metrics(panel),
        "position": "top",
        "seriesType": series,
        "showGridlines": False,
        "xAccessor": _TIME if is_time else _by(0),
    }
    colors = [{"forAccessor": _metric(n), "color": each.color} for n, each in enumerate(panel.metrics) if each.color]
    split = 0 if is_time else 1
    if len(panel.by) > split:
        layer["splitAccessor"] = _by(split)
    elif colors:
        layer["yConfig"] = colors
    axes = {"x": False, "yLeft": False, "yRight": False}
    return {
        "layers": [layer],
        "preferredSeriesType": series,
        "legend": {"isVisible": True, "position": "bottom", "isInside": False, "showSingleSeries": False},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": axes,
        "tickLabelsVisibilitySettings": {"x": True, "yLeft": True, "yRight": True},
        "gridlinesVisibilitySettings": {"x": False, "yLeft": True, "yRight": True},
        "labelsOrientation": {"x": 0, "yLeft": 0, "yRight": 0},
    }


def _donut(panel: Panel) -> Json:
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "primaryGroups": [_by(0)],
        "metrics": [_metric(0)],
        "categoryDisplay": "default",
        "legendDisplay": "default",
        "numberDisplay": "percent",
        "nestedLegend": False,
        "emptySizeRatio": 0.54,
    }
    return {"shape": "donut", "layers": [layer]}


def _table(panel: Panel) -> Json:
    columns = [_by(number) for number in range(len(panel.by))] + _metrics(panel)
    return {
        "layerId": LAYER,
        "layerType": "data",
        "columns": [{"columnId": name, "isTransposed": False} for name in columns],
        "sorting": {"columnId": _metric(0), "direction": "desc"},
        "paging": {"enabled": True, "size": 10},
    }


def _map(panel: Panel) -> Json:
    return {
        "layerId": LAYER,
        "layerType": "data",
        "emsLayerId": "world_countries",
        "emsField": "iso2",
        "regionAccessor": _by(0),
        "valueAccessor": _metric(0),
    }


_VISUALIZATIONS: dict[str, tuple[str, Callable[[Panel], Json]]] = {
    "number": ("lnsMetric", _number),
    "time": ("lnsXY", _xy),
    "bars": ("lnsXY", _xy),
    "donut": ("lnsPie", _donut),
    "table": ("lnsDatatable", _table),
    "map": ("lnsChoropleth", _map),
}
