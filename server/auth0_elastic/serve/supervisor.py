"""Keeps the listener and the shipper running, and ends them together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

log = logging.getLogger(__name__)

GIVES_UP = range(64, 79)  # sysexits.h: a child that ends so says that it will not do better the next time
RESTART_SECONDS = 1.0
SETTLED_SECONDS = 5.0
STOP_SECONDS = 30.0
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may be loaded


class Child:
    """A process that is started again when it ends by itself."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._starts = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def well(self) -> bool:
        """Whether it runs, and not just again: one that keeps ending is not well in between."""
        return self.running and (self._starts == 1 or time.monotonic() - self._started > SETTLED_SECONDS)

    def start(self) -> None:
        parent = os.getpid()
        self._process = subprocess.Popen(self._command, preexec_fn=lambda: _die_with(parent))
        self._started = time.monotonic()
        self._starts += 1

    def gave_up(self) -> int | None:
        """Its exit code if its very first start said that another would not help; a crash or a kill does not.

        Settings that are broken later, while the others run, are no reason to end them.
        """
        code = None if self._process is None else self._process.poll()
        return code if code in GIVES_UP and self._starts == 1 else None

    def signal(self, number: int) -> None:
        if self.running and self._process is not None:
            self._process.send_signal(number)

    def stop(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("%s did not stop in time and is killed; what it had not delivered is kept", self.name)
            self._process.kill()
            self._process.wait()


class Supervisor:
    """Runs until SIGTERM or SIGINT, or until a child gives up at its first start."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self._stop = threading.Event()

    def run(self) -> int:
        """Returns the exit code: 0, or that of the child that gave up."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        for child in self.children:
            child.start()
        code = self._watch()
        self._stop_all()
        return code

    def healthy(self) -> bool:
        return all(child.well for child in self.children)

    def _watch(self) -> int:
        while not self._stop.wait(0.5):
            for child in self.children:
                if child.running:
                    continue
                code = child.gave_up()
                if code is not None:
                    return code
                log.error("%s has ended and is started again", child.name)
                if self._stop.wait(RESTART_SECONDS):
                    return 0
                child.start()
        return 0

    def _stop_all(self) -> None:
        """Both are told at once; neither needs the other to finish."""
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.signal(signal.SIGTERM)
        for child in self.children:
            child.stop(deadline)


def command_of(part: str, config_path: str | None) -> list[str]:
    """The command line of a child; secrets never stand in it."""
    config = ["--config", config_path] if config_path else []
    return [sys.executable, "-m", "auth0_elastic", "serve", "--only", part, *config]


def _die_with(parent: int) -> None:
    """On Linux the child dies when its parent does, however that is: the next server finds address and spool free.

    Nothing is lost by it, since whatever a killed child had acknowledged or delivered is on the disk.
    """
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
