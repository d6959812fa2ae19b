"""The saved objects: generated, complete in their references, by value, filtered by the data set."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.commands.kibana import files
from auth0_elastic.errors import PackageError
from auth0_elastic.kibana import Definitions, compiled, encoded
from auth0_elastic.kibana.page import renewed
from auth0_elastic.kibana.write import differences, write
from auth0_elastic.package_files import find_package

Json = dict[str, Any]
FOLDER = find_package() / "kibana"
FILES = sorted(path for path in FOLDER.glob("*/*.json") if path.parent.name != "security_rule")
SEARCHES = [path for path in FILES if path.parent.name == "search"]
DASHBOARDS = [path for path in FILES if path.parent.name == "dashboard"]


def read(path: Path) -> Json:
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


def leaves(value: Any, key: str) -> Iterator[Any]:
    """Every value under this key, however deep."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == key)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from leaves(each, key)


def test_the_files_are_what_the_generator_makes(definitions: Definitions) -> None:
    assert differences(FOLDER, files(definitions)) == [], "run: auth0-elastic kibana --write"


def test_the_generator_makes_the_same_files_each_time(definitions: Definitions) -> None:
    assert compiled(definitions) == compiled(definitions)


def test_a_file_that_is_no_longer_made_is_removed(tmp_path: Path, definitions: Definitions) -> None:
    made = compiled(definitions)
    assert write(tmp_path / "kibana", made) == sorted(made)
    (tmp_path / "kibana/dashboard/auth0-old.json").write_text("{}")
    assert write(tmp_path / "kibana", made) == ["dashboard/auth0-old.json"]
    assert write(tmp_path / "kibana", made) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_objects_id_is_its_files_name_and_begins_with_the_packages(path: Path) -> None:
    saved = read(path)
    assert saved["id"] == path.stem
    assert path.stem.startswith("auth0-")
    assert saved["type"].replace("-", "_") == path.parent.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_object_that_is_referred_to_is_in_the_package(path: Path) -> None:
    known = {(saved["type"], saved["id"]) for saved in map(read, FILES)}
    assert {(each["type"], each["id"]) for each in read(path)["references"]} <= known


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_reference_has_a_name_of_its_own(path: Path) -> None:
    names = [each["name"] for each in read(path)["references"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_has_a_filter_by_the_data_set_and_not_only_a_query(path: Path) -> None:
    saved = read(path)
    dataset = "auth0.alerts" if path.stem == "auth0-alerts" else "auth0.logs"
    (kept,) = saved["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]["filter"]
    assert kept["query"] == {"match_phrase": {"data_stream.dataset": dataset}}
    assert kept["meta"]["indexRefName"] in {each["name"] for each in saved["references"]}


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_charts_are_lens_by_value_and_nothing_is_legacy(path: Path) -> None:
    saved = read(path)
    assert not {"visualization", "lens", "map"} & {each["type"] for each in saved["references"]}
    for panel in saved["attributes"]["panelsJSON"]:
        if panel["type"] == "visualization":
            assert panel["embeddableConfig"]["savedVis"]["type"] == "markdown"
        else:
            assert panel["type"] in ("lens", "search")


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_panels_references_are_kept_by_the_dashboard_under_the_panels_id(path: Path) -> None:
    saved = read(path)
    kept = {each["name"]: each for each in saved["references"]}
    for panel in saved["attributes"]["panelsJSON"]:
        name, config = panel["panelIndex"], panel["embeddableConfig"]
        for each in config.get("attributes", {}).get("references", []):
            assert kept[f"{name}:{each['name']}"]["id"] == each["id"]
        for event in config["enhancements"].get("dynamicActions", {}).get("events", []):
            drilldown = f"{name}:drilldown:DASHBOARD_TO_DASHBOARD_DRILLDOWN:{event['eventId']}:dashboardId"
            assert kept[drilldown]["type"] == "dashboard"
        if "panelRefName" in panel:
            assert kept[f"{name}:{panel['panelRefName']}"]["type"] == "search"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_no_panel_covers_another_or_stands_outside_the_grid(path: Path) -> None:
    cells: set[tuple[int, int]] = set()
    for panel in read(path)["attributes"]["panelsJSON"]:
        grid = panel["gridData"]
        covered = {(grid["x"] + i, grid["y"] + j) for i in range(grid["w"]) for j in range(grid["h"])}
        assert not covered & cells
        assert max(x for x, _ in covered) < 48
        cells |= covered


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_column_of_a_chart_is_used_and_every_accessor_is_a_column(path: Path) -> None:
    for state in leaves(read(path), "state"):
        (layer,) = state["datasourceStates"]["formBased"]["layers"].values()
        assert sorted(layer["columnOrder"]) == sorted(layer["columns"])
        shown = set(re.findall(r'"((?:by|metric)-\d+|time)"', json.dumps(state["visualization"])))
        assert shown == set(layer["columns"])


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_the_navigation_leads_to_every_other_dashboard(path: Path) -> None:
    navigation = read(path)["attributes"]["panelsJSON"][0]["embeddableConfig"]["savedVis"]["params"]["markdown"]
    linked = set(re.findall(r"\(#/view/([^)]+)\)", navigation))
    assert linked == {each.stem for each in DASHBOARDS} - {path.stem}
    assert re.findall(r"\(discover#/view/([^)]+)\)", navigation) == ["auth0-unified-timeline"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_kibana_gets_texts_of_json_where_the_files_have_objects(path: Path) -> None:
    saved = read(path)
    for key in ("searchSourceJSON", "panelsJSON", "optionsJSON"):
        for before, after in zip(leaves(saved, key), leaves(encoded(saved), key), strict=True):
            assert isinstance(after, str)
            assert before in (after, json.loads(after))


def test_the_data_views_texts_are_json() -> None:
    attributes = read(FOLDER / "index_pattern/auth0-logs.json")["attributes"]
    assert attributes["title"] == "logs-auth0.*"
    assert json.loads(attributes["runtimeFieldMap"]).keys() <= json.loads(attributes["fieldFormatMap"]).keys()


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_a_saved_search_shows_the_newest_first(path: Path) -> None:
    assert read(path)["attributes"]["sort"] == [["@timestamp", "desc"]]


def test_the_documentation_has_every_dashboard_and_every_search(definitions: Definitions) -> None:
    text = (find_package().parent / "docs/dashboards.md").read_text(encoding="utf-8")
    assert renewed(text, definitions) == text, "run: auth0-elastic kibana --write"
    missing = [
        each.title for each in (*definitions.dashboards, *definitions.searches) if f"**{each.title}**" not in text
    ]
    assert missing == []


def test_a_page_without_a_place_for_the_tables_is_refused(definitions: Definitions) -> None:
    with pytest.raises(PackageError, match="has no place"):
        renewed("# Dashboards\n", definitions)
