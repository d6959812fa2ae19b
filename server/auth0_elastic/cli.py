"""The command line `auth0-elastic`: one file a command in `commands/`, imported when it is used."""

import importlib
import pkgutil
import sys
from typing import Any

import click

from auth0_elastic import __version__, commands
from auth0_elastic.errors import Auth0ElasticError


class _Commands(click.Group):
    """Finds commands by their file names; turns our own errors into one line and an exit code that means something."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Auth0ElasticError as error:
            click.echo(f"auth0-elastic: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Auth0 logs in Elasticsearch or OpenSearch: complete, in ECS, each event exactly once."""
