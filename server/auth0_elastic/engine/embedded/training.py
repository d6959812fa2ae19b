"""Trains the JVM once: it archives the classes that a start loads, and every later start takes 40 % less time."""

import logging
import os
import subprocess
import tempfile
from pathlib import Path

from auth0_elastic.engine.embedded.launch import Site, launch
from auth0_elastic.engine.embedded.lock import one_at_a_time
from auth0_elastic.engine.embedded.ports import free_port
from auth0_elastic.engine.embedded.progress import progress_line
from auth0_elastic.engine.embedded.readiness import wait_until_ready
from auth0_elastic.engine.embedded.spawn import spawn
from auth0_elastic.engine.embedded.tools import Java
from auth0_elastic.errors import EngineError

_PATIENCE = 120.0  # seconds for a start, and for a stop that writes the archive

logger = logging.getLogger(__name__)


def class_archive(home: Path, java: Java) -> Path | None:
    """The archive of OpenSearch's classes for this Java, made now unless it is there; None if this Java makes none."""
    archive = home / f"classes-java-{java.build}.jsa"
    if not archive.exists():
        with one_at_a_time(home.parent):
            if not archive.exists():
                _train(home, java, archive)
    return archive if archive.stat().st_size else None


def _train(home: Path, java: Java, archive: Path) -> None:
    with (
        progress_line("Warming it up (only once)"),
        tempfile.TemporaryDirectory(prefix="training-", suffix=".part", dir=home.parent) as scratch,
    ):
        made = Path(scratch, "classes.jsa")
        try:
            _start_and_stop(home, java, Path(scratch), made)
        except (EngineError, subprocess.TimeoutExpired) as error:
            logger.warning("the embedded engine will start more slowly: %s", error)
            made.unlink(missing_ok=True)
        made.touch()  # an empty one says that this Java cannot do it
        made.rename(archive)


def _start_and_stop(home: Path, java: Java, data: Path, archive: Path) -> None:
    flags = (f"-XX:ArchiveClassesAtExit={archive}",)
    plain = {"plugins.security.disabled": True} if any(home.glob("plugins/*")) else {}
    site = Site(home, data, free_port(), free_port(), "512m", os.geteuid() == 0, flags, plain)
    process = spawn(launch("opensearch", site, java), data, detached=False)
    try:
        wait_until_ready(process, site.http_port, data, _PATIENCE)
        process.terminate()
        process.wait(_PATIENCE)
    finally:
        process.kill()
