"""The product as it is run: `auth0-elastic serve` with settings, certificate and token in a folder of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import trustme
import yaml

from auth0_elastic.engine.embedded.ports import HOST, free_port
from auth0_elastic.errors import Auth0ElasticError

READY_SECONDS = 30.0
STOP_SECONDS = 40.0


class Certificate(NamedTuple):
    """Files in PEM, for localhost and 127.0.0.1; the authority is what a client trusts."""

    authority: Path
    chain: Path
    key: Path


class Served(NamedTuple):
    """A running server: its first process, its spool, where it takes events, the token it wants, whom to trust."""

    pid: int
    spool: Path
    url: str
    token: str
    authority: Path | None


def make_certificate(folder: Path) -> Certificate:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", HOST)
    made = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.authority.write_bytes(authority.cert_pem.bytes())
    made.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    made.key.write_bytes(issued.private_key_pem.bytes())
    return made


@contextmanager
def served(folder: Path, *, tls: bool, only: str | None = None, **settings: Any) -> Iterator[Served]:
    """A server with the default settings but for addresses and `settings`; `only` runs one of its processes."""
    folder.mkdir(parents=True, exist_ok=True)
    port, monitoring, token = free_port(), free_port(), secrets.token_urlsafe(32)
    listener: dict[str, Any] = {"listen_address": HOST, "listen_port": port, "authorization_token": token}
    certificate = make_certificate(folder) if tls else None
    if certificate:
        listener["ssl"] = {"certificate": str(certificate.chain), "key": str(certificate.key)}
    own = {"listener": listener, "spool": {"path": str(folder / "spool")}, "monitoring": {"listen_port": monitoring}}
    config = folder / "auth0-elastic.yml"
    config.write_text(yaml.safe_dump({**own, **settings}))
    command = [sys.executable, "-m", "auth0_elastic", "serve", "--config", str(config)]
    url = f"{'https' if tls else 'http'}://{HOST}:{port}/auth0/logs"
    with running([*command, "--only", only] if only else command, folder / "serve.log", _port(only, port)) as pid:
        yield Served(pid, folder / "spool", url, token, certificate.authority if certificate else None)


def _port(only: str | None, port: int) -> int | None:
    """What a process that does not ship alone listens on."""
    return None if only == "ship" else port


@contextmanager
def running(command: list[str], log: Path, port: int | None) -> Iterator[int]:
    """The process id of a command, which is waited for until it listens on `port`, if any.

    Raises Auth0ElasticError when it does not.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTH0_ELASTIC_")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        if port is not None:
            _wait_until_it_listens(process, port, log)
        yield process.pid
    finally:
        _stop(process)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise Auth0ElasticError(f"{process.args!r} does not listen: {log.read_text(errors='replace')[-500:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
