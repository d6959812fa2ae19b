"""One pipeline test: its input events, its configuration and its expectation, in elastic-package's file format."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files.locate import read_text, read_yaml

Json = dict[str, Any]

_COMMON_CONFIG = "test-common-config.yml"
_CONFIG_KEYS = {"fields", "dynamic_fields", "numeric_keyword_fields"}


@dataclass(frozen=True)
class Config:
    """`fields` go into each event, `dynamic_fields` hold a regex for what differs from run to run."""

    fields: Json
    dynamic_fields: dict[str, re.Pattern[str]]
    numeric_keyword_fields: frozenset[str]


@dataclass(frozen=True)
class Case:
    """A test whose events have their configured fields; `expected` holds None for a dropped event."""

    path: Path
    events: tuple[Json, ...]
    config: Config
    expected: tuple[Json | None, ...] | None
    """None when there is no file of expectations yet."""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def expected_path(self) -> Path:
        return _beside(self.path, "-expected.json")


def find_cases(package: Path, names: Sequence[str] = ()) -> list[Path]:
    """The input files of all tests, or of those that are named: test-login.json, test-login or login.

    Raises PackageError when no test has the name.
    """
    folders = sorted(package.glob("data_stream/*/_dev/test/pipeline"))
    paths = [path for folder in folders for path in sorted(folder.glob("test-*")) if _is_input(path)]
    chosen: set[Path] = set()
    for name in names:
        matching = {path for path in paths if name in (path.name, path.stem, path.stem.removeprefix("test-"))}
        if not matching:
            raise PackageError(f"there is no test {name}; there are {', '.join(path.stem for path in paths) or 'none'}")
        chosen |= matching
    return [path for path in paths if path in chosen] if names else paths


def read_case(path: Path) -> Case:
    """The test whose input is `path`; raises PackageError."""
    config = _config([path.with_name(_COMMON_CONFIG), _beside(path, "-config.yml")])
    expected_path = _beside(path, "-expected.json")
    expected = tuple(_json(expected_path)["expected"]) if expected_path.exists() else None
    events = [{"message": line} for line in _lines(path)] if path.suffix == ".log" else _json(path)["events"]
    return Case(path, tuple(_with_fields(event, config.fields) for event in events), config, expected)


def data_stream_of(case: Path) -> Path:
    """The data stream's folder, of an input file in its _dev/test/pipeline."""
    return case.parents[3]


def at(event: Json, name: str) -> tuple[Json, str] | None:
    """The object that holds the field of this dotted name, and its key there; None when there is no such field."""
    *parents, last = name.split(".")
    inner: Any = event
    for parent in parents:
        inner = inner.get(parent) if isinstance(inner, dict) else None
    return (inner, last) if isinstance(inner, dict) and last in inner else None


def _is_input(path: Path) -> bool:
    return path.suffix in (".json", ".log") and not path.name.endswith("-expected.json")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _lines(path: Path) -> list[str]:
    return [line.removesuffix("\r") for line in read_text(path).removesuffix("\n").split("\n")]


def _json(path: Path) -> Json:
    try:
        content: Json = json.loads(read_text(path))
    except ValueError as error:
        raise PackageError(f"{path} is no JSON: {error}") from error
    return content


def _config(paths: Iterable[Path]) -> Config:
    """What the files say, a later one over an earlier one."""
    fields: Json = {}
    dynamic: dict[str, str] = {}
    numeric: set[str] = set()
    for path in paths:
        own = (read_yaml(path) or {}) if path.exists() else {}
        if unknown := own.keys() - _CONFIG_KEYS:
            raise PackageError(f"{path}: {min(unknown)} is none of {', '.join(sorted(_CONFIG_KEYS))}")
        fields |= own.get("fields") or {}
        dynamic |= own.get("dynamic_fields") or {}
        numeric |= set(own.get("numeric_keyword_fields") or ())
    return Config(fields, {name: re.compile(pattern) for name, pattern in dynamic.items()}, frozenset(numeric))


def _with_fields(event: Json, fields: Json) -> Json:
    """The event with these fields, which are given by dotted or nested names."""
    merged: Json = json.loads(json.dumps(event))
    for name, value in fields.items():
        *parents, last = name.split(".")
        inner = merged
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return merged
