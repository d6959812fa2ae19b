"""The server's own log: readable text or ECS JSON on standard error, without secrets and foreign control characters."""

import base64
import copy
import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any, Literal, TextIO
from urllib.parse import quote, quote_plus

from ecs_logging import StdlibFormatter

from auth0_elastic import __version__
from auth0_elastic.config.settings import Settings

MASK = "…"
_SPOKEN_FOR = ("elastic_transport", "opensearch", "werkzeug")  # what they report is raised or returned too
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class _Secrets:
    """What must not be seen. There is one in a process, because secrets may turn up in the log of any library."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._parameters: set[str] = set()

    def add(self, texts: set[str], query_parameter: str | None) -> None:
        self._texts |= {text for text in texts if text}
        self._parameters |= {query_parameter} if query_parameter else set()
        longest_first = sorted(self._texts, key=lambda text: (-len(text), text))
        patterns = [rf"(?<=\b{re.escape(name)}=)[^&\s\"'#]+" for name in sorted(self._parameters)]
        patterns += [re.escape(text) for text in longest_first]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def mask(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text


_secrets = _Secrets()


def configure(format: Literal["text", "ecs_json"], level: str, component: str) -> None:
    """Sends all log records of this process to standard error; `component` names the process (serve, ship, …)."""
    handler = _Handler(sys.stderr)
    handler.setFormatter(EcsFormatter(component) if format == "ecs_json" else TextFormatter(component))
    root = logging.getLogger()
    root.handlers[:] = [*(other for other in root.handlers if not _writes_unmasked(other)), handler]
    root.setLevel(level.upper())
    for name in _SPOKEN_FOR:
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Keeps quiet where standard error is gone, because `logging` would print the record's arguments unmasked."""


def _writes_unmasked(handler: logging.Handler) -> bool:
    """Whether it is one that `logging.basicConfig` or an earlier `configure` has made."""
    return type(handler) in (logging.StreamHandler, _Handler)


def redact(settings: Settings) -> None:
    """Masks from now on every secret of the settings, however it is written, and the query parameter's value."""
    texts = {form for text in _secret_texts(settings) for form in _forms(text)}
    _secrets.add(texts, settings.listener.token_query_parameter)


def mask(text: str) -> str:
    """The text without the secrets that `redact` was told."""
    return _secrets.mask(text)


def clean(text: str) -> str:
    """The text on one line, control characters and line ends escaped, so that foreign text cannot forge a log line."""
    return _escape(text).replace("\n", "\\n").replace("\t", "\\t")


def _escape(text: str) -> str:
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _secret_texts(settings: Settings) -> Iterator[str]:
    """The secrets, and what clients make of them for their Authorization header."""
    yield from (secret.reveal() for secret in settings.secrets())
    engine = settings.elasticsearch
    if engine.api_key and ":" in engine.api_key.reveal():
        yield _base64(engine.api_key.reveal())
        yield engine.api_key.reveal().split(":", 1)[1]
    elif engine.api_key:
        yield from _decoded(engine.api_key.reveal())
    if engine.username and engine.password:
        yield _base64(f"{engine.username}:{engine.password.reveal()}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(api_key: str) -> Iterator[str]:
    try:
        key_id, colon, key = base64.b64decode(api_key, validate=True).decode().partition(":")
    except ValueError:
        return
    if colon:
        yield from (f"{key_id}:{key}", key)


def _forms(text: str) -> set[str]:
    """A secret as it is, in a Python or JSON literal, in bytes, and in a URL."""
    literals = repr(text)[1:-1], repr(text.encode())[2:-1], json.dumps(text)[1:-1]
    return {text, quote(text), quote(text, safe=""), quote_plus(text), *literals}


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000Z INFO    [serve] auth0_elastic.spool: message`, then a traceback if there is one."""

    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        time_and_level = f"{seconds}.{int(record.msecs):03d}Z {record.levelname:<7}"
        line = f"{time_and_level} [{self._component}] {record.name}: {clean(mask(_message(record)))}"
        return "\n".join([line, *(_escape(mask(text)) for text in _traceback(record))])


class EcsFormatter(StdlibFormatter):
    """Elastic's formatter; `component` is the node's role."""

    def __init__(self, component: str) -> None:
        role = {"service.name": "auth0-elastic", "service.version": __version__, "service.node.roles": [component]}
        super().__init__(extra=role, exclude_fields=["log.original", "process.thread"])

    def format_to_ecs(self, record: logging.LogRecord) -> dict[str, Any]:
        safe = copy.copy(record)
        safe.msg, safe.args = _message(record), ()
        fields: dict[str, Any] = super().format_to_ecs(safe)
        trace = "\n".join(_traceback(record))
        result = {key: value if key in ("@timestamp", "ecs.version") else _safe(value) for key, value in fields.items()}
        if trace:
            result.setdefault("error", {})["stack_trace"] = _escape(mask(trace))
        return result


def _safe(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(mask(str(value)))


def _message(record: logging.LogRecord) -> str:
    """Shows a message whose arguments do not fit as it is, because `logging` would print it elsewhere, and unmasked."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - any __str__ may have been called
        return f"{record.msg} {record.args!r}"


def _traceback(record: logging.LogRecord) -> Iterator[str]:
    if record.exc_info and record.exc_info[1]:
        yield "".join(traceback.format_exception(record.exc_info[1])).rstrip("\n")
    elif record.exc_text:
        yield record.exc_text
    if record.stack_info:
        yield record.stack_info
