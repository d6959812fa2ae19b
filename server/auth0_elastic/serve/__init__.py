"""The running server: a supervisor with its children, which meet only at the spool."""

import signal
from collections.abc import Iterator
from pathlib import Path

from auth0_elastic.config.settings import Settings, Spool
from auth0_elastic.errors import SpoolLocked
from auth0_elastic.serve import health, tenants
from auth0_elastic.serve.metrics.collector import Process
from auth0_elastic.serve.supervisor import Child, Supervisor, command_of
from auth0_elastic.spool.backlog import look_over
from auth0_elastic.spool.database import FileLock, make_folder


def run(settings: Settings, config_path: Path | None) -> int:
    """Serves until told to stop; returns the exit code. Raises SpoolLocked when a server has this spool already."""
    folder = settings.spool.path
    make_folder(folder)
    lock = FileLock(folder / "serve.lock")
    if not lock.acquire():
        raise SpoolLocked(f"{folder}: another server uses this spool; stop it, or set another spool.path")
    _adopt_files_of_one_data_stream(settings.spool)
    for each in settings.spool.folders.values():
        look_over(each)
    config = str(config_path) if config_path else None
    children = {part: _child(name, part, config) for name, part in _parts(settings)}
    supervisor = Supervisor([*children.values()])

    def processes() -> list[Process]:
        return [Process(part, child.running, child.restarts) for part, child in children.items()]

    health.start(settings, supervisor.healthy, processes)
    return supervisor.run()


def _child(name: str, part: str, config_path: str | None) -> Child:
    """At SIGHUP gunicorn replaces the listener's workers itself; the others end well and are started again."""
    reload_signal = signal.SIGHUP if part == "listen" else signal.SIGTERM
    return Child(f"the {name}", command_of(part, config_path), reload_signal)


def _parts(settings: Settings) -> Iterator[tuple[str, str]]:
    """The name of each child, and what `--only` calls it."""
    yield "shipper", "ship"
    if settings.listener.enabled:
        yield "listener", "listen"
    if tenants.are_needed(settings):
        yield "tenants' process", "tenants"
    if settings.detect.enabled:
        yield "detection", "detect"


def _adopt_files_of_one_data_stream(spool: Spool) -> None:
    """Before Actions had a data stream, the files of the logs lay in `spool.path` itself."""
    for path in sorted(spool.path.glob("*.db*")):
        make_folder(spool.logs)
        path.rename(spool.logs / path.name)
