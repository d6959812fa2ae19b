"""Listeners that share a token, each with a spool of its own, as they stand behind a proxy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from auth0_elastic.engine.embedded.ports import HOST, free_port
from bench.served import running

TOKEN = "tok-of-all-replicas-0123456789"  # noqa: S105 - made up for measurements and tests


class Replica(NamedTuple):
    """A running server: its first process, the ports of its listener and of /healthz, its log."""

    pid: int
    port: int
    monitoring_port: int
    log: Path


@contextmanager
def replica(folder: Path, only: str | None = None, **settings: Any) -> Iterator[Replica]:
    """One worker, plain HTTP, a proxy on this machine trusted; `only` runs one of its processes.

    Raises Auth0ElasticError when it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port, monitoring = free_port(), free_port()
    listener = {
        "listen_address": HOST,
        "listen_port": port,
        "authorization_token": TOKEN,
        "behind_proxy": True,
        "trusted_proxies": [HOST],
        "workers": 1,
    }
    own = {"listener": listener, "spool": {"path": str(folder / "spool")}, "monitoring": {"listen_port": monitoring}}
    config, log = folder / "auth0-elastic.yml", folder / "serve.log"
    config.write_text(yaml.safe_dump({**own, **settings}))
    command = [sys.executable, "-m", "auth0_elastic", "serve", "--config", str(config)]
    with running([*command, "--only", only] if only else command, log, port) as pid:
        yield Replica(pid, port, monitoring, log)
