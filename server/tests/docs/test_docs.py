"""The docs say what the product does."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from auth0_elastic.cli import main

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()


def test_the_commands_page_is_the_help_of_the_commands() -> None:
    # In a process of its own, since click keeps the help option of a command as it was first asked for.
    made = subprocess.run(
        [sys.executable, "-m", "auth0_elastic.help_pages"], capture_output=True, text=True, check=True
    )
    assert (ROOT / "docs" / "commands.md").read_text() == made.stdout, "run: make generate"


@pytest.mark.parametrize("command", main.list_commands(click.Context(main)))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"auth0-elastic {command}" in README or f"scripts/{command}" in README


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md"])
def test_every_path_that_is_named_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    named = set(re.findall(r"`((?:server|package|docs|scripts)/[\w./@-]+)`", text)) | set(
        re.findall(r"\]\((\S+?)\)", text)
    )
    missing = [path for path in named if not path.startswith("http") and not (ROOT / path).exists()]
    assert missing == []


def test_the_architecture_fits_on_a_page() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 80
