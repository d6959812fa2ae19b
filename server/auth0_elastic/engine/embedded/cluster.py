"""Several embedded OpenSearches that form one cluster."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from auth0_elastic.engine.embedded.ports import HOST, free_port
from auth0_elastic.engine.embedded.process import EmbeddedEngine


class EmbeddedCluster:
    """`count` nodes with directories of their own in `data`, as a context manager; each may be killed and come back."""

    def __init__(self, data: Path, count: int = 3, *, heap: str = "384m", short_lived: bool = False) -> None:
        settings = _settings(count)
        self.nodes = [
            EmbeddedEngine(data / name, heap=heap, short_lived=short_lived, settings=own)
            for name, own in settings.items()
        ]

    @property
    def urls(self) -> list[str]:
        """Where the nodes answer; final after the start."""
        return [node.url for node in self.nodes]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when all nodes take requests, which none does before most of them are there. Raises like a node."""
        try:
            with ThreadPoolExecutor(len(self.nodes)) as threads:
                list(threads.map(EmbeddedEngine.start, self.nodes))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends all nodes."""
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            list(threads.map(EmbeddedEngine.stop, self.nodes))


def _settings(count: int) -> dict[str, Mapping[str, object]]:
    """The settings of each node by its name."""
    ports = {f"node-{number}": free_port() for number in range(1, count + 1)}
    shared = {
        "discovery.type": "zen",  # instead of single-node
        "discovery.seed_hosts": [f"{HOST}:{port}" for port in ports.values()],
        "cluster.initial_cluster_manager_nodes": list(ports),
    }
    return {name: {**shared, "node.name": name, "transport.port": port} for name, port in ports.items()}
