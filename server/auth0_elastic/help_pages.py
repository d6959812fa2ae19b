"""docs/commands.md: the help of every command, as the command line prints it. `make generate` rewrites it."""

from collections.abc import Iterator

import click

from auth0_elastic.cli import main

WIDTH = 100

_HEAD = """# Commands

<!-- Made by `make generate` from the commands' own help; a test fails when they differ. -->

Exit codes: 0 all went well, 1 something did not, 2 wrong usage, 3 `setup --dry-run` would change something or no engine
runs, 69 a tool is missing or nobody answers, 75 another server uses the spool, 78 a setting is wrong.
"""


def render() -> str:
    """The page in Markdown."""
    pages = [f"## {name}\n\n```\n{text}\n```\n" for name, text in _pages(main, "auth0-elastic")]
    return "\n".join([_HEAD, *pages])


def _pages(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH, help_option_names=["-h", "--help"]
    )
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            child = command.get_command(context, each)
            if child is not None:
                yield from _pages(child, f"{name} {each}")


if __name__ == "__main__":
    click.echo(render(), nl=False)
