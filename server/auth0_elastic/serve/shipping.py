"""The shipper process: for each data stream a shipper, wired to the settings, the engine and the installed package."""

import signal
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.client import connect
from auth0_elastic.errors import EngineError, SpoolLocked
from auth0_elastic.package_files import Assets, load_assets
from auth0_elastic.reputation import Reputation
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
    reputation = Reputation.of(settings)
    shippings = [Shipping(settings, name, folder, reputation) for name, folder in settings.spool.folders.items()]
    if reputation:
        reputation.start(stop)  # not waited for: what is shipped before a list was ever read is on none
    with ThreadPoolExecutor(len(shippings), "shipper") as threads:
        futures = [threads.submit(shipping.run, stop) for shipping in shippings]
        wait(futures, return_when=FIRST_COMPLETED)  # one that fails ends the process, which is then started again
        stop.set()
    for future in futures:
        future.result()


class Shipping:
    """The shipper of one data stream with all it needs; holds the lock on its folder of the spool.

    Raises SpoolLocked when another shipper has it.
    """

    def __init__(
        self, settings: Settings, data_stream: str, folder: Path, reputation: Reputation | None = None
    ) -> None:
        make_folder(folder)
        self._lock = FileLock(folder / "shipper.lock")
        if not self._lock.acquire():
            raise SpoolLocked(
                f"{folder}: another shipper is delivering from this spool; stop it, or set another spool.path"
            )
        self._ledger = Ledger(folder, settings.spool.dead_letters_max_size)
        self._backlog = Backlog(folder, self._ledger)
        self.shipper = Shipper(
            self._backlog,
            self._ledger,
            Preparation(settings, load_assets(data_stream), reputation),
            max_in_flight=settings.elasticsearch.max_in_flight,
            max_bytes=settings.elasticsearch.bulk_max_bytes,
        )

    def run(self, stop: threading.Event) -> None:
        """Ships until `stop` is set."""
        try:
            self.shipper.run(stop)
        finally:
            self.close()

    def close(self) -> None:
        """Waits for what is under way."""
        self.shipper.close()
        self._backlog.close()
        self._ledger.close()
        self._lock.release()


class Preparation:
    """Connects once, then confirms each time it is called that the cluster has what this version needs."""

    def __init__(self, settings: Settings, assets: Assets, reputation: Reputation | None = None) -> None:
        self._settings = settings
        self._reputation = reputation
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
            self._namespace,
            dataset,
            settings.tags,
            preserve_original_event=settings.preserve_original_event,
            lookup=self._reputation.lookup if self._reputation else None,
        )
        return Sender(self._engine, stream, writer)
