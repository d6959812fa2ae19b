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
LOOK_SECONDS = 0.5
RESTART_SECONDS = 1.0
SETTLED_SECONDS = 5.0
STOP_SECONDS = 30.0
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may be loaded


class Child:
    """A process that is started again when it ends by itself.

    At `reload_signal` it begins anew: by itself, as gunicorn does at SIGHUP, or by ending and being started again.
    """

    def __init__(self, name: str, command: Sequence[str], reload_signal: signal.Signals = signal.SIGTERM) -> None:
        self.name = name
        self._command = command
        self._reload_signal = reload_signal
        self.reloading = False
        self.restarts = 0
        self._was_asked = True
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._starts = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def well(self) -> bool:
        """Whether it runs, and not just again: one that keeps ending is not well in between."""
        settled = self._was_asked or time.monotonic() - self._started > SETTLED_SECONDS
        return self.reloading or (self.running and settled)

    def start(self) -> None:
        parent = os.getpid()
        self._process = subprocess.Popen(self._command, preexec_fn=lambda: _prepare(parent))
        self._started = time.monotonic()
        self._starts += 1

    def start_again(self) -> None:
        """Starts what has ended; one that was asked to is as well as at its first start."""
        self.restarts += not self.reloading
        self._was_asked, self.reloading = self.reloading, False
        self.start()

    def reload(self) -> None:
        """Finishes what is under way and begins anew."""
        self.reloading = self.running and self._reload_signal == signal.SIGTERM
        self.signal(self._reload_signal)

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
    """Runs until SIGTERM or SIGINT, or until a child gives up at its first start; at SIGHUP all children begin anew."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self._stop = threading.Event()
        self._reload = threading.Event()

    def run(self) -> int:
        """Returns the exit code: 0, or that of the child that gave up."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        signal.signal(signal.SIGHUP, lambda *_: self._reload.set())
        for child in self.children:
            child.start()
        code = self._watch()
        self._stop_all()
        return code

    def healthy(self) -> bool:
        return all(child.well for child in self.children)

    def _watch(self) -> int:
        while not self._stop.wait(LOOK_SECONDS):
            if self._reload.is_set():
                self._reload.clear()
                self._reload_all()
            for child in self.children:
                code = child.gave_up()
                if code is not None:
                    return code
                if not child.running:
                    self._start_again(child)
        return 0

    def _reload_all(self) -> None:
        log.info("SIGHUP: every process finishes what is under way and begins anew; connections are taken throughout")
        for child in self.children:
            child.reload()

    def _start_again(self, child: Child) -> None:
        if not child.reloading:
            log.error("%s has ended and is started again", child.name)
            self._stop.wait(RESTART_SECONDS)
        if not self._stop.is_set():
            child.start_again()

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


def _prepare(parent: int) -> None:
    """A hang-up is the supervisor's to understand; gunicorn's arbiter understands it too, and asks to hear it again."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _die_with(parent)


def _die_with(parent: int) -> None:
    """On Linux the child dies when its parent does, however that is: the next server finds address and spool free.

    Nothing is lost by it, since whatever a killed child had acknowledged or delivered is on the disk.
    """
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
