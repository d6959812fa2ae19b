"""`auth0-elastic test --profile`: what the pipeline costs a document, and beside what."""

import io

import pytest
from click.testing import CliRunner
from rich.console import Console

from auth0_elastic.commands.test import command
from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import find_cases, read_case
from auth0_elastic.golden.profile import Profile, profile
from auth0_elastic.golden.show import show_profile
from auth0_elastic.package_files import find_package, load_assets


@pytest.fixture(scope="module")
def measured(engine: Engine) -> Profile:
    events = read_case(find_cases(find_package(), ["logins"])[0]).events
    return profile(engine, load_assets(), events, rounds=1)


def test_every_processor_is_measured_the_slowest_first(measured: Profile) -> None:
    processors = load_assets().pipelines[load_assets().default_pipeline]["processors"]
    tags = [options["tag"] for each in processors for options in each.values()]
    assert sorted([*(tag for tag, _ in measured.processors), *measured.untold]) == sorted(tags)
    costs = [cost for _, cost in measured.processors]
    assert costs == sorted(costs, reverse=True)


def test_few_documents_fill_a_request(measured: Profile) -> None:
    assert measured.documents == 1_000
    assert min(measured.pipeline, measured.baseline) > 0


def test_nothing_is_indexed_and_nothing_is_left_behind(engine: Engine, measured: Profile) -> None:
    assert measured.rounds == 1
    assert engine.request("GET", "/_ingest/pipeline/auth0-elastic-profile-*").body in ({}, None)
    assert engine.call("GET", "/auth0-elastic-profile-*/_settings") == {}


def test_a_table_shows_each_processor_and_the_ratio(measured: Profile) -> None:
    console = Console(file=io.StringIO(), width=120, record=True)
    show_profile(console, measured)
    shown = console.export_text().splitlines()
    named = [line.split()[0] for line in shown[1 : 1 + len(measured.processors)]]
    assert named == [tag for tag, _ in measured.processors]
    assert f"ratio {measured.ratio:.2f}" in "\n".join(shown)
    assert measured.engine in "\n".join(shown)


def test_the_command_measures_instead_of_comparing(opensearch: RunningEngine) -> None:
    result = CliRunner().invoke(command, ["logins", "--profile", "--rounds", "1", "--engine", opensearch.url])
    assert result.exit_code == 0, result.output
    assert "script_map_event" in result.output
    assert "ratio " in result.output
