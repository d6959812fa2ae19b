"""GET /healthz and /readyz, on an address of their own."""

import logging
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from auth0_elastic.address import check_address
from auth0_elastic.config.settings import Settings
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
        streams = {name: _data_stream(folder) for name, folder in settings.spool.folders.items()}
        reason = _unready(settings, max(each["spool"]["live_bytes"] for each in streams.values()), healthy())
        return jsonify(
            status=reason or "ok", spool={"max_size": settings.spool.max_size}, data_streams=streams
        ), 503 if reason else 200

    @app.errorhandler(HTTPException)
    def error(exception: HTTPException) -> tuple[Response, int]:
        return jsonify(error=exception.name.lower(), remedy="ask for /healthz or /readyz"), exception.code or 500

    return app


class _Quiet(WSGIRequestHandler):
    """Tells nobody which versions run here."""

    def version_string(self) -> str:
        return "auth0-elastic"


def _data_stream(folder: Path) -> dict[str, Any]:
    """What is known of a data stream's events; what counts those of files that are gone is in the ledger."""
    totals = total_of(folder)
    engine, counters = _shipper(folder)
    gone = {name: counters.pop(name, 0) for name in ("accepted", "rejected")}
    return {
        "engine": engine,
        "spool": {"live_bytes": totals.live_bytes},
        "events": {
            "accepted": totals.accepted + gone["accepted"],
            "rejected": totals.rejected + gone["rejected"],
            **counters,
        },
    }


def _unready(settings: Settings, live_bytes: int, healthy: bool) -> str | None:
    """Why no event would be accepted now."""
    if not healthy:
        return "a process is not running"
    if live_bytes >= settings.spool.max_size:
        return "the spool is full"
    return None if not settings.listener.enabled or _listens(settings) else "the listener does not listen yet"


def _listens(settings: Settings) -> bool:
    listener = settings.listener
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listener.listen_address, listener.listen_address)  # noqa: S104
    try:
        socket.create_connection((address, listener.listen_port), timeout=1).close()
    except OSError:
        return listener.listen_port == 0  # nobody but the listener knows which port it got
    return True


def _shipper(folder: Path) -> tuple[str, dict[str, int]]:
    """What the shipper says of the engine, and its counters.

    The engine being away does not make the listener unready: the spool takes what comes.
    """
    try:
        with closing(LedgerView(folder)) as view:
            return view.state().get("engine", "not yet tried"), view.counters()
    except sqlite3.OperationalError:  # the shipper has not made it yet, or is making it now
        return "not yet tried", {}


def start(settings: Settings, healthy: Callable[[], bool]) -> None:
    """Answers from a thread for as long as the process lives. Raises ConfigError when the address cannot be had."""
    address, port = settings.monitoring.listen_address, settings.monitoring.listen_port
    check_address("monitoring.listen_port", address, port)
    server = make_server(address, port, create_health_app(settings, healthy), threaded=True, request_handler=_Quiet)
    log.info("/healthz and /readyz answer at http://%s:%d", address, server.server_port)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
