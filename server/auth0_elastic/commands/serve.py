"""`auth0-elastic serve`: the server."""

import sys
from pathlib import Path

import click

from auth0_elastic import log
from auth0_elastic.settings_option import config_option, read


@click.command("serve")
@config_option
@click.option(
    "--only",
    type=click.Choice(["listen", "ship", "tenants", "detect"]),
    help="Run one of its processes in the foreground, under a supervisor of your own.",
)
def command(config_path: Path | None, only: str | None) -> None:
    """Listen for Auth0's log events, keep them durably, and deliver them; poll tenants, keep their log streams, detect.

    Runs until SIGTERM or Ctrl-C. Install the package into the cluster first: auth0-elastic setup.
    """
    settings = read(config_path, for_serve=only in (None, "listen")).settings
    log.configure(settings.logging.format, settings.logging.level, only or "serve")
    if only == "listen":
        from auth0_elastic.receive import server  # gevent only where it is used

        server.run(settings)
    elif only == "ship":
        from auth0_elastic.serve import shipping

        shipping.run(settings)
    elif only == "tenants":
        from auth0_elastic.serve import tenants

        tenants.run(settings)
    elif only == "detect":
        from auth0_elastic.serve import detecting

        detecting.run(settings)
    else:
        from auth0_elastic.serve import run

        sys.exit(run(settings, config_path))
