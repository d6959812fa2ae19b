"""The HTTP side: /oauth/token, /api/v2/logs and /api/v2/log-streams."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from auth0_elastic.local_auth0.faults import Faults
from auth0_elastic.local_auth0.polled import polled
from auth0_elastic.local_auth0.rate_limit import Allowance, RateLimit
from auth0_elastic.local_auth0.refusals import Refusal, invalid_body, invalid_query, refusal
from auth0_elastic.local_auth0.tenant import Tenant

_MOST_TAKEN = 100
_TAKEN = 50


@dataclass(frozen=True)
class Asked:
    """A request as it came, without its headers and body, and the status it got; `at` is in epoch seconds."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    at: float


@dataclass
class Journal:
    """Every request so far."""

    asked: list[Asked] = field(default_factory=list)

    def of(self, method: str, path: str) -> list[Asked]:
        """Those whose path begins with `path`."""
        return [asked for asked in self.asked if asked.method == method and asked.path.startswith(path)]


def create_app(tenant: Tenant, faults: Faults, journal: Journal) -> Flask:
    """All routes; the faults around them are `faults.around`."""
    app = Flask("auth0_elastic.local_auth0")
    _add_common(app, tenant, faults, journal)
    _add_token(app, tenant)
    _add_logs(app, tenant)
    _add_streams(app, tenant)
    return app


def _add_common(app: Flask, tenant: Tenant, faults: Faults, journal: Journal) -> None:
    limits = {"/api/": RateLimit(), "/oauth": RateLimit()}  # two APIs, each with a limit of its own

    @app.before_request
    def limit() -> None:
        now = tenant.clock()
        with tenant.lock:
            bucket = limits["/oauth" if request.path.startswith("/oauth") else "/api/"]
            g.allowance = bucket.take(tenant.behaviour.requests_per_second, now)
        fault = faults.next(request.path, "status")
        if fault and fault.status == 429:
            g.allowance = Allowance(g.allowance.limit, 0, int(now + fault.seconds), False)
        elif fault:
            raise refusal(fault.status, "A fault that the test asked for")
        if not g.allowance.is_granted:
            raise refusal(429, "Global limit has been reached", "too_many_requests")

    @app.after_request
    def note(response: Response) -> Response:
        response.headers.update(g.allowance.headers)
        asked = Asked(request.method, request.path, request.args.to_dict(), response.status_code, tenant.clock())
        journal.asked.append(asked)
        return response

    @app.errorhandler(Refusal)
    def refused(refused: Refusal) -> tuple[Response, int]:
        return jsonify(refused.body), refused.status

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        return jsonify(refusal(status, error.name).body), status


def _add_token(app: Flask, tenant: Tenant) -> None:
    @app.post("/oauth/token")
    def token() -> dict[str, Any]:
        asked = request.get_json(silent=True) if request.is_json else request.form
        with tenant.lock:
            return tenant.tokens.mint(asked or {}, tenant.behaviour.token_lifetime)


def _add_logs(app: Flask, tenant: Tenant) -> None:
    @app.get("/api/v2/logs")
    def logs() -> Response:
        _authorize(tenant, "read:logs")
        return _checkpoint(tenant) if {"from", "take"} & set(request.args) else _search(tenant)

    @app.get("/api/v2/logs/<log_id>")
    def log(log_id: str) -> dict[str, Any]:
        _authorize(tenant, "read:logs")
        return polled(tenant.event(log_id))


def _checkpoint(tenant: Tenant) -> Response:
    """Every parameter but `from` and `take` is ignored."""
    after, take = request.args.get("from", ""), _number("take", _TAKEN, least=1, most=_MOST_TAKEN)
    page = tenant.page(after, take)
    response = jsonify([polled(event) for event in page])
    following = urlencode({"from": page[-1]["log_id"] if page else after, "take": take})
    response.headers["Link"] = f'<{request.base_url}?{following}>; rel="next"'
    return response


def _search(tenant: Tenant) -> Response:
    page, per_page = _number("page", 0, least=0), _number("per_page", _TAKEN, least=1, most=_MOST_TAKEN)
    return jsonify([polled(event) for event in tenant.search(request.args.get("q", ""), page, per_page)])


def _number(name: str, default: int, *, least: int, most: int | None = None) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal():
        raise invalid_query(f"Expected type integer but found type string on property {name}")
    if int(text) < least:
        raise invalid_query(f"Value {text} is less than minimum {least} on property {name}")
    if most is not None and int(text) > most:
        raise invalid_query(f"Value {text} is greater than maximum {most} on property {name}")
    return int(text)


def _add_streams(app: Flask, tenant: Tenant) -> None:
    @app.get("/api/v2/log-streams")
    def list_streams() -> Response:
        _authorize(tenant, "read:log_streams")
        return jsonify([stream.shown for stream in tenant.streams])

    @app.post("/api/v2/log-streams")
    def create() -> dict[str, Any]:
        _authorize(tenant, "create:log_streams")
        return tenant.create_stream(_body()).shown

    @app.get("/api/v2/log-streams/<stream_id>")
    def read(stream_id: str) -> dict[str, Any]:
        _authorize(tenant, "read:log_streams")
        return tenant.stream(stream_id).shown

    @app.patch("/api/v2/log-streams/<stream_id>")
    def update(stream_id: str) -> dict[str, Any]:
        _authorize(tenant, "update:log_streams")
        return tenant.patch_stream(stream_id, _body()).shown

    @app.delete("/api/v2/log-streams/<stream_id>")
    def delete(stream_id: str) -> tuple[str, int]:
        _authorize(tenant, "delete:log_streams")
        tenant.delete_stream(stream_id)
        return "", 204


def _authorize(tenant: Tenant, scope: str) -> None:
    with tenant.lock:
        tenant.tokens.check(request.headers.get("Authorization"), scope)


def _body() -> object:
    body = request.get_json(silent=True)
    if body is None:
        raise invalid_body("Invalid request payload JSON format")
    return body
