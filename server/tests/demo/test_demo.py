"""The demo as a newcomer starts it: the whole product, in a process of its own, with an engine of its own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auth0_elastic.engine.embedded.state import is_alive, running_engine, wait_until

DEMO = [sys.executable, "-m", "auth0_elastic", "demo"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Temporary files go where the test can see what is left of them; a foreign setting is in the way."""
    return {**os.environ, "TMPDIR": str(tmp_path), "AUTH0_ELASTIC_LISTENER_WEBHOOK_PATH": "/of/another/server"}


def test_every_event_is_searchable_exactly_once_and_nothing_is_left(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ended = subprocess.run(
        [*DEMO, "--once", "--events", "600", "--seed", "7"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "All 600 events that were sent are searchable, each exactly once." in ended.stdout
    facts = re.sub(r" +", " ", ended.stdout)
    for fact in ("indexed 600", "duplicate 100", "dead letter 1 ", "JSONLINES 271", "JSONARRAY 270", "JSONOBJECT 60"):
        assert fact in facts
    assert "the listener not JSON: " in facts
    assert "Indexing: 701 of 701" in ended.stderr
    assert [*tmp_path.iterdir()] == []


def test_a_tenants_events_are_polled_streamed_and_filled_in(environment: dict[str, str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [*DEMO, "--tenant", "--once", "--events", "600", "--seed", "7"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "All 600 events that were sent are searchable, each exactly once." in ended.stdout
    facts = re.sub(r" +", " ", ended.stdout)
    for fact in ("polled 300", "streamed 340", "lost 60", "filled 60", "indexed 600", "duplicate 100", "dead letter 0"):
        assert fact in facts
    for step in (
        "Making the log stream: auth0-elastic (lst_",
        "Polling: 300 of 300",
        "Streaming: 340 of 340",
        "60 events lost on the way, log stream suspended",
        "Resuming the stream: active",
        "Filling the gap: 600 of 600  60 missing, 60 filled",
    ):
        assert step in ended.stderr
    assert [*tmp_path.iterdir()] == []


def test_an_interrupted_start_stops_the_engine_and_leaves_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    demo = subprocess.Popen(DEMO, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    data = wait_for_engine(tmp_path)
    engine = running_engine(data)
    demo.send_signal(signal.SIGINT)
    _, told = demo.communicate(timeout=30)
    assert demo.returncode == 128 + signal.SIGINT
    assert told.endswith("Stopping everything …\n")
    assert engine is not None
    assert not is_alive(engine.pid, data)
    assert [*tmp_path.iterdir()] == []


def wait_for_engine(folder: Path) -> Path:
    """The data directory of the engine that is being started there."""
    assert wait_until(lambda: any(running_engine(data) for data in folder.glob("*/engine")), patience=30)
    return next(folder.glob("*/engine"))


def test_a_missing_java_is_told_in_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    environment.pop("JAVA_HOME", None)
    ended = subprocess.run(DEMO, env={**environment, "PATH": ""}, capture_output=True, text=True, check=False)
    assert ended.returncode == 69
    assert "install a JDK 17" in ended.stderr.splitlines()[-1]
    assert [*tmp_path.iterdir()] == []
