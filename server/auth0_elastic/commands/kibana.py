"""`auth0-elastic kibana`: shows the dashboards, and rewrites the saved objects that are generated from them."""

from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from auth0_elastic.detect import rules_page
from auth0_elastic.detect.kibana_rules import kibana_rules
from auth0_elastic.detect.sigma import SHIPPED, load_rules
from auth0_elastic.kibana import Dashboard, Definitions, compiled, page, read_definitions
from auth0_elastic.kibana.write import write

_CHECKOUT = Path(__file__).parents[3]
FOLDER = _CHECKOUT / "package/kibana"


@click.command(name="kibana")
@click.option(
    "--write", "writing", is_flag=True, help="Rewrite package/kibana, docs/dashboards.md and docs/detections.md."
)
def command(writing: bool) -> None:
    """Show the dashboards for Kibana, panel by panel."""
    definitions = read_definitions()
    if writing:
        changed = write(FOLDER, files(definitions))
        changed += _renew("docs/dashboards.md", lambda text: page.renewed(text, definitions))
        changed += _renew("docs/detections.md", lambda text: rules_page.renewed(text, load_rules([SHIPPED])))
        click.echo("\n".join(f"wrote {name}" for name in changed) or "nothing has changed")
        return
    console = Console()
    for dashboard in definitions.dashboards:
        console.print(_as_table(dashboard))


def files(definitions: Definitions) -> dict[str, str]:
    """The content of every file below `package/kibana/`: what is compiled from the dashboards and from the rules."""
    return compiled(definitions) | kibana_rules(load_rules([SHIPPED]))


def _renew(name: str, renewed: Callable[[str], str]) -> list[str]:
    path = _CHECKOUT / name
    before = path.read_text(encoding="utf-8")
    after = renewed(before)
    path.write_text(after, encoding="utf-8")
    return [] if before == after else [name]


def _as_table(dashboard: Dashboard) -> Table:
    table = Table("Panel", "Kind", "Metrics", "By", title=f"{dashboard.title} ({dashboard.id})", title_justify="left")
    for panel in dashboard.panels:
        by = [field for _, field in panel.by] + ([panel.over] if panel.kind == "time" else [])
        table.add_row(panel.title, panel.kind, ", ".join(each.label for each in panel.metrics), ", ".join(by))
    return table
