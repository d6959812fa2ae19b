"""`auth0-elastic config`: makes a settings file, and shows what is in force."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import click

from auth0_elastic.config.advice import advise
from auth0_elastic.config.docs import settings_page
from auth0_elastic.config.given import Given
from auth0_elastic.config.load import DEFAULT_PATH, Loaded
from auth0_elastic.config.schema import Leaf
from auth0_elastic.config.template import in_yaml, render
from auth0_elastic.config.values import resolve_path
from auth0_elastic.detect.configured import configured_rules
from auth0_elastic.errors import ConfigError
from auth0_elastic.secret import Secret
from auth0_elastic.settings_option import config_option, read


@click.group(name="config")
def command() -> None:
    """Make and check the settings."""


@command.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_PATH)
@click.option("--force", is_flag=True, help="Overwrite the file, and with it the token in it.")
def init(path: Path, force: bool) -> None:
    """Write a settings file with a fresh token.

    PATH is auth0-elastic.yml unless given. The file explains every setting.
    """
    _write(path, render(Secret(secrets.token_urlsafe(32))), force)
    click.echo(f"Wrote {path}, readable for you alone. Next:")
    click.echo("  1. set listener.ssl (or listener.behind_proxy) and elasticsearch in it")
    click.echo(f"  2. auth0-elastic config check --config {path}")
    click.echo(f"  3. auth0-elastic setup --config {path} --dry-run, then without --dry-run")
    click.echo(f"  4. auth0-elastic serve --config {path}")
    click.echo("  5. put its listener.authorization_token into the log stream's Authorization Token in Auth0")


def _write(path: Path, text: str, force: bool) -> None:
    try:
        if force:
            path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigError(f"{path}: is there already; use --force to overwrite it and the token in it") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


@command.command()
@config_option
def check(config_path: Path | None) -> None:
    """Check the settings and show what is in force.

    Shows where each value comes from, and warns of what is rarely meant. Ends with 78 when `serve` would refuse to
    start.
    """
    loaded = read(config_path, for_serve=True)
    detect = loaded.settings.detect
    if detect.enabled or detect.rules or detect.rules_path:
        configured_rules(detect)
    rows = [("SETTING", "VALUE", "FROM"), *_rows(loaded)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for key, value, source in rows:
        click.echo(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {source}")
    for hint in advise(loaded):
        click.echo(f"warning: {hint}", err=True)
    click.echo(f"The settings are fine ({loaded.path or 'no file, only defaults and the environment'}).")


@command.command()
def docs() -> None:
    """Print what every setting means, in Markdown."""
    click.echo(settings_page(), nl=False)


def _rows(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    for leaf in loaded.schema.leaves:
        given = loaded.given.get(leaf.path, Given(leaf.default, "default", Path.cwd()))
        yield leaf.key, _shown(leaf, given), given.source


def _shown(leaf: Leaf, given: Given) -> str:
    value = given.value
    if leaf.is_secret and value is not None:
        return f"(hidden, {len(value)} of them)" if isinstance(value, list) and len(value) > 1 else "(hidden)"
    if leaf.format == "path" and isinstance(value, str):
        return str(resolve_path(value, given.folder))
    return in_yaml(value)
