"""docs/deployment.md, docs/sizing.md and SECURITY.md name what exists, and compute what they say."""

import re
from pathlib import Path

import click
import pytest
import yaml

from auth0_elastic.cli import main
from auth0_elastic.config.schema import documented
from bench.sizing import figures, rows

PAGES = ("docs/deployment.md", "docs/sizing.md", "SECURITY.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_exists(root: Path, page: str) -> None:
    text = (root / page).read_text()
    links = {link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link}
    named = set(re.findall(r"(?<![\w/.])(?:deploy|scripts|docs)/[\w./-]+\w", text)) - {"deploy/secrets"}
    made = {name for name in named if name.startswith("deploy/secrets/")}
    missing = {link for link in links if not (root / page).parent.joinpath(link).exists()}
    assert missing | {name for name in named - made if not (root / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_named_is_one(root: Path, page: str) -> None:
    sections = "listener|elasticsearch|tenants|spool|monitoring|data_stream|logging|detect"
    text = (root / page).read_text()
    named = set(re.findall(rf"`((?:{sections})\.[\w.]+)`", text))
    known = {leaf.key for leaf in documented().leaves}
    assert {
        name for name in named if name not in known and not any(key.startswith(f"{name}.") for key in known)
    } == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_is_one(root: Path, page: str) -> None:
    named = set(re.findall(r"(?:`|bin/)auth0-elastic ([a-z-]+)", (root / page).read_text()))
    assert named <= set(main.list_commands(click.Context(main)))


def test_every_service_of_compose_is_described(root: Path) -> None:
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    described = re.findall(
        r"^\| `([\w-]+)` \| (?:once|always)", (root / "docs/deployment.md").read_text(), re.MULTILINE
    )
    assert described == list(services)


def test_the_sizes_follow_from_the_figures(root: Path) -> None:
    page = (root / "docs/sizing.md").read_text()
    assert re.findall(r"^\| [\d,]+ \| [\d,]+ \|.*\|$", page, re.MULTILINE) == list(rows(figures(page))), (
        "put what this prints into docs/sizing.md: python -m bench.sizing"
    )


def test_the_figures_of_storage_are_those_that_were_measured(root: Path) -> None:
    measured = (root / "docs/performance.md").read_text().replace(",", "")
    of = figures((root / "docs/sizing.md").read_text())
    assert f"events of {of['sent']:.0f} bytes" in measured
    assert re.search(rf"with `event.original` \| {of['indexed']:.0f} \|", measured)
