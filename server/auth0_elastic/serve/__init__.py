"""The running server: a supervisor with its children, which meet only at the spool."""

from collections.abc import Iterator
from pathlib import Path

from auth0_elastic.config.settings import Settings, Spool
from auth0_elastic.errors import SpoolLocked
from auth0_elastic.serve import health, tenants
from auth0_elastic.serve.supervisor import Child, Supervisor, command_of
from auth0_elastic.spool.database import FileLock, make_folder


def run(settings: Settings, config_path: Path | None) -> int:
    """Serves until told to stop; returns the exit code. Raises SpoolLocked when a server has this spool already."""
    folder = settings.spool.path
    make_folder(folder)
    lock = FileLock(folder / "serve.lock")
    if not lock.acquire():
        raise SpoolLocked(f"{folder}: another server uses this spool; stop it, or set another spool.path")
    _adopt_files_of_one_data_stream(settings.spool)
    config = str(config_path) if config_path else None
    supervisor = Supervisor([Child(f"the {name}", command_of(part, config)) for name, part in _parts(settings)])
    health.start(settings, supervisor.healthy)
    return supervisor.run()


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
