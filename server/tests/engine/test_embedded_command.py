"""`auth0-elastic engine` starts an engine that outlives the command, and finds it again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth0_elastic.engine.embedded import running_engine, stop_engine
from auth0_elastic.engine.embedded.ports import free_port
from auth0_elastic.engine.embedded.state import RunningEngine, remember


def engine(action: str, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from auth0_elastic.cli import main; main()", "engine", action]
    return subprocess.run([*command, "--data", str(data), *options], capture_output=True, text=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    stop_engine(tmp_path / "data")


def test_start_status_and_stop(data: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    started = engine("start", data, "--port", url.rpartition(":")[2])
    assert (started.returncode, started.stdout) == (0, f"{url}\n")
    assert engine("start", data).stdout == started.stdout
    status = engine("status", data)
    assert status.returncode == 0
    assert status.stdout.startswith(f"running: {url} (pid ")
    assert engine("stop", data).stdout == "stopped\n"
    assert engine("status", data).returncode == 3


def test_nothing_runs_before_the_first_start(data: Path) -> None:
    assert (engine("status", data).returncode, engine("status", data).stdout) == (3, "not running\n")
    assert (engine("stop", data).returncode, engine("stop", data).stdout) == (0, "not running\n")


def test_a_stale_state_file_is_no_engine(data: Path) -> None:
    data.mkdir()
    remember(data, RunningEngine("http://127.0.0.1:9200", os.getpid(), "opensearch", data))
    assert running_engine(data) is None
    assert not stop_engine(data)
    assert [*data.iterdir()] == []


def test_a_broken_state_file_is_no_engine(data: Path) -> None:
    data.mkdir()
    (data / "engine.json").write_text("{")
    assert running_engine(data) is None
