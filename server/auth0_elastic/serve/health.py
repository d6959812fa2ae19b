"""GET /healthz, /readyz and /metrics, on an address of their own."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from prometheus_client.exposition import choose_encoder
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from auth0_elastic.address import check_address
from auth0_elastic.config.settings import Settings
from auth0_elastic.serve.metrics.collector import Processes, ServerCollector, registry_of
from auth0_elastic.spool.spool_file import total_of
from auth0_elastic.spool.survey import survey

log = logging.getLogger(__name__)


REMEDY = "ask for /healthz, /readyz or /metrics"


def create_health_app(
    settings: Settings,
    healthy: Callable[[], bool],
    processes: Processes = tuple,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """/healthz: are all processes running; /readyz: would an event be accepted now; /metrics: all that is counted."""
    app = Flask("auth0_elastic.health")
    collector = ServerCollector(settings, processes, lambda: _unready(settings, healthy()) is None, clock)
    registry = registry_of(collector)

    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        well = healthy()
        return jsonify(status="ok" if well else "a process is not running"), 200 if well else 503

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        streams = {name: _data_stream(folder) for name, folder in settings.spool.folders.items()}
        reason = _unready(settings, healthy())
        return jsonify(
            status=reason or "ok", spool={"max_size": settings.spool.max_size}, data_streams=streams
        ), 503 if reason else 200

    @app.get("/metrics")
    def metrics() -> Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), content_type=content_type)

    @app.errorhandler(HTTPException)
    def error(exception: HTTPException) -> tuple[Response, int]:
        return jsonify(error=exception.name.lower(), remedy=REMEDY), exception.code or 500

    return app


class _Quiet(WSGIRequestHandler):
    """Tells nobody which versions run here."""

    def version_string(self) -> str:
        return "auth0-elastic"


def _data_stream(folder: Path) -> dict[str, Any]:
    """What is known of a data stream's events.

    The engine being away does not make the listener unready: the spool takes what comes.
    """
    found = survey(folder)
    return {
        "engine": found.state.get("engine", "not yet tried"),
        "spool": {"live_bytes": found.live_bytes},
        "events": {"accepted": found.accepted, "rejected": found.rejected, **found.counters},
    }


def _unready(settings: Settings, healthy: bool) -> str | None:
    """Why no event would be accepted now."""
    if not healthy:
        return "a process is not running"
    if any(total_of(folder).live_bytes >= settings.spool.max_size for folder in settings.spool.folders.values()):
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


def start(settings: Settings, healthy: Callable[[], bool], processes: Processes) -> None:
    """Answers from a thread for as long as the process lives. Raises ConfigError when the address cannot be had."""
    address, port = settings.monitoring.listen_address, settings.monitoring.listen_port
    check_address("monitoring.listen_port", address, port)
    app = create_health_app(settings, healthy, processes)
    server = make_server(address, port, app, threaded=True, request_handler=_Quiet)
    log.info("/healthz, /readyz and /metrics answer at http://%s:%d", address, server.server_port)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
