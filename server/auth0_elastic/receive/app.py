"""The Flask application: a route for log streams, one for Actions, and an answer in JSON for everything else."""

import logging
from collections.abc import Callable, Sequence
from typing import IO, NamedTuple

from flask import Flask, Response, jsonify, request

from auth0_elastic.config.settings import Listener
from auth0_elastic.errors import RequestRefused
from auth0_elastic.receive.authenticate import Lookup, Places, authenticated, presented
from auth0_elastic.receive.body import Deadline, read_body
from auth0_elastic.receive.collect import collect
from auth0_elastic.receive.commit import Keeper
from auth0_elastic.receive.failed_tokens import FailedTokens
from auth0_elastic.receive.hot_route import HotRoute, Take, outcome
from auth0_elastic.receive.parse import Parsed, decompress, parse
from auth0_elastic.receive.refusals import Refusals, log_request
from auth0_elastic.receive.source_address import Sources
from auth0_elastic.secret import Secret

log = logging.getLogger(__name__)


class Keepers(NamedTuple):
    """Who keeps the events of each data stream; `actions` is None where there is no collect_path."""

    logs: Keeper
    actions: Keeper | None


def create_app(
    settings: Listener,
    keepers: Keepers,
    body_deadline: Deadline,
    made_tokens: Callable[[], Sequence[Secret]] = tuple,
    count_refused: Callable[[str], None] = lambda reason: None,
    count_accepted: Callable[[], None] = lambda: None,
) -> Flask:
    """`made_tokens`, asked for each request, are valid besides the settings'; `count_refused` gets one of REASONS."""
    app = Flask("auth0_elastic", static_folder=None)
    app.url_map.merge_slashes = False  # a path either is ours or not found; redirects would lose the POST
    sources = Sources(settings.allowed_addresses, settings.trusted_proxies)
    app.before_request(_admission(sources))
    has_token = _token_check(settings, made_tokens)
    authenticate = _authentication(settings, has_token)

    def route(path: str, keeper: Keeper, split: Callable[[bytes], Parsed], token: str) -> Take:
        def take(stream: IO[bytes], length: int | None) -> Parsed:
            parsed = split(decompress(read_body(stream, length, settings, body_deadline), settings.max_body_size))
            keeper.keep(parsed)
            count_accepted()
            return parsed

        def receive() -> Response:
            authenticate(token)
            parsed = outcome(request.environ) or take(request.stream, request.content_length)
            if parsed.rejected:
                what = f"kept {len(parsed.rejected)} dead letters, such as: {parsed.rejected[0].reason}"
                log_request(log.warning, what)
            return jsonify(accepted=len(parsed.events), rejected=len(parsed.rejected))

        app.add_url_rule(
            _rule(path),
            split.__name__,
            receive,
            methods=["POST"],
            strict_slashes=False,
            provide_automatic_options=False,
        )
        return take

    take_logs = route(settings.webhook_path, keepers.logs, parse, "the log stream's Authorization Token")
    if settings.collect_path and keepers.actions:
        route(settings.collect_path, keepers.actions, collect, "the Action's secret AUTH0_ELASTIC_TOKEN")
    Refusals(count_refused).answer_for(app)

    def may_post(peer: str, headers: Lookup) -> bool:
        source = sources.source_of(peer, headers("X-Forwarded-For", ""))
        return sources.may_post(source) and has_token(headers, lambda name, default: default)

    app.wsgi_app = HotRoute(_rule(settings.webhook_path), may_post, take_logs, app.wsgi_app)  # type: ignore[method-assign]
    return app


def _rule(path: str) -> str:
    return path.rstrip("/") or "/"


def _admission(sources: Sources) -> Callable[[], None]:
    """From here on the request's address is its sender's, not the proxy's. Raises RequestRefused (403)."""

    def admit() -> None:
        source = sources.source_of(request.remote_addr or "", request.headers.get("X-Forwarded-For"))
        request.remote_addr = source or request.remote_addr
        if not sources.may_post(source):
            raise RequestRefused(403, "this address may not post here", "add it to listener.allowed_addresses")

    return admit


def _token_check(settings: Listener, made_tokens: Callable[[], Sequence[Secret]]) -> Callable[[Lookup, Lookup], bool]:
    """What it returns says whether headers or query have a valid token."""
    places = Places(settings.token_header, settings.token_query_parameter)

    def has_token(headers: Lookup, query: Lookup) -> bool:
        candidates = presented(headers, query, places)
        return authenticated(settings.authorization_token, candidates) or authenticated(made_tokens(), candidates)

    return has_token


def _authentication(settings: Listener, has_token: Callable[[Lookup, Lookup], bool]) -> Callable[[str], None]:
    """What it returns raises RequestRefused: 401 without a valid token, 429 once the address has sent too many such."""
    failed = FailedTokens(settings.failed_tokens_per_minute)

    def authenticate(token: str) -> None:
        if has_token(request.headers.get, request.args.get):
            return
        wait = failed.count(request.remote_addr or "")
        if wait is not None:
            raise RequestRefused(429, "too many requests without a valid token", f"check {token}", retry_after=wait)
        raise RequestRefused(401, "the token is missing or wrong", f"check {token}")

    return authenticate
