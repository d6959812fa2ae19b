"""What all rounds share: an engine, its data stream, and a server that runs on from round to round."""

import secrets
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install
from chaos.load import Events, Load, Sent
from chaos.proof import Verdict, judge
from chaos.server import Server
from chaos.waiting import wait_until


@dataclass
class Arena:
    """`events` is how many a round posts; `run` tells this run's ids from another's."""

    engine: Engine
    stream: str
    server: Server
    folder: Path
    events: int
    run: int

    def load(self, number: int) -> tuple[Events, Load]:
        """The load of a round, not yet started."""
        events = Events.make(self.run, number, self.events)
        return events, Load(self.server.port, self.server.token, events)

    def judge(self, events: Events, sent: Sent, excused: Set[str] = frozenset()) -> Verdict:
        return judge(self.engine, self.stream, self.server, events, sent, excused)

    def roll_over(self) -> None:
        """From here on a second copy of an event would go to another index, which does not know the first."""
        self.engine.call("POST", f"/{self.stream}/_rollover")


@contextmanager
def arena(url: str, folder: Path, *, events: int, run: int, spool: Path | None = None) -> Iterator[Arena]:
    """With the engine at `url`, and everything else of its own; the server is stopped at the end."""
    namespace = f"chaos{secrets.token_hex(4)}"
    server = Server(folder, url, namespace, spool=spool)
    engine = connect(load(None, server.environment).elasticsearch)
    install(engine, load_assets())
    install(engine, load_assets("actions"))
    stream = f"{load_assets().name}-{namespace}"
    engine.call("PUT", f"/_data_stream/{stream}")
    server.start()
    wait_until(server.listens, 120, "the server listens")
    try:
        yield Arena(engine, stream, server, folder, events, run)
    finally:
        server.stop()


@contextmanager
def own_engine() -> Iterator[tuple[str, Path]]:
    """The URL of an engine of its own, and a folder that is not there yet; both are gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="auth0-elastic-chaos-") as folder,
        EmbeddedEngine(Path(folder) / "engine", heap="1g") as engine,
    ):
        yield engine.url, Path(folder) / "server"
