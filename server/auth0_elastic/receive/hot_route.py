"""The usual request of a log stream without Flask, which takes longer over it than all that is done for it.

It makes the same checks with the same functions. Whatever is not plainly in order is left to Flask, which answers it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any, Final

from auth0_elastic.receive.authenticate import Lookup
from auth0_elastic.receive.parse import Parsed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_OUTCOME: Final = "auth0_elastic.outcome"

Take = Callable[[IO[bytes], int | None], Parsed]
"""Takes in a body, given its stream and its length, if that is known; raises what `create_app` answers."""


class HotRoute:
    """A WSGI application in front of Flask's."""

    def __init__(
        self, path: str, may_post: Callable[[str, Lookup], bool], take: Take, flask: "WSGIApplication"
    ) -> None:
        """`may_post` is asked with the peer's address and the headers."""
        self._path = path
        self._may_post = may_post
        self._take = take
        self._flask = flask

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self._is_usual(environ):
            return self._flask(environ, start_response)
        try:
            parsed = self._take(environ["wsgi.input"], int(environ["CONTENT_LENGTH"]))
        except Exception as error:  # noqa: BLE001 - raised again where Flask answers it
            return self._flask({**environ, _OUTCOME: error}, start_response)
        if parsed.rejected:
            return self._flask({**environ, _OUTCOME: parsed}, start_response)
        answer = b'{"accepted":%d,"rejected":0}\n' % len(parsed.events)
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

    def _is_usual(self, environ: "WSGIEnvironment") -> bool:
        """A chunked body has no length; a query may hold the token; not every server ends the stream with the body."""
        return (
            environ["REQUEST_METHOD"] == "POST"
            and environ["PATH_INFO"] == self._path
            and bool(environ.get("CONTENT_LENGTH"))
            and not environ.get("QUERY_STRING")
            and environ.get("wsgi.input_terminated", False)
            and self._may_post(environ.get("REMOTE_ADDR", ""), _headers(environ))
        )


def outcome(environ: Mapping[str, Any]) -> Parsed | None:
    """What the hot route has taken in of a request already; raises what taking it in has raised."""
    found = environ.get(_OUTCOME)
    if isinstance(found, Exception):
        raise found
    return found


def _headers(environ: Mapping[str, Any]) -> Lookup:
    def get(name: str, default: str, /) -> str:
        return str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", default))

    return get
