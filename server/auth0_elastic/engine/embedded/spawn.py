"""Starts the process of an engine, tied to this process or independent of it."""

import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

from auth0_elastic.engine.embedded import tether
from auth0_elastic.engine.embedded.launch import Launch

LOG_FILE = "engine.log"


def spawn(launch: Launch, data: Path, *, detached: bool) -> subprocess.Popen[bytes]:
    """Writes the configuration and starts the command, in a session of its own, so that Ctrl-C does not reach it."""
    for name in ("config", "tmp", "logs"):
        (data / name).mkdir(parents=True, exist_ok=True)
    for name, text in launch.files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text)
    if detached:
        return _popen(list(launch.command), launch, data)
    command = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *launch.command]
    started: Future[subprocess.Popen[bytes]] = Future()
    threading.Thread(target=_start_and_stay, args=(command, launch, data, started), daemon=True).start()
    return started.result()


def _start_and_stay(command: list[str], launch: Launch, data: Path, started: "Future[subprocess.Popen[bytes]]") -> None:
    # Linux ties a process to the thread that started it, so this thread stays as long as the process does.
    try:
        process = _popen(command, launch, data)
    except OSError as error:
        started.set_exception(error)
    else:
        started.set_result(process)
        process.wait()


def _popen(command: list[str], launch: Launch, data: Path) -> subprocess.Popen[bytes]:
    with (data / LOG_FILE).open("wb") as log:
        return subprocess.Popen(
            command,
            env=os.environ | launch.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
