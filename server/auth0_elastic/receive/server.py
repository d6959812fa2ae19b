"""The listener process: gunicorn's arbiter with workers that each own a spool file per data stream."""

import logging
import resource
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import gevent
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import wsgi

from auth0_elastic.address import check_address
from auth0_elastic.config.settings import Listener as ListenerSettings
from auth0_elastic.config.settings import ListenerSsl, Settings
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.commit import GroupCommit
from auth0_elastic.receive.refused import ACCEPTED, RefusedCounters
from auth0_elastic.receive.source_address import Sources
from auth0_elastic.receive.tls import RenewedContext
from auth0_elastic.receive.worker import DeadlineWorker, body_deadline
from auth0_elastic.spool.spool_file import SpoolFile
from auth0_elastic.tokens import TokenStore

LOGS_PREFIX: Final = "listener"
ACTIONS_PREFIX: Final = "collect"
CONNECTIONS_PER_WORKER: Final = 20_000  # idle ones cost some kilobytes each; an attacker must not fill the pool
OTHER_OPEN_FILES: Final = 100  # of a worker, besides its connections
GRACEFUL_SECONDS: Final = 20
FLUSH_SECONDS: Final = 1.0


class _OurLogging(Logger):  # type: ignore[misc]
    """gunicorn's messages go where ours go."""

    def setup(self, cfg: Any) -> None:
        self.error_log.setLevel(logging.INFO)
        self.error_log.propagate = True  # otherwise Python prints its warnings bare and unmasked

    def access(self, *about: Any) -> None:
        """There is no access log; gunicorn's own takes a fortieth of a request's time to find that out."""


class Listener(BaseApplication):  # type: ignore[misc]
    """Runs until it gets SIGTERM or SIGINT; SIGHUP replaces the workers."""

    def __init__(self, settings: Settings, connections: int) -> None:
        """`connections` is how many a worker may have."""
        self._settings = settings
        self._connections = connections
        self._refused = RefusedCounters(settings.spool.path)
        super().__init__()

    def load_config(self) -> None:
        options = _options(self._settings) | {
            "worker_class": _worker_class(self._settings.listener, self._refused),
            "worker_connections": self._connections,
            "worker_exit": self._end_worker,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each worker after the fork, so that the spool files and their locks are the worker's own."""
        listener, spool = self._settings.listener, self._settings.spool
        self._refused.open()
        gevent.spawn(_flush_forever, self._refused)
        actions = self._keeper(spool.actions, ACTIONS_PREFIX) if listener.collect_path else None
        keepers = Keepers(self._keeper(spool.logs, LOGS_PREFIX), actions)
        count = self._refused.count
        tokens = TokenStore(spool.path).valid
        return create_app(listener, keepers, body_deadline, tokens, count, lambda: count(ACCEPTED))

    def _end_worker(self, arbiter: Any, worker: Any) -> None:
        _flush(self._refused)

    def _keeper(self, folder: Path, prefix: str) -> GroupCommit:
        spool = self._settings.spool
        return GroupCommit(SpoolFile.open_free(folder, prefix), spool.max_size, spool.dead_letters_max_size)


def _options(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings. It trusts no proxy: whose word is believed, `Sources` decides."""
    listener = settings.listener
    address = f"[{listener.listen_address}]" if ":" in listener.listen_address else listener.listen_address
    options = {
        "bind": f"{address}:{listener.listen_port}",
        "workers": listener.workers,
        "graceful_timeout": GRACEFUL_SECONDS,
        "logger_class": _OurLogging,
        "control_socket_disable": True,
        "forwarded_allow_ips": "",
        "proc_name": "auth0-elastic listener",
    }
    return options | (_tls_options(listener.ssl) if listener.ssl.certificate else {})


def _tls_options(tls: ListenerSsl) -> dict[str, Any]:
    context = RenewedContext(tls)
    return {"certfile": str(tls.certificate), "keyfile": str(tls.key), "ssl_context": lambda config, factory: context}


def _worker_class(listener: ListenerSettings, refused: RefusedCounters) -> type[DeadlineWorker]:
    """gunicorn makes the workers, so that what they need stands in their class."""
    deadlines = {name: getattr(listener, name) for name in ("handshake_timeout", "header_timeout", "body_timeout")}
    sources = Sources(listener.allowed_addresses, listener.trusted_proxies)
    hooks = {"may_connect": staticmethod(sources.may_connect), "count_refused": staticmethod(refused.count)}
    return type("Worker", (DeadlineWorker,), deadlines | hooks)


def _flush_forever(refused: RefusedCounters) -> None:
    """In a thread, so that a slow disk does not hold up the requests."""
    while True:
        gevent.sleep(FLUSH_SECONDS)
        gevent.get_hub().threadpool.apply(_flush, (refused,))


def _flush(refused: RefusedCounters) -> None:
    """A disk that refuses is told of by those who keep events; what was counted is written the next time."""
    with suppress(OSError):
        refused.flush()


def run(settings: Settings) -> None:
    """Listens until told to stop. Raises ConfigError when the address cannot be had."""
    check_address("listener.listen_port", settings.listener.listen_address, settings.listener.listen_port)
    wsgi.SERVER = "auth0-elastic"  # tells nobody what runs here
    Listener(settings, _allow_connections()).run()


def _allow_connections() -> int:
    """How many a worker may have: each is an open file, and the usual 1,024 are soon taken by clients that only wait.

    Raises the limit as far as this user may.
    """
    wanted = CONNECTIONS_PER_WORKER + OTHER_OPEN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(allowed - OTHER_OPEN_FILES, allowed // 2)
