"""`auth0-elastic poll` as a user meets it: from a local Auth0 into a real engine."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.package_files import for_distribution, load_assets
from auth0_elastic.setup.apply import install
from auth0_elastic.spool.database import FileLock, make_folder


@pytest.fixture
def both() -> Iterator[list[LocalAuth0]]:
    with LocalAuth0() as first, LocalAuth0() as second:
        yield [first, second]


@pytest.fixture
def environment(both: list[LocalAuth0], tmp_path: Path) -> dict[str, str]:
    variables = {
        "AUTH0_ELASTIC_SPOOL_PATH": str(tmp_path / "spool"),
        "AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": f"t{secrets.token_hex(4)}",
        "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": "http://127.0.0.1:9",
    }
    for name, auth0 in zip(("ACME", "BETA"), both, strict=True):
        variables[f"AUTH0_ELASTIC_TENANTS_{name}_BASE_URL"] = auth0.base_url
        variables[f"AUTH0_ELASTIC_TENANTS_{name}_CLIENT_ID"] = auth0.tenant.client.client_id
        variables[f"AUTH0_ELASTIC_TENANTS_{name}_CLIENT_SECRET"] = auth0.tenant.client.client_secret
    return variables


@pytest.fixture
def engine(environment: dict[str, str], opensearch: RunningEngine) -> Iterator[Engine]:
    environment["AUTH0_ELASTIC_ELASTICSEARCH_HOSTS"] = opensearch.url
    engine = connect(load(None, environment).elasticsearch)
    install(engine, for_distribution(load_assets(), engine.distribution))
    yield engine
    engine.request("DELETE", f"/_data_stream/{_stream(environment)}")


def _stream(environment: dict[str, str]) -> str:
    return f"logs-auth0.logs-{environment['AUTH0_ELASTIC_DATA_STREAM_NAMESPACE']}"


def _ids(engine: Engine, stream: str) -> list[str]:
    engine.call("POST", f"/{stream}/_refresh")
    found = engine.call("POST", f"/{stream}/_search", {"size": 1000, "_source": False})
    return sorted(hit["_id"] for hit in found["hits"]["hits"])


def poll(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["poll", *arguments], env=environment)


def _log(auth0: LocalAuth0, count: int, *, ago: timedelta = timedelta(0)) -> list[str]:
    return [auth0.tenant.log(written=auth0.tenant.clock() - ago.total_seconds()) for _ in range(count)]


def test_two_tenants_are_fetched_and_delivered_once(
    both: list[LocalAuth0], environment: dict[str, str], engine: Engine
) -> None:
    logs = _log(both[0], 150) + _log(both[1], 7)
    result = poll(environment)
    assert result.exit_code == 0, result.output
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:3]] == [["acme", "150"], ["beta", "7"]]
    assert result.stdout.splitlines()[-1] == "delivered"
    assert poll(environment, "--tenant", "acme", "--since", "1h").exit_code == 0
    assert _ids(engine, _stream(environment)) == sorted(logs)


def test_while_a_server_ships_it_leaves_the_delivery_to_it(
    both: list[LocalAuth0], environment: dict[str, str], tmp_path: Path
) -> None:
    _log(both[0], 2)
    folder = tmp_path / "spool" / "logs"
    make_folder(folder)
    lock = FileLock(folder / "shipper.lock")
    assert lock.acquire()
    result = poll(environment, "--tenant", "acme")
    lock.release()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "in the spool; the server that runs on it delivers them"


def test_one_tenants_trouble_does_not_stop_the_other(
    both: list[LocalAuth0], environment: dict[str, str], engine: Engine
) -> None:
    both[0].tenant.client.client_secret = "another"
    logs = _log(both[1], 3)
    result = poll(environment)
    assert result.exit_code == 1
    assert "check tenants.acme.client_id and tenants.acme.client_secret" in result.stderr
    assert _ids(engine, _stream(environment)) == logs


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--tenant", "gamma"], "there is acme, beta"), (["--since", "yesterday"], "'yesterday' is no time; try 24h")],
)
def test_wrong_usage_is_explained(environment: dict[str, str], arguments: list[str], says: str) -> None:
    result = poll(environment, *arguments)
    assert result.exit_code in (2, 78)
    assert says in result.stderr


def test_a_server_that_polls_keeps_the_command_out(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "spool" / "logs"
    make_folder(folder)
    lock = FileLock(folder / "poll-acme.lock")
    assert lock.acquire()
    result = poll(environment, "--tenant", "acme")
    lock.release()
    assert result.exit_code == 75
    assert "another process writes it" in result.stderr
