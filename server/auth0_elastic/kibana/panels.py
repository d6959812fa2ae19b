"""Panels as a dashboard of Kibana holds them, each with the references that Kibana keeps beside them."""

from auth0_elastic.kibana.definition import COLUMNS, Dashboard, Json, Panel, Place
from auth0_elastic.kibana.fields import Fields
from auth0_elastic.kibana.lens import attributes, reference
from auth0_elastic.kibana.read import NAVIGATION_HEIGHT, Definitions

DATA_VIEW = "auth0-logs"
_VERSION = "8.17.0"


def navigation(definitions: Definitions, here: Dashboard) -> Json:
    """Markdown with links to every other dashboard and to what shows every source; relative, so for any space."""
    links = [
        f"**{each.title}**" if each.id == here.id else f"[{each.title}](#/view/{each.id})"
        for each in definitions.dashboards
    ]
    links += [f"[{each.title}](discover#/view/{each.id})" for each in definitions.searches if each.every_source]
    place = Place(x=0, y=0, width=COLUMNS, height=NAVIGATION_HEIGHT)
    return _placed("navigation", place, _markdown(" · ".join(links)), "visualization", hidden=True)


def panel_of(panel: Panel, fields: Fields) -> Json:
    """The panel itself."""
    if panel.kind == "text":
        return _placed(panel.id, panel.place, _markdown(panel.text), "visualization", title=panel.title)
    if panel.kind == "events":
        shown = _placed(panel.id, panel.place, {"enhancements": {}}, "search", title=panel.title)
        return shown | {"panelRefName": f"panel_{panel.id}"}
    config = {"attributes": attributes(panel, fields, DATA_VIEW), "enhancements": _drilldown(panel)}
    return _placed(panel.id, panel.place, config, "lens", title=panel.title, hidden=panel.kind == "number")


def references_of(panel: Panel) -> list[Json]:
    """The panel's references; Kibana finds them by its id before the colon."""
    if panel.kind == "events":
        named = [{"id": f"auth0-{panel.search}", "name": f"panel_{panel.id}", "type": "search"}]
    else:
        named = [reference(DATA_VIEW)] if panel.is_chart else []
    if panel.leads_to:
        name = f"drilldown:DASHBOARD_TO_DASHBOARD_DRILLDOWN:{_event(panel)}:dashboardId"
        named.append({"id": f"auth0-{panel.leads_to}", "name": name, "type": "dashboard"})
    return [each | {"name": f"{panel.id}:{each['name']}"} for each in named]


def _placed(name: str, place: Place, config: Json, kind: str, *, title: str = "", hidden: bool = False) -> Json:
    return {
        "type": kind,
        "title": title,
        "panelIndex": name,
        "gridData": {"x": place.x, "y": place.y, "w": place.width, "h": place.height, "i": name},
        "embeddableConfig": config | {"hidePanelTitles": hidden},
        "version": _VERSION,
    }


def _markdown(text: str) -> Json:
    nothing = {"filter": [], "query": {"language": "kuery", "query": ""}}
    return {
        "enhancements": {},
        "savedVis": {
            "type": "markdown",
            "title": "",
            "description": "",
            "params": {"fontSize": 12, "markdown": text, "openLinksInNewTab": False},
            "uiState": {},
            "data": {"aggs": [], "searchSource": nothing},
        },
    }


def _drilldown(panel: Panel) -> Json:
    """A click on a value opens the other dashboard with that value as a filter, and the same time range."""
    if not panel.leads_to:
        return {}
    action = {
        "factoryId": "DASHBOARD_TO_DASHBOARD_DRILLDOWN",
        "name": f"Look closer ({panel.leads_to.replace('-', ' ')})",
        "config": {"openInNewTab": False, "useCurrentDateRange": True, "useCurrentFilters": True},
    }
    event = {"eventId": _event(panel), "triggers": ["FILTER_TRIGGER"], "action": action}
    return {"dynamicActions": {"events": [event]}}


def _event(panel: Panel) -> str:
    return f"{panel.id}-to-{panel.leads_to}"
