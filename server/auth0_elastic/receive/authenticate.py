"""Whether a request carries a valid token."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from auth0_elastic.secret import Secret


class Lookup(Protocol):
    """`get` of headers or of query parameters."""

    def __call__(self, name: str, default: str, /) -> str: ...


class Places(NamedTuple):
    """Where a token may stand besides `Authorization`; None switches a place off."""

    header: str | None
    query_parameter: str | None


def presented(header: Lookup, query_parameter: Lookup, places: Places) -> list[bytes]:
    """Every token a request presents. Auth0 sends `Authorization` verbatim, so `Bearer ` may or may not be part of it.

    An empty value is absence: Auth0 sends an empty `Authorization` when a custom header carries the token.
    """
    authorization = header("Authorization", "")
    found = [_as_sent(authorization)]
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        found.append(_as_sent(rest.strip()))
    if places.header:
        found.append(_as_sent(header(places.header, "")))
    if places.query_parameter:
        found.append(query_parameter(places.query_parameter, "").encode())
    return [token for token in found if token]


def authenticated(tokens: Sequence[Secret], candidates: Sequence[bytes]) -> bool:
    """Whether any candidate is any of the valid tokens; each is compared, so that the time tells nothing."""
    return any([token.matches(candidate) for token in tokens for candidate in candidates])  # noqa: C419


def _as_sent(header: str) -> bytes:
    """WSGI hands a header's bytes over as latin-1 text."""
    return header.encode("latin-1")
