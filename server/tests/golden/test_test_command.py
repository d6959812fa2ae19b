"""`auth0-elastic test` from the outside."""

import pytest
from click.testing import CliRunner

from auth0_elastic.commands.test import command
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import find_cases
from auth0_elastic.package_files import find_package


@pytest.fixture
def one_case() -> str:
    return find_cases(find_package())[0].stem


def test_a_run_shows_a_table_and_ends_with_0(opensearch: RunningEngine, one_case: str) -> None:
    result = CliRunner().invoke(command, [one_case, "--engine", opensearch.url])
    assert result.exit_code == 0, result.output
    assert "1 cases" in result.output
    assert "all ok" in result.output


def test_an_unknown_case_is_told_before_an_engine_is_started() -> None:
    result = CliRunner().invoke(command, ["no-such-case"])
    assert "there is no test no-such-case" in str(result.exception)
