"""`auth0-elastic setup`: installs the package into the cluster, upgrades it, or removes it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from rich.console import Console

from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.errors import SetupRefused
from auth0_elastic.kibana import load as kibana
from auth0_elastic.package_files import Assets, data_streams, find_package, load_assets, to_install
from auth0_elastic.settings_option import with_settings
from auth0_elastic.setup.apply import OnStep, install, remove
from auth0_elastic.setup.cluster import read_cluster, read_own
from auth0_elastic.setup.plan import plan, plan_full_removal
from auth0_elastic.setup.roles import Role, api_key, role
from auth0_elastic.setup.show import show_differences, show_steps
from auth0_elastic.setup.step import Step

_WOULD_CHANGE = 3

# What --print-role can print: a role's body for either engine, or the body of an API key.
_FORMS = ("elasticsearch", "opensearch", "api-key")


@click.command(name="setup")
@click.option("--dry-run", is_flag=True, help="Only show what would change; exit with 3 if anything would, else 0.")
@click.option("--remove", "removing", is_flag=True, help="Remove what setup installed; refused while there is data.")
@click.option("--delete-data", is_flag=True, help="With --remove: delete the data streams too, with all their events.")
@click.option("--yes", is_flag=True, help="Delete data without asking.")
@click.option(
    "--delete-after",
    metavar="AGE",
    callback=lambda context, parameter, age: _checked_age(age),
    help="Let Elasticsearch delete events this long after their index was rolled over, such as 90d. "
    "[default: as it is; a new policy deletes nothing]",
)
@click.option(
    "--print-role",
    type=click.Choice(["shipper", "setup", "detect", "test"]),
    help="Print the least privileges that `serve`, `setup`, `detect` or `test` needs, as JSON, and do nothing else.",
)
@click.option(
    "--role-for",
    type=click.Choice(_FORMS),
    default=_FORMS[0],
    show_default=True,
    help="With --print-role: a role for this engine, or the body of an API key.",
)
@click.option(
    "--kibana",
    "kibana_url",
    metavar="URL",
    help="Import the dashboards and detection rules too; the URL may name a space: …/s/SPACE.",
)
@with_settings()
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    *,
    dry_run: bool,
    removing: bool,
    delete_data: bool,
    yes: bool,
    delete_after: str | None,
    kibana_url: str | None,
    print_role: Role | None,
    role_for: str,
) -> None:
    """Install the ingest pipelines, mappings, index template and lifecycle policy, or upgrade them.

    A second run changes nothing. Where a data stream exists, its write index gets the new mapping and pipeline in
    place, and is rolled over only if the engine refuses the mapping. Your own component template and pipeline
    (logs-auth0.logs@custom) are never touched, the lifecycle policy only with --delete-after.
    """
    if print_role:
        click.echo(json.dumps(_role(print_role, role_for), indent=2))
        return
    if kibana_url and (removing or dry_run):
        raise click.UsageError("--kibana goes with neither --remove nor --dry-run.")
    if delete_data and not removing:
        raise click.UsageError("--delete-data goes with --remove.")
    console = Console()
    engine = connect(settings.elasticsearch)
    if delete_after and engine.distribution == "opensearch":
        raise SetupRefused(
            "OpenSearch has no ILM; set --delete-after aside, and make an ISM policy for logs-auth0.logs-*"
        )
    streams = [replace(load_assets(name), delete_after=delete_after) for name in data_streams(find_package())]
    if dry_run:
        context.exit(_WOULD_CHANGE if _show_plans(console, engine, streams, removing, delete_data) else 0)
    if delete_data:
        _ask(engine, streams, yes)
    for assets in streams:
        _do(console, _action(engine, assets, removing, delete_data))
    if kibana_url:
        imported = kibana.install(kibana_url, settings)
        console.print(
            f"Imported {len(imported)} dashboards, searches, data views and detection rules into {kibana_url}."
        )


def _role(name: Role, form: str) -> dict[str, Any]:
    return api_key(name) if form == "api-key" else role(name, "opensearch" if form == "opensearch" else "elasticsearch")


def _checked_age(age: str | None) -> str | None:
    if age is not None and re.fullmatch(r"[1-9]\d*[dhm]", age) is None:
        raise click.BadParameter(f"{age} is no age; write a number and d, h or m, such as 90d.")
    return age


def _action(engine: Engine, assets: Assets, removing: bool, delete_data: bool) -> Callable[[OnStep], bool]:
    if removing:
        return lambda on_step: remove(engine, assets, delete_data, on_step)
    return lambda on_step: install(engine, assets, on_step)


def _do(console: Console, action: Callable[[OnStep], bool]) -> None:
    """Shows what was done, also when it ends with an error halfway."""
    done: list[tuple[Step, str]] = []
    changed = False
    try:
        changed = action(lambda step, outcome: done.append((step, outcome)))
    finally:
        show_steps(console, done)
    if not changed:
        console.print("Nothing to do.")


def _show_plans(console: Console, engine: Engine, streams: list[Assets], removing: bool, delete_data: bool) -> bool:
    changes = False
    for assets in (to_install(each, engine.distribution) for each in streams):
        cluster = read_cluster(engine, assets)
        steps = plan_full_removal(assets, cluster, delete_data) if removing else plan(assets, cluster)
        show_steps(console, [(step, step.action) for step in steps])
        show_differences(console, steps)
        changes = changes or any(step.changes for step in steps)
    console.print("" if changes else "Nothing to do.")
    return changes


def _ask(engine: Engine, streams: list[Assets], yes: bool) -> None:
    """Asks before data is deleted; without a terminal, only --yes will do."""
    names = [stream.name for assets in streams for stream in read_own(engine, assets).data_streams]
    if names and not yes:
        click.confirm(f"Delete {', '.join(names)} with all events?", abort=True)
