"""The Management API of one tenant: authorized requests, answered or explained."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from auth0_elastic.config.settings import Tenant
from auth0_elastic.management.connection import Answer, Connection, Method, Request
from auth0_elastic.management.exchange import Exchange
from auth0_elastic.management.refusal import refusal
from auth0_elastic.management.token import Tokens

PATIENCE: Final = 120.0

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


class Reply(NamedTuple):
    """`body` is the parsed JSON or None, `raw` the bytes it came in, `next` the full URL of `Link: rel="next"`."""

    status: int
    body: Any
    raw: bytes
    next: str | None

    def __repr__(self) -> str:  # a log stream's body holds the webhook's secret
        return f"Reply(status={self.status}, {len(self.raw)} bytes)"


class ManagementApi:
    """Safe to share between threads, and meant to be: they share its connections, its token and its rate limit.

    Rate limits are waited out. No answer, half an answer and 5xx are asked again, except for POST, which a log stream
    would be created twice by: that is sent again only if it never reached Auth0, or Auth0 refused it with 429.
    """

    def __init__(
        self,
        tenant: Tenant,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        patience: float = PATIENCE,
    ) -> None:
        """`patience` is how many seconds of waiting a request may cost, and getting a token as many again.

        `sleep` may raise to end the waiting. Raises ConfigError for a proxy or certificate authorities of no use.
        """
        self._tenant = tenant
        self._connection = Connection(tenant)

        def exchange() -> Exchange:
            name = f"tenants.{tenant.name}"
            return Exchange(self._connection, name=name, clock=clock, sleep=sleep, jitter=jitter, patience=patience)

        self._exchange = exchange()
        self._tokens = Tokens(tenant, exchange(), clock)  # the token endpoint has a rate limit of its own

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """`path` is such as /api/v2/logs. Raises Auth0Unavailable, Auth0Refused, ConfigError, as all of these do."""
        return self._call("GET", path, params)

    def post(self, path: str, body: Any) -> Reply:
        return self._call("POST", path, body=body)

    def patch(self, path: str, body: Any) -> Reply:
        return self._call("PATCH", path, body=body)

    def delete(self, path: str) -> Reply:
        return self._call("DELETE", path)

    def close(self) -> None:
        """Closes the connections; the next request would open new ones."""
        self._connection.close()

    def _call(self, method: Method, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Reply:
        request, answer = self._ask(method, path, params or {}, body)
        if answer.status == 401 and self._tokens.renewable:
            request, answer = self._ask(method, path, params or {}, body)
        if not 200 <= answer.status < 300:
            raise refusal(self._tenant, request, answer, self._secrets(body))
        return Reply(answer.status, answer.body, answer.raw, _next(answer.headers))

    def _ask(self, method: Method, path: str, params: Mapping[str, str], body: Any) -> tuple[Request, Answer]:
        """A token that is not taken, or lacks a scope that may have been granted meanwhile, is used no more."""
        token = self._tokens.current()
        headers = {"Authorization": f"Bearer {token.reveal()}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = Request(method, path, params, headers, data, repeatable=method != "POST")
        answer = self._exchange.settle(request)
        if answer.status == 401:
            self._tokens.reject(token)
        elif answer.status == 403:
            self._tokens.lacks_scope(token)
        return request, answer

    def _secrets(self, body: Any) -> Iterator[str]:
        """What Auth0's words must not show: the settings' secrets and those of a log stream's sink."""
        yield from (secret.reveal() for secret in self._tenant.secrets())
        sink = body.get("sink") if isinstance(body, dict) else None
        if isinstance(sink, dict):
            authorization = str(sink.get("httpAuthorization") or "")
            yield from (authorization, authorization.partition(" ")[2])
            yield from (str(header.get("value") or "") for header in sink.get("httpCustomHeaders") or ())


def _next(headers: Mapping[str, str]) -> str | None:
    match = _NEXT.search(headers.get("link", ""))
    return match[1] if match else None
