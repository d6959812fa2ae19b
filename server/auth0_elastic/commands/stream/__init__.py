"""`auth0-elastic stream`: the log stream in Auth0 that delivers to this listener."""

import click

from auth0_elastic.commands.stream import change, look, rotate, try_out


@click.group(name="stream")
def command() -> None:
    """Manage the log stream in Auth0, and try it out.

    Needs a tenant in the settings (tenants.NAME), and the permissions create:, read:, update: and delete:log_streams.
    Secrets are never shown.
    """


for _part in (look, change, rotate, try_out):
    for _command in _part.commands:
        command.add_command(_command)
