"""`auth0-elastic dead-letters`: what could not be indexed, why, and what becomes of it."""

import click

from auth0_elastic.commands.dead_letters import change, look


@click.group(name="dead-letters")
def command() -> None:
    """Look at the events that could not be indexed, and deliver them again, or drop them.

    They are kept up to spool.dead_letters_max_size. All of this may be done while the server runs.
    """


for _part in (look, change):
    for _command in _part.commands:
        command.add_command(_command)
