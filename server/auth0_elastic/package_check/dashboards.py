"""Rules on dashboards."""

import json
from collections.abc import Iterator
from typing import Any

from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem

Json = dict[str, Any]

# Stand for themselves in a dashboard; what is "visualization" there is legacy unless it is one of these.
_MODERN_VISUALIZATIONS = {"markdown", "vega"}
_BY_REFERENCE = {"visualization", "lens", "map"}
_NEED_NO_FILTER = {"markdown", "links"}


def a_dashboard_is_named_as_its_file(package: Package) -> Iterator[Problem]:
    """The file is `<package>-….json` and its name is the dashboard's id."""
    for path, body in package.dashboards.items():
        prefix = f"{package.manifest['name']}-"
        if not path.stem.startswith(prefix):
            yield Problem(package.name_of(path), f"its name does not start with {prefix}", "rename it")
        if body.get("id") != path.stem:
            yield Problem(package.name_of(path), f"its id is {body.get('id')}, not {path.stem}", "make them the same")


def a_dashboard_is_filtered(package: Package) -> Iterator[Problem]:
    """The dashboard, or each of its panels, has a filter; a query alone is not enough."""
    for path, body in package.dashboards.items():
        panels = [panel for panel in _panels(body) if _kind(panel) not in _NEED_NO_FILTER]
        if not _source(body).get("filter") and not all(_panel_has_filter(panel) for panel in panels):
            yield Problem(
                package.name_of(path), "neither it nor every panel has a filter", "filter by data_stream.dataset"
            )


def panels_stand_for_themselves(package: Package) -> Iterator[Problem]:
    """Panels are by value: none refers to a saved visualization."""
    for path, body in package.dashboards.items():
        for reference in body.get("references", ()):
            by_panel = ":panel_" in reference.get("name", "") or reference.get("name", "").startswith("panel_")
            if by_panel and reference["type"] in _BY_REFERENCE:
                yield Problem(package.name_of(path), f"a panel refers to {reference['id']}", "put it in by value")
        for panel in _panels(body):
            if "panelRefName" in panel and panel.get("type") in _BY_REFERENCE:
                yield Problem(package.name_of(path), f"a panel refers to {panel['panelRefName']}", "put it in by value")


def references_are_there(package: Package) -> Iterator[Problem]:
    """What a dashboard refers to is in the package."""
    there = {(path.parent.name.replace("_", "-"), path.stem) for path in package.files("kibana/*/*.json")}
    for path, body in package.dashboards.items():
        for reference in body.get("references", ()):
            target = reference["type"].replace("_", "-"), reference["id"]
            if target not in there and not (target[0] == "index-pattern" and target[1] in ("logs-*", "metrics-*")):
                yield Problem(
                    package.name_of(path), f"there is no {target[0]} {target[1]}", "add it, or drop the reference"
                )


def no_panel_is_legacy(package: Package) -> Iterator[Problem]:
    """Panels are Lens, Vega, maps or markdown, not aggregation-based visualizations."""
    for path, body in package.dashboards.items():
        for panel in _panels(body):
            kind = _kind(panel)
            if (
                panel.get("type") == "visualization"
                and "panelRefName" not in panel
                and kind not in _MODERN_VISUALIZATIONS
            ):
                yield Problem(package.name_of(path), f"a panel is a legacy visualization ({kind})", "make it Lens")


def _panels(body: Json) -> list[Json]:
    return list(_parsed(body["attributes"].get("panelsJSON", [])))


def _source(body: Json) -> Json:
    found: Json = _parsed(body["attributes"].get("kibanaSavedObjectMeta", {}).get("searchSourceJSON", {}))
    return found


def _kind(panel: Json) -> str:
    saved = panel.get("embeddableConfig", {}).get("savedVis", {})
    return str(saved.get("type") or panel.get("type", "?"))


def _panel_has_filter(panel: Json) -> bool:
    config = panel.get("embeddableConfig", {})
    state = config.get("attributes", {}).get("state", {})
    saved = _parsed(config.get("savedVis", {}).get("data", {}).get("searchSource", {}))
    return bool(state.get("filters") or config.get("filters") or saved.get("filter"))


def _parsed(value: Any) -> Any:
    """Kibana exports some objects as text."""
    return json.loads(value) if isinstance(value, str) else value
