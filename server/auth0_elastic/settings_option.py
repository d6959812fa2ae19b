"""The option `--config`, for every command that needs settings."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from auth0_elastic.config.load import Loaded, load_with_sources
from auth0_elastic.log import redact

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file. [default: $AUTH0_ELASTIC_CONFIG, otherwise ./auth0-elastic.yml if there is one]",
)


def with_settings(*, for_serve: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a command the option, and the loaded `Settings` as its argument `settings`.

    Their secrets are masked in the log from then on. `for_serve` demands what a listener cannot do without. The
    command ends with a ConfigError when something is wrong.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @config_option
        @functools.wraps(command)
        def wrapper(*args: Any, config_path: Path | None, **kwargs: Any) -> Any:
            loaded = read(config_path, for_serve=for_serve)
            return command(*args, settings=loaded.settings, **kwargs)

        return wrapper

    return decorate


def read(config_path: Path | None, *, for_serve: bool = False) -> Loaded:
    """The settings of the file and of the process's environment, masked in the log. Raises ConfigError."""
    loaded = load_with_sources(config_path, os.environ, for_serve=for_serve)
    redact(loaded.settings)
    return loaded
