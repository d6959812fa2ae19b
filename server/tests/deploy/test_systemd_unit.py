"""The unit names what exists, gives the server the time it needs, and takes from it all that it does not need."""

import re
from collections import defaultdict
from pathlib import Path

import click
import pytest

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError
from auth0_elastic.receive.server import CONNECTIONS_PER_WORKER
from auth0_elastic.serve.supervisor import STOP_SECONDS

FILE = Path("deploy/systemd/auth0-elastic.service")
# What `systemd-analyze security` weighs most.
TAKEN = [
    "NoNewPrivileges",
    "PrivateTmp",
    "PrivateDevices",
    "PrivateUsers",
    "PrivateMounts",
    "ProtectHome",
    "ProtectHostname",
    "ProtectClock",
    "ProtectKernelTunables",
    "ProtectKernelModules",
    "ProtectKernelLogs",
    "ProtectControlGroups",
    "RestrictNamespaces",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "RemoveIPC",
]

Unit = dict[str, list[str]]


@pytest.fixture(scope="module")
def unit(root: Path) -> Unit:
    found: Unit = defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*)$", (root / FILE).read_text(), re.MULTILINE):
        found[name].append(value)
    return found


def test_its_command_is_one_of_ours(unit: Unit) -> None:
    program, command, option, _ = unit["ExecStart"][0].split()
    assert program.endswith("/auth0-elastic")
    found = main.get_command(click.Context(main), command)
    assert found is not None
    assert any(option in parameter.opts for parameter in found.params)


def test_its_variables_are_settings_and_its_secrets_come_from_credentials(unit: Unit, tmp_path: Path) -> None:
    for each in unit["LoadCredential"]:
        (tmp_path / each.split(":")[0]).write_text("a-secret-of-some-length")
    paths = {"%d": str(tmp_path), "%S": "/var/lib"}
    variables = dict(each.split("=", 1) for each in unit["Environment"])
    given = {name: re.sub("%[dS]", lambda match: paths[match[0]], value) for name, value in variables.items()}
    settings = load(Path("/dev/null"), given | {"AUTH0_ELASTIC_LISTENER_BEHIND_PROXY": "true"}, for_serve=True)
    assert settings.listener.authorization_token[0].reveal() == "a-secret-of-some-length"
    assert settings.elasticsearch.api_key is not None
    assert settings.spool.path == Path("/var/lib") / unit["StateDirectory"][0] / "spool"


def test_it_is_ended_only_after_the_supervisor_has_had_its_time(unit: Unit) -> None:
    assert int(unit["TimeoutStopSec"][0].removesuffix("s")) > STOP_SECONDS
    assert unit["KillMode"] == ["mixed"]


def test_it_is_started_again_but_not_with_settings_that_cannot_work(unit: Unit) -> None:
    assert unit["Restart"] == ["always"]
    assert unit["RestartPreventExitStatus"] == [str(ConfigError.exit_code)]


def test_it_may_open_a_file_for_each_connection(unit: Unit) -> None:
    assert int(unit["LimitNOFILE"][0]) > 2 * CONNECTIONS_PER_WORKER


def test_it_is_nobody_special_and_may_write_to_its_state_alone(unit: Unit) -> None:
    assert unit["User"] == ["auth0-elastic"]
    assert (unit["CapabilityBoundingSet"], unit["AmbientCapabilities"]) == ([""], [""])
    assert unit["ProtectSystem"] == ["strict"]
    assert "ReadWritePaths" not in unit
    assert (unit["StateDirectoryMode"], unit["UMask"]) == (["0700"], ["0077"])
    assert {name: unit[name] for name in TAKEN} == {name: ["yes"] for name in TAKEN}
