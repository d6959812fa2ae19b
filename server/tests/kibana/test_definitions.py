"""What a definition may say, and what it is refused for."""

from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.errors import PackageError
from auth0_elastic.kibana import compiled
from auth0_elastic.kibana.definition import COLUMNS
from auth0_elastic.kibana.filters import kql, query
from auth0_elastic.kibana.metrics import read_metric
from auth0_elastic.kibana.read import read_definitions

SEARCHES = "all:\n  title: All\n  description: Everything.\n  columns: [message]\n"
PANEL = "{title: T, kind: number, width: 48, metrics: {N: count}}"


def write(folder: Path, panels: str, searches: str = SEARCHES) -> Path:
    (folder / "searches.yml").write_text(searches)
    board = f"title: A\ndescription: B\nrows:\n  - height: 6\n    panels:\n{panels}\n"
    (folder / "10-a.yml").write_text(board)
    return folder


def test_panels_stand_in_rows_below_the_navigation_without_gap_or_overlap(tmp_path: Path) -> None:
    half = "      - {title: %s, kind: number, width: 24, metrics: {N: count}}\n"
    folder = write(tmp_path, half % "One" + half % "Two")
    (dashboard,) = read_definitions(folder).dashboards
    assert [(each.place.x, each.place.y) for each in dashboard.panels] == [(0, 4), (24, 4)]
    assert sum(each.place.width for each in dashboard.panels) == COLUMNS


BROKEN = {
    "a_row_that_is_too_wide": (f"      - {PANEL}\n      - {PANEL.replace('T,', 'U,')}", "96 wide instead of 48"),
    "an_unmapped_field": (
        "      - {title: T, kind: number, width: 48, metrics: {N: unique user.shoe_size}}",
        "shoe_size",
    ),
    "a_filter_by_an_unmapped_field": (f"      - {PANEL[:-1]}, where: {{user.hat: x}}}}", "no field user.hat"),
    "an_unknown_kind": (f"      - {PANEL.replace('number', 'pie')}", "'pie' is no kind"),
    "an_unknown_key": (f"      - {PANEL[:-1]}, colour: red}}", "unknown: colour"),
    "a_metric_too_many": (
        "      - {title: T, kind: number, width: 48, metrics: {N: count, M: count}}",
        "1 to 1 metrics",
    ),
    "a_table_of_nothing": ("      - {title: T, kind: table, width: 48, metrics: {N: count}}", "1 to 5 by"),
    "two_panels_of_one_title": (f"      - {PANEL.replace('48', '24')}\n      - {PANEL.replace('48', '24')}", "title T"),
    "a_way_to_nowhere": (f"      - {PANEL[:-1]}, leads_to: nowhere}}", "leads to nowhere"),
    "a_search_that_is_not_there": ("      - {title: T, kind: events, width: 48, search: some}", "no search"),
    "a_missing_width": ("      - {title: T, kind: number, metrics: {N: count}}", "width"),
}


def test_a_dashboard_names_fields_of_its_own_data_stream_alone(tmp_path: Path) -> None:
    board = write(tmp_path, f"      - {PANEL[:-1]}, where: {{auth0.alerts.level: high}}}}") / "10-a.yml"
    with pytest.raises(PackageError, match=r"the package maps no field auth0\.alerts\.level"):
        read_definitions(tmp_path)
    board.write_text(f"data_stream: alerts\n{board.read_text()}")
    assert read_definitions(tmp_path).dashboards[0].data_stream == "alerts"


def test_a_data_stream_that_is_not_there_is_refused(tmp_path: Path) -> None:
    searches = f"{SEARCHES}  data_stream: metrics\n"
    with pytest.raises(PackageError, match="no data stream metrics; there are actions, alerts, logs"):
        read_definitions(write(tmp_path, f"      - {PANEL}", searches))


def test_a_list_of_events_is_of_the_dashboards_data_stream(tmp_path: Path) -> None:
    searches = f"{SEARCHES}  data_stream: actions\n"
    with pytest.raises(PackageError, match="all, which is no search of its data stream"):
        read_definitions(write(tmp_path, "      - {title: T, kind: events, width: 48, search: all}", searches))


@pytest.mark.parametrize(("panels", "message"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, panels: str, message: str) -> None:
    with pytest.raises(PackageError, match=message):
        read_definitions(write(tmp_path, panels))


def test_a_search_may_not_name_an_unmapped_field_either(tmp_path: Path) -> None:
    searches = SEARCHES.replace("[message]", "[message, user.shoe_size]")
    with pytest.raises(PackageError, match=r"auth0-all: the package maps no field user\.shoe_size"):
        read_definitions(write(tmp_path, f"      - {PANEL}", searches))


def test_text_cannot_be_counted_by_its_values(tmp_path: Path) -> None:
    by_text = "      - {title: T, kind: bars, width: 48, by: {M: message}, metrics: {N: count}}"
    with pytest.raises(PackageError, match="message is match_only_text"):
        compiled(read_definitions(write(tmp_path, by_text)))


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({}, ""),
        ({"event.code": "f"}, 'event.code: "f"'),
        ({"event.code": ["f", "gd_*"]}, 'event.code: ("f" or gd_*)'),
        ({"user.id": "*"}, "user.id: *"),
        ({"not user.id": "*", "event.severity": ">= 73"}, "not user.id: * and event.severity >= 73"),
        ({"user.name": 'a "b" \\ c'}, 'user.name: "a \\"b\\" \\\\ c"'),
        (
            {"auth0.logs.data.is_mobile": True, "event.severity": 47},
            "auth0.logs.data.is_mobile: true and event.severity: 47",
        ),
    ],
)
def test_a_filter_in_kibanas_query_language(where: dict[str, Any], text: str) -> None:
    assert kql(where) == text


def test_a_filter_as_a_query_of_the_engine() -> None:
    where = {"event.code": ["f", "gd_*"], "not user.id": "*", "event.severity": ">= 73"}
    either = [{"term": {"event.code": {"value": "f"}}}, {"prefix": {"event.code": {"value": "gd_"}}}]
    assert query(where) == {
        "bool": {
            "filter": [
                {"bool": {"should": either, "minimum_should_match": 1}},
                {"range": {"event.severity": {"gte": 73.0}}},
            ],
            "must_not": [{"exists": {"field": "user.id"}}],
        }
    }


@pytest.mark.parametrize(
    "given", ["total", "unique", "count user.id", "p123 user.id", {"of": "count", "color": "red", "if": 1}]
)
def test_a_metric_that_is_not_understood_is_refused(given: Any) -> None:
    with pytest.raises(PackageError, match="'N'"):
        read_metric("N", given)
