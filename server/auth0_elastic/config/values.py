"""Values that JSON types cannot express: how each is recognised, read and shown."""

import ipaddress
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from jsonschema import FormatChecker

_SIZE_UNITS: dict[str, float] = {"": 1, "b": 1}
_SIZE_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
_SIZE_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
_DURATION_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER_AND_UNIT = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)")
_ONE_DAY = 86_400.0
_LOOK_BACK_UNITS = _DURATION_UNITS | {"d": _ONE_DAY}
_LONGEST_LOOK_BACK = 400 * _ONE_DAY
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class UnfitError(ValueError):
    """A value that is not what its format demands; the text says more than the schema can: problem and remedy."""


formats = FormatChecker(formats=())
"""Knows the schema's own formats and no others."""


def parse_size(value: int | str) -> int:
    """Bytes of `10485760`, `10MiB` or `10MB`; at least 1."""
    size = int(_number_with_unit(value, _SIZE_UNITS))
    if not 1 <= size < 2**63:
        raise ValueError
    return size


def parse_duration(value: float | str) -> float:
    """Seconds of `30`, `30s`, `500ms` or `2m`; more than 0, at most a day."""
    seconds = _number_with_unit(value, _DURATION_UNITS)
    if not 0 < seconds <= _ONE_DAY:
        raise ValueError
    return seconds


def parse_look_back(value: float | str) -> float:
    """Seconds of `90m`, `24h` or `7d`; more than 0, at most 400 days."""
    seconds = _number_with_unit(value, _LOOK_BACK_UNITS)
    if not 0 < seconds <= _LONGEST_LOOK_BACK:
        raise ValueError
    return seconds


def parse_moment(value: str) -> datetime:
    """The time of an ISO 8601 text with Z or an offset; raises ValueError."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _number_with_unit(value: float | str, units: dict[str, float]) -> float:
    if not isinstance(value, str):
        return value if math.isfinite(value) else 0
    match = _NUMBER_AND_UNIT.fullmatch(value.strip())
    if not match or match[2].lower() not in units:
        raise ValueError
    return float(match[1]) * units[match[2].lower()]


@formats.checks("byte-size", raises=ValueError)
def _is_size(value: Any) -> bool:
    return not _is_number_or_text(value) or parse_size(value) > 0


@formats.checks("time-span", raises=ValueError)
def _is_duration(value: Any) -> bool:
    return not _is_number_or_text(value) or parse_duration(value) > 0


@formats.checks("look-back", raises=ValueError)
def _is_look_back(value: Any) -> bool:
    return not _is_number_or_text(value) or parse_look_back(value) > 0


@formats.checks("moment", raises=ValueError)
def _is_moment(value: Any) -> bool:
    return not isinstance(value, str) or parse_moment(value) is not None


@formats.checks("https-url", raises=ValueError)
def _is_https_url(value: Any) -> bool:
    """Plain HTTP is for this machine alone, where an Auth0 for trying things out may run."""
    if not isinstance(value, str):
        return True
    return _is_secure(value) and _is_plain_url(value)


@formats.checks("list-url", raises=ValueError)
def _is_list_url(value: Any) -> bool:
    """Like https-url, and may have a query, which often holds a key; credentials before the host would not be sent."""
    if not isinstance(value, str):
        return True
    url = urlsplit(value)
    return _is_secure(value) and not url.fragment and "@" not in url.netloc and _has_host(value)


def _is_secure(value: str) -> bool:
    url = urlsplit(value)
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or ""))


@formats.checks("proxy-url", raises=ValueError)
def _is_proxy_url(value: Any) -> bool:
    return not isinstance(value, str) or (urlsplit(value).scheme in ("http", "https") and _has_host(value))


def _is_plain_url(value: str) -> bool:
    url = urlsplit(value)
    return not (url.query or url.fragment or "@" in url.netloc) and _has_host(value)


def _has_host(value: str) -> bool:
    return bool(urlsplit(value).hostname) and not re.search(r"\s", value) and _has_sane_port(value)


@formats.checks("header-line")
def _is_header_line(value: Any) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[A-Za-z0-9-]+: ?[!-~]([ -~]*[!-~])?", value) is not None


def _is_number_or_text(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


@formats.checks("listen-address")
def _is_listen_address(value: Any) -> bool:
    if not isinstance(value, str) or ":" not in value:
        return not isinstance(value, str) or re.fullmatch(r"[A-Za-z0-9_.-]+", value) is not None
    return is_ip_address(value)


def is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    return host == "localhost" or (is_ip_address(host) and ipaddress.ip_address(host).is_loopback)


@formats.checks("network", raises=ValueError)
def _is_network(value: Any) -> bool:
    """An address is a network of its own."""
    return not isinstance(value, str) or bool(ipaddress.ip_network(value, strict=False))


@formats.checks("host-url", raises=ValueError)
def _is_host_url(value: Any) -> bool:
    return not isinstance(value, str) or check_host_url(value)


def check_host_url(value: str) -> bool:
    """Raises `UnfitError`, which says what the URL lacks; a password in it is not shown."""
    shown = show(value)
    if "://" not in value:
        raise UnfitError(f"{shown} has no scheme; try {_with_scheme(value)}")
    url = urlsplit(value)
    if url.scheme not in ("http", "https"):
        raise UnfitError(f"{shown} has a scheme other than http and https; give one such as https://localhost:9200")
    if "@" in url.netloc:
        raise UnfitError(f"{shown} contains credentials; move them to elasticsearch.username and password")
    if url.query or url.fragment or not url.hostname or re.search(r"\s", value) or not _has_sane_port(value):
        raise ValueError
    return True


def with_port(url: str) -> str:
    """The URL with port 9200 where it names none, as in Beats."""
    parts = urlsplit(url)
    return url if parts.port else urlunsplit(parts._replace(netloc=f"{parts.netloc.rstrip(':')}:9200"))


def _with_scheme(value: str) -> str:
    host = value.rpartition("@")[2].strip("/") or "localhost"
    return f"https://{host if re.search(r':[0-9]+$', host) else host + ':9200'}"


def _has_sane_port(value: str) -> bool:
    try:
        return urlsplit(value).port != 0
    except ValueError:
        return False


@formats.checks("namespace")
def _is_namespace(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    forbidden = re.search(r'[-\\/*?"<>|,#:\s]', value) or _CONTROL.search(value) or value in (".", "..")
    return not forbidden and value == value.lower() and 1 <= len(value.encode()) <= 100


@formats.checks("fingerprint")
def _is_fingerprint(value: Any) -> bool:
    return not isinstance(value, str) or re.fullmatch("[0-9a-fA-F]{64}", value.replace(":", "")) is not None


@formats.checks("secret")
def _is_secret(value: Any) -> bool:
    return not isinstance(value, str) or bool(value.strip())


@formats.checks("token")
def _is_token(value: Any) -> bool:
    return not isinstance(value, str) or (value == value.strip() != "" and not _CONTROL.search(value))


@formats.checks("path")
def _is_path(value: Any) -> bool:
    return not isinstance(value, str) or "\0" not in value


def resolve_path(value: str, folder: Path) -> Path:
    return folder / value


def show(value: Any) -> str:
    """The value as a message shows it: on one line, shortened, without credentials in a URL."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "a section" if isinstance(value, dict) else "a list"
    shown = repr(re.sub(r"(//|^).*@", r"\1…@", value) if isinstance(value, str) else value)
    return shown if len(shown) <= 80 else shown[:79] + "…"
