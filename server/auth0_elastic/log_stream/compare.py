"""Which of the tenant's log streams is ours, and what of it is not as it should be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from auth0_elastic.config.settings import LogStream
from auth0_elastic.log_stream.configuration import HTTP, Configuration, Existing, Header, existing
from auth0_elastic.log_stream.errors import StreamUnclear
from auth0_elastic.secret import Secret

_BEARER: Final = "bearer "
_OF_AUTH0: Final = frozenset({"security"})  # a filter that Auth0 adds to priority streams by itself


def find(streams: Iterable[Mapping[str, Any]], wanted: LogStream) -> Existing | None:
    """The http stream with the name of the settings, else the one that points to their URL.

    Raises StreamUnclear where several do.
    """
    ours = [existing(stream) for stream in streams if stream.get("type") == HTTP]
    return _only([stream for stream in ours if stream.name == wanted.name], f"the name {wanted.name}") or _only(
        [stream for stream in ours if wanted.url and stream.configuration.endpoint.rstrip("/") == wanted.url],
        f"the Payload URL {wanted.url}",
    )


def _only(streams: Sequence[Existing], what: str) -> Existing | None:
    if len(streams) > 1:
        ids = ", ".join(stream.id for stream in streams)
        raise StreamUnclear(
            f"{len(streams)} log streams have {what} ({ids}); delete or rename all but one in Auth0's dashboard under "
            "Monitoring > Streams"
        )
    return streams[0] if streams else None


def differences(found: Configuration, wanted: Configuration) -> tuple[str, ...]:
    """The names of what differs, as the Management API calls them; never a value."""
    return tuple(_differences(found, wanted))


def _differences(found: Configuration, wanted: Configuration) -> Iterator[str]:
    if found.name != wanted.name:
        yield "name"
    if found.endpoint.rstrip("/") != wanted.endpoint.rstrip("/"):
        yield "sink.httpEndpoint"
    if not same_token(found.authorization, wanted.authorization):
        yield "sink.httpAuthorization"
    if found.content_format != wanted.content_format:
        yield "sink.httpContentFormat"
    if found.content_type.lower() != wanted.content_type:
        yield "sink.httpContentType"
    if _comparable(found.custom_headers) != _comparable(wanted.custom_headers):
        yield "sink.httpCustomHeaders"
    if found.filters - _OF_AUTH0 != wanted.filters - _OF_AUTH0:
        yield "filters"
    if found.priority != wanted.priority:
        yield "isPriority"
    if found.pii_fields != wanted.pii_fields or (wanted.pii_fields and found.pii_method != wanted.pii_method):
        yield "pii_config"


def same_token(one: Secret, other: Secret) -> bool:
    """Whether the listener takes both for the same: it does not mind `Bearer ` before it."""
    return _bare(one) == _bare(other)


def _bare(token: Secret) -> Secret:
    text = token.reveal().strip()
    return Secret(text[len(_BEARER) :].strip() if text.lower().startswith(_BEARER) else text)


def _comparable(headers: Sequence[Header]) -> set[tuple[str, Secret]]:
    return {(header.name.lower(), header.value) for header in headers}
