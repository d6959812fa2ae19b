"""What can be said of the image without building it: contents, user, health check, nothing unlocked, no secret."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import click
import pytest
from packaging.requirements import Requirement

from auth0_elastic import __version__
from auth0_elastic.cli import main


@pytest.fixture(scope="module")
def instructions(root: Path) -> list[tuple[str, str]]:
    """`("FROM", "python:… AS build")`, …: comments gone, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (root / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def last_stage(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    start = max(index for index, (name, _) in enumerate(instructions) if name == "FROM")
    return instructions[start:]


def test_every_base_image_has_a_version_and_no_registry(instructions: list[tuple[str, str]]) -> None:
    bases = [rest.split()[0] for name, rest in instructions if name == "FROM"]
    assert bases
    assert {base for base in bases if not re.fullmatch(r"[a-z]+:\d[\w.]*-\w+-\w+", base)} == set()


def test_whatever_is_installed_is_locked_with_hashes_or_is_already_there(instructions: list[tuple[str, str]]) -> None:
    runs = [part for name, rest in instructions if name == "RUN" for part in rest.split("&&")]
    installs = [run for run in runs if re.search(r"\bpip\b.*\binstall\b", run)]
    assert len(installs) == 3
    assert [run for run in installs if "--require-hashes" not in run and "--no-index" not in run] == []
    assert not any(word in run for run in runs for word in ("curl", "wget", "apt-get"))


def test_what_builds_the_wheel_is_taken_from_the_lock(
    instructions: list[tuple[str, str]], root: Path, tmp_path: Path
) -> None:
    """The names in the Dockerfile's awk program are hatchling and all that it needs."""
    run = next(rest for name, rest in instructions if name == "RUN" and rest.startswith("awk"))
    program = run.split("'")[1]
    made = subprocess.run(
        ["awk", program, root / "requirements-dev.lock"], capture_output=True, text=True, check=True
    ).stdout
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", made, re.MULTILINE))
    assert pins == {name: version(name) for name in closure("hatchling")}
    assert made.count("--hash=") >= len(pins)


def closure(name: str) -> set[str]:
    found = {name}
    for each in map(Requirement, requires(name) or ()):
        if each.marker is None or each.marker.evaluate({"extra": ""}):
            found |= closure(each.name)
    return found


def test_the_server_is_not_root_and_says_so_by_number(instructions: list[tuple[str, str]]) -> None:
    stage = last_stage(instructions)
    assert [rest for name, rest in stage if name == "USER"] == ["1000:1000"]
    after = [name for name, _ in stage[stage.index(("USER", "1000:1000")) :]]
    assert {"RUN", "COPY", "ADD"} & set(after) == set()


def test_the_command_is_one_of_ours_and_gets_its_signals_itself(instructions: list[tuple[str, str]]) -> None:
    stage = dict(last_stage(instructions))
    assert json.loads(stage["ENTRYPOINT"]) == ["auth0-elastic"]
    (command,) = json.loads(stage["CMD"])
    assert command in main.list_commands(click.Context(main))
    assert stage["STOPSIGNAL"] == "SIGTERM"


def test_the_version_is_the_packages(instructions: list[tuple[str, str]]) -> None:
    assert ("ARG", f"VERSION={__version__}") in last_stage(instructions)


def test_the_build_sees_only_what_it_copies(instructions: list[tuple[str, str]], root: Path) -> None:
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source for name, rest in instructions if name == "COPY" and "--from" not in rest for source in rest.split()[:-1]
    }
    assert copied == allowed
    assert all((root / path).exists() for path in copied)
    assert not any(fnmatch(path, pattern) for path in copied for pattern in (".env*", "deploy*", "*.pem", "*.key"))


def test_no_secret_is_in_the_image(root: Path) -> None:
    assert re.findall(r"(?i)(?:password|token|secret|api_key)\w*[= ]\S+", (root / "Dockerfile").read_text()) == []


@pytest.mark.parametrize("status", [200, 503])
def test_the_health_check_asks_healthz(
    instructions: list[tuple[str, str]], http_server: Callable[..., Any], status: int
) -> None:
    server = http_server(status=status)
    check = next(rest for name, rest in instructions if name == "HEALTHCHECK")
    program, *arguments = json.loads(check.partition("CMD ")[2])
    assert program == "python"
    environment = {"AUTH0_ELASTIC_MONITORING_LISTEN_PORT": server.url.rpartition(":")[2]}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
    assert [asked.line for asked in server.asked] == ["GET /healthz"]
    assert (done.returncode == 0) == (status == 200)
