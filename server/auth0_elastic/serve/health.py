"""GET /healthz and /readyz, on an address of their own."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

from flask import Flask, Response, jsonify
from werkzeug.serving import make_server

from auth0_elastic.config.settings import Settings
from auth0_elastic.errors import ConfigError
from auth0_elastic.spool.ledger import LedgerView
from auth0_elastic.spool.spool_file import total_of

log = logging.getLogger(__name__)


def create_health_app(settings: Settings, healthy: Callable[[], bool]) -> Flask:
    """/healthz: are all processes running; /readyz: would an event be accepted now. Both say what they know."""
    app = Flask("auth0_elastic.health")

    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        well = healthy()
        return jsonify(status="ok" if well else "a process is not running"), 200 if well else 503

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        totals = total_of(settings.spool.path)
        full = totals.live_bytes >= settings.spool.max_size
        ready = healthy() and not full
        status = "ok" if ready else "the spool is full" if full else "a process is not running"
        return jsonify(
            status=status,
            engine=_engine_state(settings),
            spool={"live_bytes": totals.live_bytes, "max_size": settings.spool.max_size},
        ), 200 if ready else 503

    return app


def _engine_state(settings: Settings) -> str:
    """The engine being away does not make the listener unready: the spool takes what comes."""
    try:
        with closing(LedgerView(settings.spool.path)) as view:
            return view.state().get("engine", "not yet tried")
    except sqlite3.OperationalError:  # the shipper has not made it yet, or is making it now
        return "not yet tried"


def start(settings: Settings, healthy: Callable[[], bool]) -> None:
    """Answers from a thread for as long as the process lives. Raises ConfigError when the address cannot be had."""
    address, port = settings.monitoring.listen_address, settings.monitoring.listen_port
    try:
        server = make_server(address, port, create_health_app(settings, healthy), threaded=True)
    except (OSError, SystemExit) as error:
        raise ConfigError(f"monitoring.listen_port: {address}:{port} cannot be listened on: {error}") from error
    log.info("/healthz and /readyz answer at http://%s:%d", address, server.server_port)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
