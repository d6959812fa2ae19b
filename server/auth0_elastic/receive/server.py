"""The listener process: gunicorn's arbiter with workers that each own a spool file per data stream."""

import logging
import resource
import ssl
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from auth0_elastic.address import check_address
from auth0_elastic.config.settings import Settings
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.commit import GroupCommit
from auth0_elastic.receive.worker import DeadlineWorker, body_deadline, tls_context
from auth0_elastic.spool.spool_file import SpoolFile
from auth0_elastic.tokens import TokenStore

LOGS_PREFIX = "listener"
ACTIONS_PREFIX = "collect"
CONNECTIONS_PER_WORKER = 20_000  # idle ones cost some kilobytes each; the pool must not be what an attacker fills
GRACEFUL_SECONDS = 20


class _OurLogging(Logger):  # type: ignore[misc]
    """gunicorn's messages go where ours go."""

    def setup(self, cfg: Any) -> None:
        self.error_log.setLevel(logging.INFO)
        self.error_log.propagate = True  # otherwise Python prints its warnings bare and unmasked


class Listener(BaseApplication):  # type: ignore[misc]
    """Runs until it gets SIGTERM or SIGINT; SIGHUP replaces the workers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in _options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each worker after the fork, so that the spool files and their locks are the worker's own."""
        listener, spool = self._settings.listener, self._settings.spool
        actions = self._keeper(spool.actions, ACTIONS_PREFIX) if listener.collect_path else None
        keepers = Keepers(self._keeper(spool.logs, LOGS_PREFIX), actions)
        return create_app(listener, keepers, body_deadline, TokenStore(spool.path).valid)

    def _keeper(self, folder: Path, prefix: str) -> GroupCommit:
        spool = self._settings.spool
        return GroupCommit(SpoolFile.open_free(folder, prefix), spool.max_size, spool.dead_letters_max_size)


def _options(settings: Settings) -> dict[str, Any]:
    listener = settings.listener
    address = f"[{listener.listen_address}]" if ":" in listener.listen_address else listener.listen_address
    deadlines = {name: getattr(listener, name) for name in ("handshake_timeout", "header_timeout", "body_timeout")}
    options = {
        "bind": f"{address}:{listener.listen_port}",
        "workers": listener.workers,
        "worker_class": type("Worker", (DeadlineWorker,), deadlines),
        "worker_connections": CONNECTIONS_PER_WORKER,
        "graceful_timeout": GRACEFUL_SECONDS,
        "logger_class": _OurLogging,
        "control_socket_disable": True,
        "proc_name": "auth0-elastic listener",
    }
    return options | (_tls_options(settings) if listener.ssl.certificate else {})


def _tls_options(settings: Settings) -> dict[str, Any]:
    tls = settings.listener.ssl
    return {
        "certfile": str(tls.certificate),
        "keyfile": str(tls.key),
        "cert_reqs": ssl.CERT_REQUIRED if tls.certificate_authorities else ssl.CERT_NONE,
        "ssl_context": tls_context(tls.certificate_authorities),
    }


def run(settings: Settings) -> None:
    """Listens until told to stop. Raises ConfigError when the address cannot be had."""
    check_address("listener.listen_port", settings.listener.listen_address, settings.listener.listen_port)
    _allow_open_files()
    Listener(settings).run()


def _allow_open_files() -> None:
    """Each connection is an open file, and the usual 1,024 are soon taken by clients that only hold connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_PER_WORKER + 1_000
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
