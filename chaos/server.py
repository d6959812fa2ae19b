"""The real server, `auth0-elastic serve`, kept running as a service manager would."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from auth0_elastic.spool.ledger import DeadLetter, LedgerView
from chaos.errors import ChaosError
from chaos.processes import Role, processes
from chaos.waiting import wait_until

WORKERS: Final = 3
RESTART_SECONDS: Final = 0.2
STOP_SECONDS: Final = 60
_LOOK_SECONDS: Final = 0.02


class Server:
    """Starts again whenever its first process ends, until `stop`."""

    def __init__(self, folder: Path, engine: str, namespace: str, *, spool: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.spool = spool or folder / "spool"
        self.log = folder / "server.log"
        self.token = secrets.token_urlsafe()
        self.port = free_port()
        self.workers = WORKERS
        self.extra: dict[str, str] = {}  # more environment variables
        self._engine, self._namespace = engine, namespace
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = threading.Event()
        self._manager: threading.Thread | None = None

    @property
    def logs(self) -> Path:
        """The folder of the spool that the log streams' events go to."""
        return self.spool / "logs"

    @property
    def environment(self) -> dict[str, str]:
        settings = {
            "LISTENER_LISTEN_ADDRESS": "127.0.0.1",
            "LISTENER_LISTEN_PORT": str(self.port),
            "LISTENER_WORKERS": str(self.workers),
            "LISTENER_AUTHORIZATION_TOKEN": self.token,
            "MONITORING_LISTEN_PORT": "0",
            "ELASTICSEARCH_HOSTS": self._engine,
            "SPOOL_PATH": str(self.spool),
            "DATA_STREAM_NAMESPACE": self._namespace,
        }
        return {f"AUTH0_ELASTIC_{name}": value for name, value in settings.items()} | self.extra

    def start(self) -> None:
        self._wanted.set()
        self._manager = threading.Thread(target=self._manage, daemon=True)
        self._launch()
        self._manager.start()

    def listens(self) -> bool:
        """Whether it takes connections."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """SIGTERM, as an operator stops it. Raises ChaosError when it does not end."""
        self._wanted.clear()
        if self._manager is not None:
            self._manager.join()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            raise ChaosError(f"the server did not stop within {STOP_SECONDS} s of SIGTERM") from error

    def kill_all(self) -> None:
        """SIGKILL to everything, and nobody starts it again: the machine has stopped, so to say."""
        self._wanted.clear()
        if self._manager is not None:
            self._manager.join()
        if self._process is not None:
            everything = [pid for pids in self.processes().values() for pid in pids]
            for pid in everything:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everything), 30, "the children ended")

    def processes(self) -> dict[Role, list[int]]:
        return processes(self._process.pid) if self._process is not None else {}

    def pids(self, role: Role) -> list[int]:
        """The process ids of this role, at least one. Raises ChaosError when for long there is none."""
        wait_until(lambda: bool(self.processes().get(role)), 60, f"the {role} runs")
        return self.processes()[role] or self.pids(role)

    def second(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `auth0-elastic serve` with the same settings, which should not get far."""
        environment = self._variables() | {"AUTH0_ELASTIC_LISTENER_LISTEN_PORT": str(free_port())}
        return subprocess.run(
            [*_COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def dead_letters(self) -> list[DeadLetter]:
        """Raises sqlite3.Error also while the ledger is being made, or is damaged and not yet mended."""
        with closing(LedgerView(self.logs)) as view:
            return view.dead_letters()

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(_COMMAND, env=self._variables(), stderr=log, stdout=log)

    def _variables(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTH0_ELASTIC_")}
        return inherited | self.environment

    def _manage(self) -> None:
        pause = threading.Event()
        while self._wanted.is_set():
            if self._process is not None and self._process.poll() is not None:
                pause.wait(RESTART_SECONDS)
                self._launch()
            pause.wait(_LOOK_SECONDS)


_COMMAND: Final = (sys.executable, "-m", "auth0_elastic", "serve")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
