"""`auth0-elastic kibana`: shows the dashboards, and rewrites the saved objects that are generated from them."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from auth0_elastic.kibana import Dashboard, Definitions, compiled, read_definitions
from auth0_elastic.kibana.page import renewed
from auth0_elastic.kibana.write import write

_CHECKOUT = Path(__file__).parents[3]
FOLDER = _CHECKOUT / "package/kibana"
PAGE = _CHECKOUT / "docs/dashboards.md"


@click.command(name="kibana")
@click.option("--write", "writing", is_flag=True, help="Rewrite package/kibana and docs/dashboards.md instead.")
def command(writing: bool) -> None:
    """Show the dashboards for Kibana, panel by panel."""
    definitions = read_definitions()
    if writing:
        changed = write(FOLDER, compiled(definitions)) + _renew_page(definitions)
        click.echo("\n".join(f"wrote {name}" for name in changed) or "nothing has changed")
        return
    console = Console()
    for dashboard in definitions.dashboards:
        console.print(_as_table(dashboard))


def _renew_page(definitions: Definitions) -> list[str]:
    before = PAGE.read_text(encoding="utf-8")
    after = renewed(before, definitions)
    PAGE.write_text(after, encoding="utf-8")
    return [] if before == after else [str(PAGE.relative_to(_CHECKOUT))]


def _as_table(dashboard: Dashboard) -> Table:
    table = Table("Panel", "Kind", "Metrics", "By", title=f"{dashboard.title} ({dashboard.id})", title_justify="left")
    for panel in dashboard.panels:
        by = [field for _, field in panel.by] + ([panel.over] if panel.kind == "time" else [])
        table.add_row(panel.title, panel.kind, ", ".join(each.label for each in panel.metrics), ", ".join(by))
    return table
