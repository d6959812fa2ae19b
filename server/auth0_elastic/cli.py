"""The command line `auth0-elastic`: one file a command in `commands/`."""

import importlib
import pkgutil

import sys
from typing import Any

import click

from auth0_elastic import __version__, commands
from auth0_elastic.errors import Auth0ElasticError


class _Group(click.Group):
    """Turns our own errors into one line and an exit code that means something."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Auth0ElasticError as error:
            click.echo(f"auth0-elastic: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Auth0 logs in Elasticsearch or OpenSearch: complete, in ECS, each event exactly once."""


for _module in pkgutil.iter_modules(commands.__path__):
    main.add_command(importlib.import_module(f"{commands.__name__}.{_module.name}").command)
