"""`auth0-elastic setup` from the outside. It leaves the package installed, as other tests of the session want it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.commands.setup import command
from auth0_elastic.engine.embedded import RunningEngine


@pytest.fixture
def config(opensearch: RunningEngine, tmp_path: Path) -> Path:
    path = tmp_path / "auth0-elastic.yml"
    path.write_text(f"elasticsearch: {{hosts: ['{opensearch.url}']}}\n")
    return path


def setup(config: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["--config", str(config), *options])


def test_after_setup_a_dry_run_finds_nothing_to_do_and_ends_with_0(config: Path) -> None:
    installed = setup(config)
    assert installed.exit_code == 0, installed.output
    assert "logs-auth0.logs@package" in installed.output
    dry = setup(config, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "Nothing to do." in dry.output


def test_a_dry_run_that_finds_something_to_do_ends_with_3_and_does_nothing(config: Path) -> None:
    setup(config)
    dry = setup(config, "--dry-run", "--remove", "--delete-data")
    assert dry.exit_code == 3, dry.output
    assert "delete" in dry.output
    assert "Nothing to do." in setup(config, "--dry-run").output


def test_data_is_deleted_only_with_remove(config: Path) -> None:
    assert setup(config, "--delete-data").exit_code == 2
