"""What to enter in Auth0's dashboard by hand; the token is not shown, but where it stands."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from auth0_elastic.config.settings import Listener, LogStream
from auth0_elastic.errors import ConfigError
from auth0_elastic.log_stream.configuration import CONTENT_TYPE
from auth0_elastic.log_stream.desired import header
from auth0_elastic.secret import Secret

WAY: Final = "Monitoring > Streams > Create Log Stream > Custom Webhook"

DEFAULTS: Final = LogStream(
    mode="manual",
    name="auth0-elastic",
    url=None,
    content_format="JSONLINES",
    custom_headers=(),
    filters=(),
    priority=False,
    start_from=None,
    pii_fields=(),
    pii_method="mask",
)
"""For whoever has no tenant in the settings, since an operator may use nothing but the webhook."""

_FORMATS: Final = {"JSONLINES": "JSON Lines", "JSONARRAY": "JSON Array", "JSONOBJECT": "JSON Object"}


def entries(wanted: LogStream, listener: Listener, token_place: str) -> list[tuple[str, str]]:
    """The fields of the dashboard's form, each with what to enter."""
    return [*_always(wanted, listener, token_place), *_sometimes(wanted)]


def _always(wanted: LogStream, listener: Listener, token_place: str) -> Iterator[tuple[str, str]]:
    yield "Name", wanted.name
    yield "Payload URL", wanted.url or _guessed(listener)
    yield "Authorization Token", token_place
    yield "Content Type", CONTENT_TYPE
    yield "Content Format", _FORMATS[wanted.content_format]


def _sometimes(wanted: LogStream) -> Iterator[tuple[str, str]]:
    for number, each in enumerate(map(header, wanted.custom_headers)):
        yield "Custom Headers", f"{each.name}: the value in log_stream.custom_headers[{number}]"
    yield "Filter by Event Category", ", ".join(wanted.filters) or "leave empty, so that nothing is lost"
    if wanted.priority:
        yield "Prioritized", "yes"
    yield "Starting Cursor", wanted.start_from or "leave empty, or choose how far back to begin"
    if wanted.pii_fields:
        yield "Obfuscate PII", f"{', '.join(wanted.pii_fields)}, by {wanted.pii_method}"


def _guessed(listener: Listener) -> str:
    return f"https://YOUR-HOST:{listener.listen_port}{listener.webhook_path} (with the name that Auth0 reaches)"


def token_place(configured: Sequence[Secret], stored: bool, path: Path) -> str:
    """Where the token stands that the listener accepts; `stored` if it was made and kept at `path`."""
    if stored:
        return f"the newest token in {path} (--copy-token-to FILE copies it)"
    if len(configured) > 1:
        return "the first value of listener.authorization_token (or --copy-token-to FILE)"
    return "the value of listener.authorization_token (or --copy-token-to FILE)"


def copy_token(token: Secret, path: Path) -> None:
    """Writes it to a new file that only its owner may read. Raises ConfigError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(token.reveal())
    except OSError as error:
        raise ConfigError(f"--copy-token-to: '{path}' cannot be made ({error.strerror}); give a new file") from error
