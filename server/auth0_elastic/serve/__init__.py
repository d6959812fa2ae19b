"""The running server: a supervisor with two children, the listener and the shipper, which meet only at the spool."""

from pathlib import Path

from auth0_elastic.config.settings import Settings
from auth0_elastic.errors import SpoolLocked
from auth0_elastic.serve import health
from auth0_elastic.serve.supervisor import Child, Supervisor, command_of
from auth0_elastic.spool.database import FileLock, make_folder


def run(settings: Settings, config_path: Path | None) -> int:
    """Serves until told to stop; returns the exit code. Raises SpoolLocked when a server has this spool already."""
    folder = settings.spool.path
    make_folder(folder)
    lock = FileLock(folder / "serve.lock")
    if not lock.acquire():
        raise SpoolLocked(f"{folder}: another server uses this spool; stop it, or set another spool.path")
    config = str(config_path) if config_path else None
    supervisor = Supervisor(
        [Child("the shipper", command_of("ship", config)), Child("the listener", command_of("listen", config))]
    )
    health.start(settings, supervisor.healthy)
    return supervisor.run()
