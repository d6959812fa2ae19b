"""The Flask application: a route for log streams, one for Actions, and an answer in JSON for everything else."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from flask import Flask, Request, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from auth0_elastic.config.settings import Listener
from auth0_elastic.errors import RequestRefused, SpoolError, SpoolFull
from auth0_elastic.receive.authenticate import Places, authenticated, presented
from auth0_elastic.receive.collect import collect
from auth0_elastic.receive.commit import Keeper
from auth0_elastic.receive.parse import Parsed, decompress, parse
from auth0_elastic.secret import Secret

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30
LONGEST_LOGGED_PATH = 200

REMEDIES = {
    404: "post to the webhook_path or collect_path of the listener's settings",
    405: "use POST",
}


class Keepers(NamedTuple):
    """Who keeps the events of each data stream; `actions` is None where there is no collect_path."""

    logs: Keeper
    actions: Keeper | None


def create_app(
    settings: Listener,
    keepers: Keepers,
    body_deadline: Callable[[float], AbstractContextManager[object]],
    made_tokens: Callable[[], Sequence[Secret]] = tuple,
) -> Flask:
    """`body_deadline(seconds)` raises TimeoutError inside its block when reading the body takes longer.

    `made_tokens`, asked for each request, are valid besides those of the settings.
    """
    app = Flask("auth0_elastic", static_folder=None)
    app.url_map.merge_slashes = False  # a path either is ours or not found; redirects would lose the POST
    places = Places(settings.token_header, settings.token_query_parameter)

    def route(path: str, keeper: Keeper, split: Callable[[bytes], Parsed], token: str) -> None:
        def receive() -> Response:
            candidates = presented(request.headers.get, request.args.get, places)
            if not (
                authenticated(settings.authorization_token, candidates) or authenticated(made_tokens(), candidates)
            ):
                raise RequestRefused(401, "the token is missing or wrong", f"check {token}")
            parsed = split(decompress(_body(request, settings, body_deadline), settings.max_body_size))
            keeper.keep(parsed)
            if parsed.rejected:
                what = f"kept {len(parsed.rejected)} dead letters, such as: {parsed.rejected[0].reason}"
                _log(logging.WARNING, what)
            return jsonify(accepted=len(parsed.events), rejected=len(parsed.rejected))

        rule = path.rstrip("/") or "/"
        app.add_url_rule(
            rule, split.__name__, receive, methods=["POST"], strict_slashes=False, provide_automatic_options=False
        )

    route(settings.webhook_path, keepers.logs, parse, "the log stream's Authorization Token")
    if settings.collect_path and keepers.actions:
        route(settings.collect_path, keepers.actions, collect, "the Action's secret AUTH0_ELASTIC_TOKEN")
    app.register_error_handler(RequestRefused, _refused)
    app.register_error_handler(SpoolError, _spool_failed)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _body(
    request: Request, settings: Listener, body_deadline: Callable[[float], AbstractContextManager[object]]
) -> bytes:
    limit = settings.max_body_size
    too_large = RequestRefused(413, f"the body is larger than {limit} bytes", "send fewer events a request")
    if (request.content_length or 0) > limit:
        raise too_large
    try:
        with body_deadline(settings.body_timeout):
            body = request.stream.read(limit + 1)
    except TimeoutError as error:
        raise RequestRefused(408, f"the body took longer than {settings.body_timeout:g} s") from error
    except Exception as error:  # the client is gone, or the server's reader refuses its chunks
        raise RequestRefused(400, "the body broke off") from error
    if len(body) > limit:
        raise too_large
    if request.content_length is not None and len(body) < request.content_length:
        raise RequestRefused(400, "the body broke off")
    return body


def _refused(error: RequestRefused) -> Response:
    return _error(error.status, str(error), error.remedy)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = _error(status, error.name.lower(), REMEDIES.get(status, ""))
    if status == 405:
        response.headers["Allow"] = "POST"
    return response


def _spool_failed(error: SpoolError) -> Response:
    remedy = "enlarge spool.max_size or mend the way to the engine" if isinstance(error, SpoolFull) else "see the log"
    _log(logging.ERROR, f"{error}; {remedy}")
    response = _error(503, "the events could not be kept; send them again later", remedy)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _error(status: int, message: str, remedy: str) -> Response:
    _log(logging.ERROR if status >= 500 else logging.WARNING, f"answered {status}: {message}")
    response = jsonify({"error": message, **({"remedy": remedy} if remedy else {})})
    response.status_code = status
    return response


def _log(level: int, message: str) -> None:
    """With whom it concerns; never with the query, which may hold a token."""
    method, path, address = request.method, request.path[:LONGEST_LOGGED_PATH], request.remote_addr
    fields = {"http.request.method": method, "url.path": path, "source.ip": address}
    log.log(level, "%s (%s %s from %s)", message, method, path, address, extra=fields)
