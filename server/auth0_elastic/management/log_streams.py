"""The tenant's log streams. What they hold includes the webhook's secret in clear."""

from typing import Any, Final
from urllib.parse import quote

from auth0_elastic.errors import Auth0Unavailable
from auth0_elastic.management.client import ManagementApi

LOG_STREAMS: Final = "/api/v2/log-streams"


def list_streams(api: ManagementApi) -> list[dict[str, Any]]:
    """All of them, also those of other types than http. Raises Auth0Unavailable, Auth0Refused, as all of these do."""
    streams = api.get(LOG_STREAMS).body
    if not isinstance(streams, list) or not all(isinstance(stream, dict) for stream in streams):
        raise Auth0Unavailable(f"GET {LOG_STREAMS}: the answer is not a list of log streams")
    return streams


def get_stream(api: ManagementApi, stream_id: str) -> dict[str, Any]:
    return _stream(api.get(_path(stream_id)).body, "GET")


def create_stream(api: ManagementApi, body: dict[str, Any]) -> dict[str, Any]:
    """The new stream. Where no answer came, Auth0Unavailable says that it may have been created all the same."""
    return _stream(api.post(LOG_STREAMS, body).body, "POST")


def update_stream(api: ManagementApi, stream_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """The stream as it is now. Sets what it is given, so that to do it twice is harmless, and no answer is retried."""
    return _stream(api.patch(_path(stream_id), body).body, "PATCH")


def delete_stream(api: ManagementApi, stream_id: str) -> None:
    """Auth0 takes a stream that is not there for deleted."""
    api.delete(_path(stream_id))


def _path(stream_id: str) -> str:
    return f"{LOG_STREAMS}/{quote(stream_id, safe='')}"


def _stream(body: Any, method: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Auth0Unavailable(f"{method} {LOG_STREAMS}: the answer is not a log stream")
    return body
