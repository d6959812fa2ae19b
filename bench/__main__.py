"""`python -m bench <what>`: each measurement is a command of its own module."""

import click

from bench import accept, backlog, detect, growth, latency, resources, scale_out, ship, storage


@click.group()
def main() -> None:
    """Measure what an event costs on this machine."""


main.add_command(accept.command)
main.add_command(backlog.command)
main.add_command(detect.command)
main.add_command(growth.command)
main.add_command(growth.everything)
main.add_command(latency.command)
main.add_command(resources.command)
main.add_command(scale_out.command)
main.add_command(ship.command)
main.add_command(storage.command)

if __name__ == "__main__":
    main(prog_name="scripts/bench")
