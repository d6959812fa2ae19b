"""The answers to what is refused: in JSON, with a reason and a remedy, counted and logged."""

import logging
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from auth0_elastic.errors import RequestRefused, SpoolError, SpoolFull
from auth0_elastic.receive.log_budget import LogBudget
from auth0_elastic.receive.refused import reason_of

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = 30
LONGEST_LOGGED_PATH: Final = 200
LOGGED_A_MINUTE: Final = 300

REMEDIES: Final = {
    404: "post to the webhook_path or collect_path of the listener's settings",
    405: "use POST",
}


class Refusals:
    """Answers whatever a route raises; `count` is told each reason."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count
        self._refusals = LogBudget(log, logging.WARNING, LOGGED_A_MINUTE)
        self._failures = LogBudget(log, logging.ERROR, LOGGED_A_MINUTE)  # of our own, which no stranger may hide

    def answer_for(self, app: Flask) -> None:
        app.register_error_handler(RequestRefused, self._refused)
        app.register_error_handler(SpoolError, self._spool_failed)
        app.register_error_handler(HTTPException, self._http_error)

    def _refused(self, error: RequestRefused) -> Response:
        response = self._error(error.status, str(error), error.remedy, reason_of(error.status))
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _http_error(self, error: HTTPException) -> Response:
        status = error.code or 500
        response = self._error(status, error.name.lower(), REMEDIES.get(status, ""), reason_of(status))
        if status == 405:
            response.headers["Allow"] = "POST"
        return response

    def _spool_failed(self, error: SpoolError) -> Response:
        is_full = isinstance(error, SpoolFull)
        remedy = "enlarge spool.max_size or mend the way to the engine" if is_full else "see the log"
        message = "the events could not be kept; send them again later"
        why = f"{error}; {remedy}" if is_full else str(error)
        response = self._error(503, message, remedy, "spool_full" if is_full else "spool_failed", why)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    def _error(self, status: int, message: str, remedy: str, reason: str, why: str = "") -> Response:
        """`why` is for the log alone."""
        self._count(reason)
        budget = self._failures if status >= 500 else self._refusals
        log_request(budget.write, f"answered {status}: {why or message}")
        response = jsonify({"error": message, **({"remedy": remedy} if remedy else {})})
        response.status_code = status
        return response


def log_request(write: Callable[..., None], message: str) -> None:
    """With whom it concerns; never with the query, which may hold a token."""
    method, path, address = request.method, request.path[:LONGEST_LOGGED_PATH], request.remote_addr
    fields = {"http.request.method": method, "url.path": path, "source.ip": address}
    write("%s (%s %s from %s)", message, method, path, address, extra=fields)
