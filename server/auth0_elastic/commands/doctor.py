"""`auth0-elastic doctor`: what is wrong, and what to do about it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from auth0_elastic.config.advice import advise
from auth0_elastic.config.load import load_with_sources
from auth0_elastic.doctor import Finding, examine
from auth0_elastic.errors import ConfigError
from auth0_elastic.log import clean, redact
from auth0_elastic.settings_option import config_option

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red"), "skipped": ("-", "dim")}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@config_option
@click.pass_context
def command(context: click.Context, config_path: Path | None, as_json: bool) -> None:
    """Check everything that could be wrong, and say what to do.

    Settings, certificate, listener, token, spool, engine, installed package, privileges, Auth0's credentials and
    scopes, the log stream, and how fresh the newest event is. Nothing is changed or stored. Exits with 1 when
    something must be done.
    """
    console = Console()
    findings = []
    for finding in _findings(config_path):
        findings.append(finding)
        if not as_json:
            _show(console, finding)
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    context.exit(1 if any(finding.state == "problem" for finding in findings) else 0)


def _findings(config_path: Path | None) -> Iterator[Finding]:
    try:
        loaded = load_with_sources(config_path, os.environ, for_serve=True)
    except ConfigError as error:
        yield Finding("settings", "problem", str(error), "mend them first; the rest depends on them")
        return
    redact(loaded.settings)
    yield Finding("settings", "ok", f"{loaded.path or 'defaults and the environment'}")
    yield from (Finding("settings", "warning", hint) for hint in advise(loaded))
    yield from examine(loaded.settings)


def _show(console: Console, finding: Finding) -> None:
    mark, style = MARKS[finding.state]
    console.print(Text(f"{mark} ", style) + Text(f"{finding.check}: ", "bold") + Text(clean(finding.text)))
    if finding.remedy:
        console.print(Text(f"  → {clean(finding.remedy)}", style))
