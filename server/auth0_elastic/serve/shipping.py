"""The shipper process: wires the shipper to the settings, the engine and the installed package."""

import signal
import threading

from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.client import connect
from auth0_elastic.errors import EngineError, SpoolLocked
from auth0_elastic.package_files import Assets, load_assets
from auth0_elastic.setup.confirm import confirm
from auth0_elastic.ship.data_stream import DataStream
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.send import Sender
from auth0_elastic.ship.shipper import Shipper
from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.database import FileLock, make_folder
from auth0_elastic.spool.ledger import Ledger


def run(settings: Settings) -> None:
    """Ships until SIGTERM or SIGINT. Raises SpoolLocked when another shipper has this spool."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folder = settings.spool.path
    make_folder(folder)
    lock = FileLock(folder / "shipper.lock")
    if not lock.acquire():
        raise SpoolLocked(
            f"{folder}: another shipper is delivering from this spool; stop it, or set another spool.path"
        )
    ledger = Ledger(folder, settings.spool.dead_letters_max_size)
    backlog = Backlog(folder, ledger)
    shipper = Shipper(
        backlog,
        ledger,
        Preparation(settings, load_assets()),
        max_in_flight=settings.elasticsearch.max_in_flight,
        max_bytes=settings.elasticsearch.bulk_max_bytes,
    )
    shipper.run(stop)
    backlog.close()
    ledger.close()


class Preparation:
    """Connects once, then confirms each time it is called that the cluster has what this version needs."""

    def __init__(self, settings: Settings, assets: Assets) -> None:
        self._settings = settings
        self._assets = assets
        self._namespace = settings.data_stream.namespace
        self._sender: Sender | None = None

    def __call__(self) -> Sender:
        """Raises EngineError."""
        if self._sender is None:
            self._engine = connect(self._settings.elasticsearch)
            self._sender = self._make_sender()
        problem = confirm(self._engine, self._assets, self._namespace)
        if problem is not None:
            raise EngineError(problem)
        return self._sender

    def _make_sender(self) -> Sender:
        settings, assets = self._settings, self._assets
        stream = DataStream(self._engine, f"{assets.name}-{self._namespace}")
        dataset = assets.name.removeprefix("logs-")
        writer = DocumentWriter(
            self._namespace, dataset, settings.tags, preserve_original_event=settings.preserve_original_event
        )
        return Sender(self._engine, stream, writer)
