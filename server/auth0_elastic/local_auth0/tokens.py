"""Clients of the tenant and the access tokens they were given."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auth0_elastic.local_auth0.clock import Clock
from auth0_elastic.local_auth0.refusals import invalid_token, no_token, refusal

SCOPES = frozenset(
    {"read:logs", "read:logs_users"} | {f"{verb}:log_streams" for verb in ("create", "read", "update", "delete")}
)


@dataclass
class Client:
    """A machine-to-machine application; a test may change its secret or its scopes."""

    client_id: str = "local-client"
    client_secret: str = field(default="local-secret", repr=False)
    scopes: frozenset[str] = SCOPES


@dataclass(frozen=True)
class Grant:
    """What a token allows, until `expires` (epoch seconds)."""

    scopes: frozenset[str]
    expires: float


class Tokens:
    """Mints and checks; `minted` counts what the token endpoint gave, as Auth0's meter does.

    `issued` has every token so far, those that are no longer valid too.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self.clients = {client.client_id: client}
        self.audience = ""
        self.minted = 0
        self.issued: list[str] = []
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def mint(self, request: Mapping[str, Any], lifetime: int) -> dict[str, Any]:
        """The answer to a request for a token; raises Refusal in the token endpoint's shape."""
        client = self._client(request)
        self.minted += 1
        token = self.issue(client.scopes, lifetime)
        scope = " ".join(sorted(client.scopes))
        return {"access_token": token, "scope": scope, "expires_in": lifetime, "token_type": "Bearer"}

    def issue(self, scopes: Iterable[str] = SCOPES, lifetime: float = 86_400) -> str:
        """A token that nobody had to ask for, such as one from the dashboard."""
        token = secrets.token_urlsafe(24)
        self.issued.append(token)
        self._grants[token] = Grant(frozenset(scopes), self._clock() + lifetime)
        return token

    def revoke(self) -> None:
        """Every token so far is invalid from now on."""
        self._grants.clear()

    def check(self, authorization: str | None, scope: str) -> None:
        """Raises Refusal, 401 or 403, unless the header carries a token with `scope`."""
        if not authorization:
            raise invalid_token("Missing authentication")
        grant = self._grants.get(authorization.removeprefix("Bearer "))
        if grant is None:
            raise invalid_token("Invalid token")
        if grant.expires <= self._clock():
            raise invalid_token("Expired token received for JSON Web Token validation")
        if scope not in grant.scopes:
            raise refusal(403, f"Insufficient scope, expected any of: {scope}", "insufficient_scope")

    def _client(self, request: Mapping[str, Any]) -> Client:
        if request.get("grant_type") != "client_credentials":
            raise no_token(403, "unsupported_grant_type", "Only client_credentials is supported here")
        client = self.clients.get(str(request.get("client_id")))
        if client is None or request.get("client_secret") != client.client_secret:
            raise no_token(401, "access_denied", "Unauthorized")
        if request.get("audience") != self.audience:
            raise no_token(403, "access_denied", f"Service not found: {request.get('audience')}")
        return client
