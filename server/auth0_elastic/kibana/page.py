"""The tables of docs/dashboards.md: every dashboard with its panels, every search with its columns."""

from collections.abc import Iterator

from auth0_elastic.errors import PackageError
from auth0_elastic.kibana.definition import Dashboard, Search
from auth0_elastic.kibana.read import Definitions

BEGIN = "<!-- Made by `auth0-elastic kibana --write` from the definitions; a test fails when they differ. -->\n"
END = "<!-- The rest is written by hand. -->\n"


def renewed(page: str, definitions: Definitions) -> str:
    """The page with its tables made anew, between the two marks; raises PackageError where there are none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PackageError(
            f"docs/dashboards.md has no place for the tables: it needs {BEGIN.strip()} and {END.strip()}"
        )
    return before + BEGIN + "\n" + "\n".join(_tables(definitions)) + "\n" + END + after


def _tables(definitions: Definitions) -> Iterator[str]:
    yield "| dashboard | what it answers | panels |\n|---|---|---|"
    yield from map(_dashboard, definitions.dashboards)
    yield "\n| saved search | what it shows | columns beside the time |\n|---|---|---|"
    yield from map(_search, definitions.searches)
    yield ""


def _dashboard(dashboard: Dashboard) -> str:
    panels = "; ".join(panel.title for panel in dashboard.panels)
    return f"| **{dashboard.title}** | {dashboard.description} | {panels} |"


def _search(search: Search) -> str:
    columns = ", ".join(f"`{name}`" for name in search.columns)
    return f"| **{search.title}** | {search.description} | {columns} |"
