"""Every panel shows something of a day of events; every saved search finds something, in every column."""

from typing import Any

import pytest

from auth0_elastic.kibana import Dashboard, Definitions, Panel, Search, read_definitions
from auth0_elastic.kibana.definition import Filter
from auth0_elastic.kibana.fields import INGEST_LAG
from auth0_elastic.kibana.filters import query
from auth0_elastic.kibana.queries import panel_query, rows, search_query, what_is_empty

DEFINITIONS = read_definitions()
CHARTS = [(board, panel) for board in DEFINITIONS.dashboards for panel in board.panels if panel.is_chart]


@pytest.mark.parametrize(("dashboard", "panel"), CHARTS, ids=lambda each: each.id)
def test_no_panel_comes_out_empty(day: Any, dashboard: Dashboard, panel: Panel) -> None:
    found = rows(panel, day.search(panel_query(dashboard, panel)))
    assert what_is_empty(panel, found) == []


@pytest.mark.parametrize("search", DEFINITIONS.searches, ids=lambda each: each.id)
def test_every_saved_search_finds_events_and_fills_its_columns(day: Any, search: Search) -> None:
    answer = day.search(search_query(search))
    assert answer["hits"]["total"]["value"] > 0
    assert [name for name, found in answer["aggregations"].items() if not found["doc_count"]] == []


@pytest.mark.parametrize("dashboard", DEFINITIONS.dashboards, ids=lambda each: each.id)
def test_a_list_of_events_on_a_dashboard_is_not_emptied_by_the_dashboards_own_filter(
    day: Any, definitions: Definitions, dashboard: Dashboard
) -> None:
    searches = {each.id: each for each in definitions.searches}
    for panel in dashboard.panels:
        if panel.kind == "events":
            answer = day.search(search_query(searches[f"auth0-{panel.search}"], dashboard.where))
            assert answer["hits"]["total"]["value"] > 0, panel.title


def test_the_unified_timeline_shows_auth0_and_its_alerts_beside_other_sources(
    day: Any, definitions: Definitions
) -> None:
    (search,) = (each for each in definitions.searches if each.every_source)
    body = search_query(search) | {"aggs": {"datasets": {"terms": {"field": "_index"}}}}
    answer = day.search(body, everywhere=True)
    found = {
        bucket["key"].removeprefix(".ds-").split("-")[1] for bucket in answer["aggregations"]["datasets"]["buckets"]
    }
    assert found == {"auth0.logs", "auth0.alerts", "other.auth"}


def test_the_lag_is_the_time_from_the_event_to_its_indexing_in_seconds(day: Any, definitions: Definitions) -> None:
    (panel,) = (each for _, each in CHARTS if each.id == "median-lag")
    ((_, (lag,)),) = rows(panel, day.search(panel_query(definitions.dashboards[-1], panel)))
    assert panel.fields == {INGEST_LAG}
    assert lag is not None
    assert 3600 < lag < 24 * 3600  # the day lies behind us, and is indexed now


def test_a_panel_that_finds_nothing_is_called_empty(day: Any) -> None:
    dashboard, panel = next(each for each in CHARTS if each[1].kind == "table")
    nothing = panel_query(dashboard, panel) | {"query": query({"event.code": "there is no such code"})}
    assert what_is_empty(panel, rows(panel, day.search(nothing))) == [panel.title]


def test_a_metric_that_is_always_zero_is_called_empty(day: Any) -> None:
    dashboard, panel = next(each for each in CHARTS if each[1].kind == "time" and not each[1].by)
    only = panel_query(dashboard, panel) | {"query": query({"event.outcome": "success"})}
    assert what_is_empty(panel, rows(panel, day.search(only))) == ["Failure", "Unknown"]


@pytest.mark.parametrize(
    ("dashboard", "panel"), [each for each in CHARTS if each[1].leads_to], ids=lambda each: each.id
)
def test_a_drill_down_by_any_value_of_a_panel_leads_to_a_dashboard_that_knows_it(
    day: Any, dashboard: Dashboard, panel: Panel
) -> None:
    keys = rows(panel, day.search(panel_query(dashboard, panel)))[0].keys
    there = [each for each in CHARTS if each[0].id == f"auth0-{panel.leads_to}"]
    for (_, field), key in zip(panel.by, keys, strict=True):
        assert any(_shows(day, *each, {field: key}) for each in there), f"nothing is known there of {field}"


def _shows(day: Any, dashboard: Dashboard, panel: Panel, clicked: Filter) -> bool:
    """Whether the panel has a row by some field where the clicked value is a filter too."""
    body = panel_query(dashboard, panel)
    found = rows(panel, day.search(body | {"query": {"bool": {"filter": [body["query"], query(clicked)]}}}))
    return bool(panel.by) and any(any(row.values) for row in found)
