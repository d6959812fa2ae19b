"""The scripts of docker-compose.yml, run with what they run with there: bash, curl and secret files."""

import json
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

SECRETS = ("elastic_password", "kibana_password", "shipper_password", "detect_password")


@pytest.fixture
def secrets_made(root: Path, tmp_path: Path) -> Path:
    """The folder that a copy of deploy/make-secrets has filled."""
    shutil.copy(root / "deploy" / "make-secrets", tmp_path)
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    return tmp_path / "secrets"


def test_every_secret_is_long_random_and_for_its_owner_alone(secrets_made: Path) -> None:
    files = sorted(secrets_made.iterdir())
    assert set(SECRETS) < {path.name for path in files}
    assert len({path.read_text() for path in files}) == len(files)
    assert {len(bytes.fromhex(path.read_text())) for path in files} == {32}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert secrets_made.stat().st_mode & 0o777 == 0o700


def test_a_secret_that_is_there_stays(secrets_made: Path) -> None:
    (secrets_made / "auth0_token").write_text("my-own-token")
    (secrets_made / "elastic_password").unlink()
    before = {path.name: path.read_text() for path in secrets_made.iterdir()}
    done = subprocess.run([secrets_made.parent / "make-secrets"], check=True, capture_output=True, text=True)
    after = {path.name: path.read_text() for path in secrets_made.iterdir()}
    assert {name: after[name] for name in before} == before
    assert done.stdout == f"made {secrets_made}/elastic_password\n"


@pytest.fixture
def make_accounts(
    root: Path, tmp_path: Path, secrets_made: Path, http_server: Callable[..., Any]
) -> Callable[..., tuple[Any, subprocess.CompletedProcess[str]]]:
    """Runs accounts.sh against a server that answers every request with a status."""
    assert shutil.which("curl"), "the tests need curl: apt-get install curl"
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    def run(status: int) -> tuple[Any, subprocess.CompletedProcess[str]]:
        server = http_server(context, status=status)
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "ELASTICSEARCH": server.url,
            "CA": str(tmp_path / "ca.crt"),
            "SECRETS": str(secrets_made),
            "ROLES": str(root / "server/auth0_elastic/setup/roles/elasticsearch"),
        }
        script = ["bash", "-x", root / "deploy/compose/accounts.sh"]
        return server, subprocess.run(script, env=environment, capture_output=True, text=True, check=False)

    return run


def test_each_account_gets_its_password_and_its_role_and_no_more(
    make_accounts: Callable[..., Any], secrets_made: Path, root: Path
) -> None:
    server, done = make_accounts(200)
    assert done.returncode == 0, done.stderr
    word = {name: (secrets_made / name).read_text() for name in SECRETS}
    roles = root / "server/auth0_elastic/setup/roles/elasticsearch"
    assert [(asked.line, json.loads(asked.body)) for asked in server.asked] == [
        ("POST /_security/user/kibana_system/_password", {"password": word["kibana_password"]}),
        ("PUT /_security/role/auth0-elastic-shipper", json.loads((roles / "shipper.json").read_text())),
        ("PUT /_security/role/auth0-elastic-detect", json.loads((roles / "detect.json").read_text())),
        (
            "PUT /_security/user/auth0-elastic",
            {"password": word["shipper_password"], "roles": ["auth0-elastic-shipper"]},
        ),
        (
            "PUT /_security/user/auth0-elastic-detect",
            {"password": word["detect_password"], "roles": ["auth0-elastic-detect"]},
        ),
    ]


def test_no_password_stands_on_the_command_line_of_curl(make_accounts: Callable[..., Any], secrets_made: Path) -> None:
    """`bash -x` prints every command as it is run; what a built-in command is given, no process list shows."""
    _, done = make_accounts(200)
    programs = [line for line in done.stderr.splitlines() if " curl " in line]
    assert len(programs) == 5
    assert not any((secrets_made / name).read_text() in line for name in SECRETS for line in programs)


def test_a_refusal_ends_it_with_an_error(make_accounts: Callable[..., Any]) -> None:
    server, done = make_accounts(401)
    assert done.returncode != 0
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", ["deploy/compose/certs.sh", "deploy/compose/accounts.sh"])
def test_bash_can_read_it(root: Path, name: str) -> None:
    subprocess.run(["bash", "-n", root / name], check=True)
