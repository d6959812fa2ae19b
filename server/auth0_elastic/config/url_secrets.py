"""What of a secret URL has to be masked in a log."""

from typing import Final
from urllib.parse import urlsplit

from auth0_elastic.secret import Secret

_SHORTEST_TARGET: Final = 12


def url_secrets(url: Secret) -> tuple[Secret, ...]:
    """The URL, and what of it stands in a request's first line, which libraries log; too short a one is no secret."""
    parts = urlsplit(url.reveal())
    whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return (url, Secret(whole)) if len(whole) >= _SHORTEST_TARGET else (url,)
