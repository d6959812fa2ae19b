"""Starts and stops an embedded engine: one node that listens on 127.0.0.1 only."""

import logging
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from auth0_elastic.engine.embedded import state
from auth0_elastic.engine.embedded.install import install
from auth0_elastic.engine.embedded.launch import Site, launch
from auth0_elastic.engine.embedded.ports import HOST, free_port, is_free
from auth0_elastic.engine.embedded.readiness import wait_until_ready
from auth0_elastic.engine.embedded.security import Security
from auth0_elastic.engine.embedded.spawn import spawn
from auth0_elastic.engine.embedded.state import RunningEngine
from auth0_elastic.engine.embedded.tools import Java, find_java
from auth0_elastic.engine.embedded.training import class_archive
from auth0_elastic.errors import EngineError

logger = logging.getLogger(__name__)

_COMPILE_QUICKLY = ("-XX:TieredStopAtLevel=1",)


class EmbeddedEngine:
    """An engine on the data directory `data`, as a context manager or by `start` and `stop`.

    It can be started again after a stop, and answers on the same port. Unless it is `detached`, it dies with this
    process, also when that is killed (on Linux). One that is `short_lived` compiles less well but sooner: it is faster
    for the first 20,000 documents or so. `settings` win over the usual ones. With `security` it has TLS and users.
    """

    def __init__(
        self,
        data: Path,
        *,
        kind: str = "opensearch",
        port: int = 0,
        heap: str = "512m",
        detached: bool = False,
        short_lived: bool = False,
        settings: Mapping[str, object] | None = None,
        security: Security | None = None,
    ) -> None:
        self._data = data.absolute()
        self._kind = kind
        self._port = port
        self._heap = heap
        self._detached = detached
        self._short_lived = short_lived
        self._settings = settings or {}
        self._security = security
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers; final after the first start."""
        return f"http{'s' if self._security else ''}://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, timeout: float = 120) -> RunningEngine:
        """Installs the engine if needed and returns when it takes requests, within `timeout` seconds from its launch.

        Raises MissingTool, or EngineError with the last lines of the engine's log.
        """
        java, home = find_java(), install(self._home_kind)
        self._claim()
        site = self._site(home, java)
        self._process = spawn(launch(self._kind, site, java), self._data, detached=self._detached)
        running = RunningEngine(self.url, self._process.pid, self._kind, home)
        state.remember(self._data, running)
        try:
            authorization = self._security.authorization if self._security else None
            wait_until_ready(self._process, self._port, self._data, timeout, authorization)
        except BaseException:
            self.stop()
            raise
        logger.info("%s answers at %s", self._kind, self.url)
        return running

    def kill(self) -> None:
        """Ends the engine at once, with SIGKILL. Does nothing when it is not running."""
        if self._process is not None:
            self._process.kill()
        self.stop()

    def stop(self, patience: float = state.PATIENCE) -> None:
        """Ends the engine: SIGTERM, and SIGKILL after `patience` seconds. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        state.forget(self._data)

    def _claim(self) -> None:
        # The engine of a killed parent may need a moment to die, therefore a little patience.
        if not state.wait_until(lambda: state.running_engine(self._data) is None, patience=3):
            raise EngineError(f"an engine already runs on {self._data}; stop it first")
        self._port = self._port or free_port()
        if not is_free(self._port):
            raise EngineError(
                f"port {self._port} on {HOST} is taken by another program; stop it or choose another port"
            )

    @property
    def _home_kind(self) -> str:
        return "opensearch-security" if self._security and self._kind == "opensearch" else self._kind

    def _site(self, home: Path, java: Java) -> Site:
        secured = self._security.settings(self._kind) if self._security else {}
        files = self._security.files(self._kind, home) if self._security else {}
        flags = [*self._archive_flags(home, java), *(_COMPILE_QUICKLY if self._short_lived else ())]
        as_root = os.geteuid() == 0
        settings = {**secured, **self._settings}
        return Site(home, self._data, self._port, free_port(), self._heap, as_root, flags, settings, files)

    def _archive_flags(self, home: Path, java: Java) -> tuple[str, ...]:
        archive = class_archive(home, java) if self._kind == "opensearch" else None
        return (f"-XX:SharedArchiveFile={archive}",) if archive else ()
