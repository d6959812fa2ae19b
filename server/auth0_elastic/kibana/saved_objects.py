"""Definitions as Kibana's saved objects: dashboards, searches, data views and a tag, as files of the package."""

import json
from collections.abc import Iterator
from typing import Any

from auth0_elastic.kibana.definition import Dashboard, Json, Search
from auth0_elastic.kibana.fields import FIELD_FORMATS, RUNTIME_FIELDS
from auth0_elastic.kibana.filters import kql
from auth0_elastic.kibana.panels import DATA_VIEW, navigation, panel_of, references_of
from auth0_elastic.kibana.queries import dataset
from auth0_elastic.kibana.read import Definitions

_EVERY_SOURCE = "auth0-every-source"
_TAG = "auth0-logs"
_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
_FILTER_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.filter[0].meta.index"
# Kibana migrates an object upwards from these, and refuses one that is newer than itself. 8.17 knows all of them.
_CORE = "8.8.0"
_VERSIONS = {"dashboard": "10.2.0", "search": "10.5.0", "index-pattern": "8.0.0", "tag": "8.0.0"}
# What is an object in the package's files and a text in Kibana and in a built package.
_ENCODED = ("searchSourceJSON", "optionsJSON", "panelsJSON")


def compiled(definitions: Definitions) -> dict[str, str]:
    """The content of every file below `package/kibana/`, by its path there; the same for the same definitions."""
    found = {"tags.yml": "- text: Security Solution\n  asset_types: [dashboard, search]\n"}
    for saved in _objects(definitions):
        folder = saved["type"].replace("-", "_")
        found[f"{folder}/{saved['id']}.json"] = json.dumps(saved, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return found


def encoded(saved: Json) -> Json:
    """A saved object as Kibana takes it, and as it stands in a built package: with texts of JSON inside."""

    def encode(name: str, value: Any) -> Any:
        if name in _ENCODED and not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return {key: encode(key, each) for key, each in value.items()} if isinstance(value, dict) else value

    return {**saved, "attributes": encode("attributes", saved["attributes"])}


def _objects(definitions: Definitions) -> Iterator[Json]:
    computed = {"runtimeFieldMap": json.dumps(RUNTIME_FIELDS), "fieldFormatMap": json.dumps(FIELD_FORMATS)}
    yield _data_view(DATA_VIEW, "logs-auth0.*", "Auth0 logs", computed)
    yield _data_view(_EVERY_SOURCE, "logs-*,filebeat-*,winlogbeat-*,auditbeat-*", "Auth0 beside every other source", {})
    tag = {"name": "Auth0", "description": "Dashboards and searches of Auth0's logs", "color": "#EB5424"}
    yield _saved("tag", _TAG, tag, [])
    for search in definitions.searches:
        yield _search(search)
    for dashboard in definitions.dashboards:
        yield _dashboard(dashboard, definitions)


def _saved(kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        "managed": False,
        "coreMigrationVersion": _CORE,
        "typeMigrationVersion": _VERSIONS[kind],
    }


def _data_view(name: str, pattern: str, title: str, more: Json) -> Json:
    attributes = {"title": pattern, "name": title, "timeFieldName": "@timestamp", "allowNoIndex": True}
    return _saved("index-pattern", name, attributes | more, [])


def _dashboard(dashboard: Dashboard, definitions: Definitions) -> Json:
    shown = [navigation(definitions, dashboard)]
    references = [_index_reference(_FILTER_INDEX, DATA_VIEW), _tag_reference()]
    for panel in dashboard.panels:
        shown.append(panel_of(panel, definitions.fields[dashboard.data_stream]))
        references += references_of(panel)
    attributes = {
        "title": f"[Auth0] {dashboard.title}",
        "description": dashboard.description,
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _source(kql(dashboard.where), [_dataset_filter(dashboard.data_stream)])
        },
        "optionsJSON": {"useMargins": True, "hidePanelTitles": False, "syncColors": True, "syncTooltips": False},
        "panelsJSON": shown,
        "timeRestore": False,
        "version": 1,
    }
    if dashboard.controls:
        attributes["controlGroupInput"] = _controls(dashboard.controls)
        references += [_control_reference(number) for number in range(len(dashboard.controls))]
    return _saved("dashboard", dashboard.id, attributes, references)


def _search(search: Search) -> Json:
    data_view = _EVERY_SOURCE if search.every_source else DATA_VIEW
    filters = [] if search.every_source else [_dataset_filter(search.data_stream)]
    references = [_index_reference(_INDEX, data_view), _tag_reference()]
    references += [_index_reference(_FILTER_INDEX, data_view)] if filters else []
    source = _source(kql(search.where), filters) | {"highlightAll": True, "version": True, "indexRefName": _INDEX}
    attributes = {
        "title": f"[Auth0] {search.title}",
        "description": search.description,
        "columns": list(search.columns),
        "sort": [["@timestamp", "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": source},
    }
    return _saved("search", search.id, attributes, references)


def _source(text: str, filters: list[Json]) -> Json:
    return {"query": {"language": "kuery", "query": text}, "filter": filters}


def _dataset_filter(data_stream: str) -> Json:
    ((field, value),) = dataset(data_stream).items()
    meta: Json = {"alias": None, "disabled": False, "negate": False, "type": "phrase", "key": field, "field": field}
    meta |= {"params": {"query": value}, "indexRefName": _FILTER_INDEX}
    return {"$state": {"store": "appState"}, "meta": meta, "query": {"match_phrase": {field: value}}}


def _controls(controls: tuple[tuple[str, str], ...]) -> Json:
    panels = {
        f"control-{number}": {
            "type": "optionsListControl",
            "order": number,
            "grow": True,
            "width": "medium",
            "explicitInput": {
                "id": f"control-{number}",
                "fieldName": field,
                "title": label,
                "selectedOptions": [],
                "enhancements": {},
            },
        }
        for number, (label, field) in enumerate(controls)
    }
    ignored = dict.fromkeys(("ignoreFilters", "ignoreQuery", "ignoreTimerange", "ignoreValidations"), False)
    return {
        "chainingSystem": "HIERARCHICAL",
        "controlStyle": "oneLine",
        "showApplySelections": False,
        "ignoreParentSettingsJSON": json.dumps(ignored),
        "panelsJSON": json.dumps(panels),
    }


def _control_reference(number: int) -> Json:
    return _index_reference(f"controlGroup_control-{number}:optionsListDataView", DATA_VIEW)


def _index_reference(name: str, data_view: str) -> Json:
    return {"id": data_view, "name": name, "type": "index-pattern"}


def _tag_reference() -> Json:
    return {"id": _TAG, "name": f"tag-ref-{_TAG}", "type": "tag"}
