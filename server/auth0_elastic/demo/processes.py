"""Starts the engine and the server, and makes sure that both end with the demo, whenever that ends."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack

from auth0_elastic.config.settings import Settings
from auth0_elastic.demo.home import Home
from auth0_elastic.demo.interrupts import Interrupts
from auth0_elastic.engine.embedded import EmbeddedEngine, install, tether
from auth0_elastic.engine.embedded.state import RunningEngine
from auth0_elastic.engine.embedded.tools import find_java
from auth0_elastic.engine.embedded.training import class_archive
from auth0_elastic.errors import Auth0ElasticError

_READY_SECONDS = 30.0
_STOP_SECONDS = 5.0  # what is under way need not be finished, since nothing of it is kept
_LOG_LINES_SHOWN = 15


class ServerEnded(Auth0ElasticError):
    """The server did not start, or ended by itself."""


def install_engine() -> None:
    """Fetches and lays out the engine, and trains its JVM, unless that is done already; shows what it does."""
    class_archive(install(), find_java())


def start_engine(home: Home, interrupts: Interrupts, stack: ExitStack) -> EmbeddedEngine:
    """An engine that takes requests; `stack` stops it. Raises EngineError."""
    engine = EmbeddedEngine(home.engine, short_lived=True)
    with interrupts.held():
        pool = stack.enter_context(ThreadPoolExecutor(1, "engine"))
        # In a thread, because an interruption in the middle of a start would lose the process that it has begun.
        started = pool.submit(engine.start)
        stack.callback(_stop_engine, engine, started)
    started.result()
    return engine


def _stop_engine(engine: EmbeddedEngine, started: Future[RunningEngine]) -> None:
    while not started.done():
        engine.stop()
        wait([started], 0.05)
    engine.stop()


def start_server(home: Home, settings: Settings, interrupts: Interrupts, stack: ExitStack) -> subprocess.Popen[bytes]:
    """The server as anybody would start it, when it is ready; `stack` stops it. Raises ServerEnded."""
    command = [sys.executable, "-m", "auth0_elastic", "serve", "--config", str(home.settings)]
    with interrupts.held(), home.server_log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *command],
            env={name: value for name, value in os.environ.items() if not name.startswith("AUTH0_ELASTIC_")},
            cwd=home.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is the demo's, which then stops things in their order
        )
        stack.callback(_stop_server, process)
    _wait_until_ready(process, home, settings)
    return process


def _wait_until_ready(process: subprocess.Popen[bytes], home: Home, settings: Settings) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not (_is_ready(settings.monitoring.listen_port) and _listens(settings.listener.listen_port)):
        check(process, home)
        if time.monotonic() > deadline:
            raise ServerEnded(f"the server was not ready in {_READY_SECONDS:g} s; {_end_of_log(home)}")
        time.sleep(0.05)


def check(process: subprocess.Popen[bytes], home: Home) -> None:
    """Raises ServerEnded unless the server runs."""
    if process.poll() is not None:
        raise ServerEnded(f"the server ended with exit code {process.returncode}; {_end_of_log(home)}")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def _end_of_log(home: Home) -> str:
    lines = home.server_log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
    return "\n".join(["the end of its log:", *lines])


def _stop_server(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with its children, as it has a session of its own
        process.wait()
