"""`auth0-elastic reconcile` as a user meets it."""

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.cli import main
from auth0_elastic.local_auth0 import LocalAuth0

if TYPE_CHECKING:
    from .conftest import Site


def reconcile(site: "Site", *arguments: str) -> Result:
    return CliRunner().invoke(main, ["reconcile", *arguments], env=site.environment)


def test_it_prints_what_it_checked_and_fills_what_is_missing(site: "Site") -> None:
    logs = site.log(5)
    site.streamed(logs[:2])
    result = reconcile(site)
    assert result.exit_code == 0, result.output
    head, row = result.stdout.splitlines()[:2]
    assert head.split() == ["tenant", "checked", "present", "missing", "filled"]
    assert row.split() == ["acme", "5", "2", "3", "3"]
    assert site.ids() == logs


def test_a_dry_run_ends_with_1_when_something_is_missing(site: "Site") -> None:
    logs = site.log(2)
    site.streamed(logs[:1])
    result = reconcile(site, "--dry-run", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["acme"] == {
        "checked": 2,
        "present": 1,
        "missing": 1,
        "filled": 0,
        "still_missing": 1,
        "waiting": 0,
        "dead": 0,
        "unknown": None,
    }


def test_it_says_what_cannot_be_known(site: "Site") -> None:
    site.log(1)
    result = reconcile(site, "--since", "30d")
    assert result.exit_code == 0, result.output
    assert "or none any more: whether any is missing cannot be known" in result.stdout


def test_two_tenants_are_reconciled_into_one_data_stream(site: "Site") -> None:
    logs = site.log(2)
    with LocalAuth0(clock=site.clock) as beta:
        site.environment |= {
            "AUTH0_ELASTIC_TENANTS_BETA_BASE_URL": beta.base_url,
            "AUTH0_ELASTIC_TENANTS_BETA_CLIENT_ID": beta.tenant.client.client_id,
            "AUTH0_ELASTIC_TENANTS_BETA_CLIENT_SECRET": beta.tenant.client.client_secret,
        }
        site.clock.advance(1)
        logs += [beta.tenant.log() for _ in range(3)]
        result = reconcile(site)
        assert result.exit_code == 0, result.output
        assert [line.split() for line in result.stdout.splitlines()[1:3]] == [
            ["acme", "2", "0", "2", "2"],
            ["beta", "3", "0", "3", "3"],
        ]
    assert site.ids() == sorted(logs)


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_time_that_is_none_is_explained(site: "Site", option: str) -> None:
    result = reconcile(site, option, "yesterday")
    assert result.exit_code == 2
    assert "'yesterday' is no time; try 24h" in result.stderr
