"""`python -m bench <what>`: each measurement is a command of its own module."""

import click

from bench import storage


@click.group()
def main() -> None:
    """Measure what an event costs on this machine."""


main.add_command(storage.command)

if __name__ == "__main__":
    main(prog_name="scripts/bench")
