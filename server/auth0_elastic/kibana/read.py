"""Reads the definitions, lays the panels out in rows, and refuses what does not fit together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from auth0_elastic.errors import PackageError
from auth0_elastic.kibana.definition import COLUMNS, Dashboard, Filter, Kind, Panel, Place, Search
from auth0_elastic.kibana.fields import Fields
from auth0_elastic.kibana.metrics import read_metric
from auth0_elastic.package_files import data_streams, find_package, load_assets
from auth0_elastic.package_files.locate import read_yaml

FOLDER = Path(__file__).parent / "dashboards"
NAVIGATION_HEIGHT = 4
_SEARCHES = "searches.yml"
_ROW = {"height", "panels"}
_PANEL = {"title", "description", "kind", "width", "metrics", "by", "over", "shape", "top", "where", "text", "search"}
_PANEL |= {"leads_to", "only"}
_DASHBOARD = {"title", "description", "data_stream", "where", "controls", "rows"}
_SEARCH = {"title", "description", "data_stream", "where", "columns", "every_source"}
_LOGS = "logs"
# How many fields and metrics a kind takes, at least and at most.
_SHAPES = {
    "number": ((0, 0), (1, 1)),
    "time": ((0, 1), (1, 5)),
    "bars": ((1, 2), (1, 5)),
    "donut": ((1, 1), (1, 1)),
    "table": ((1, 5), (1, 6)),
    "map": ((1, 1), (1, 1)),
    "text": ((0, 0), (0, 0)),
    "events": ((0, 0), (0, 0)),
}


@dataclass(frozen=True, slots=True)
class Definitions:
    """All of them, dashboards in the order of the navigation; `fields` by data stream."""

    dashboards: tuple[Dashboard, ...]
    searches: tuple[Search, ...]
    fields: Mapping[str, Fields]


def read_definitions(folder: Path = FOLDER) -> Definitions:
    """Reads `NN-<id>.yml` and searches.yml; raises PackageError naming file and panel for whatever is wrong."""
    fields = {name: Fields(load_assets(name).mappings) for name in data_streams(find_package())}
    searches = tuple(_search(name, given) for name, given in read_yaml(folder / _SEARCHES).items())
    paths = sorted(path for path in folder.glob("*.yml") if path.name != _SEARCHES)
    dashboards = tuple(_dashboard(path) for path in paths)
    _check_names(dashboards, searches, fields)
    return Definitions(dashboards, searches, fields)


def _dashboard(path: Path) -> Dashboard:
    given = read_yaml(path)
    try:
        _only(given, _DASHBOARD)
        return Dashboard(
            id=f"auth0-{path.stem.split('-', 1)[1]}",
            title=given["title"],
            description=given["description"],
            data_stream=given.get("data_stream", _LOGS),
            where=given.get("where", {}),
            controls=tuple(given.get("controls", {}).items()),
            panels=tuple(_panels(given["rows"])),
        )
    except (KeyError, TypeError, PackageError) as error:
        raise PackageError(f"{path.name}: {error}") from error


def _panels(rows: list[dict[str, Any]]) -> Iterator[Panel]:
    top, ids = NAVIGATION_HEIGHT, set()
    for row in rows:
        _only(row, _ROW)
        left = 0
        for given in row["panels"]:
            place = Place(x=left, y=top, width=given["width"], height=row["height"])
            panel = _panel(given, place)
            if panel.id in ids:
                raise PackageError(f"two panels have the title {panel.title}")
            ids.add(panel.id)
            left += place.width
            yield panel
        if left != COLUMNS:
            raise PackageError(
                f"a row is {left} wide instead of {COLUMNS}: {[each['title'] for each in row['panels']]}"
            )
        top += row["height"]


def _panel(given: dict[str, Any], place: Place) -> Panel:
    title = given["title"]
    try:
        _only(given, _PANEL)
        panel = Panel(
            id=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
            title=title,
            description=given.get("description", ""),
            kind=given["kind"],
            place=place,
            metrics=tuple(read_metric(label, each) for label, each in given.get("metrics", {}).items()),
            by=tuple(given.get("by", {}).items()),
            over=given.get("over", "@timestamp"),
            shape=given.get("shape", "bars"),
            top=given.get("top", 10),
            only=given.get("only", ""),
            where=given.get("where", {}),
            text=given.get("text", ""),
            search=given.get("search", ""),
            leads_to=given.get("leads_to"),
        )
        _check_shape(panel)
    except (KeyError, TypeError, PackageError) as error:
        raise PackageError(f"panel {title!r}: {error}") from error
    return panel


def _search(name: str, given: dict[str, Any]) -> Search:
    _only(given, _SEARCH)
    where: Filter = given.get("where", {})
    return Search(
        id=f"auth0-{name}",
        title=given["title"],
        description=given["description"],
        data_stream=given.get("data_stream", _LOGS),
        where=where,
        columns=tuple(given["columns"]),
        every_source=given.get("every_source", False),
    )


def _only(given: Mapping[str, Any], known: set[str]) -> None:
    if unknown := given.keys() - known:
        raise PackageError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")


def _check_shape(panel: Panel) -> None:
    if panel.kind not in get_args(Kind):
        raise PackageError(f"{panel.kind!r} is no kind; there are {', '.join(get_args(Kind))}")
    for name, found, (least, most) in zip(
        ("by", "metrics"), (len(panel.by), len(panel.metrics)), _SHAPES[panel.kind], strict=True
    ):
        if not least <= found <= most:
            raise PackageError(f"{panel.kind} takes {least} to {most} {name}, not {found}")


def _check_names(dashboards: tuple[Dashboard, ...], searches: tuple[Search, ...], fields: Mapping[str, Fields]) -> None:
    named: tuple[Dashboard | Search, ...] = (*dashboards, *searches)
    for each in named:
        _check_fields(each, fields)
    ids, shown = {each.id for each in dashboards}, {each.id: each.data_stream for each in searches}
    for dashboard in dashboards:
        for panel in dashboard.panels:
            where = f"{dashboard.id}: panel {panel.title!r}"
            if panel.leads_to and f"auth0-{panel.leads_to}" not in ids:
                raise PackageError(f"{where} leads to {panel.leads_to}, which is not there")
            if panel.search and shown.get(f"auth0-{panel.search}") != dashboard.data_stream:
                raise PackageError(f"{where} shows {panel.search}, which is no search of its data stream")


def _check_fields(named: Dashboard | Search, fields: Mapping[str, Fields]) -> None:
    if named.data_stream not in fields:
        raise PackageError(f"{named.id}: there is no data stream {named.data_stream}; there are {', '.join(fields)}")
    searched = (
        list(fields.values()) if isinstance(named, Search) and named.every_source else [fields[named.data_stream]]
    )
    if missing := sorted(name for name in named.fields if not any(name in each for each in searched)):
        raise PackageError(f"{named.id}: the package maps no field {', '.join(missing)}")
