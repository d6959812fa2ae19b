"""The schema as Python reads it: its leaves are the settings, each with its name in YAML and in the environment."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

import yaml

ENVIRONMENT_PREFIX = "AUTH0_ELASTIC_"
PLACEHOLDER = "NAME"

Names = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
"""Pairs of a section's path and the names in it."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Leaf:
    """One setting: `path` is where it stands in YAML, `rules` its part of the schema."""

    path: tuple[str, ...]
    rules: dict[str, Any]

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + "_".join(self.path).upper()

    @property
    def default(self) -> Any:
        return self.rules["default"]

    @property
    def is_secret(self) -> bool:
        return bool(self.rules.get("writeOnly"))

    @property
    def format(self) -> str:
        """The format of the value or of its items."""
        return str(self.rules.get("format") or self.rules.get("items", {}).get("format", ""))

    def accepts(self, json_type: str) -> bool:
        types = self.rules["type"]
        return json_type in (types if isinstance(types, list) else [types])

    def is_twin_of(self, secret: "Leaf") -> bool:
        """Whether this is the `_file` form of a secret."""
        return self.path == (*secret.path[:-1], secret.path[-1] + "_file")


class Schema:
    """The settings there are, where the sections under names of the operator's own (`x-for-each-name`) have these."""

    def __init__(self, names: Names) -> None:
        self.rules = _with_names(_file(), (), dict(names))
        self.leaves = tuple(_leaves_below((), self.rules))
        self.by_path = {leaf.path: leaf for leaf in self.leaves}

    @functools.cached_property
    def secrets_and_files(self) -> tuple[tuple[Leaf, Leaf], ...]:
        """Each secret with the setting that names its file."""
        return tuple((s, f) for s in self.leaves if s.is_secret for f in self.leaves if f.is_twin_of(s))


@functools.cache
def schema(names: Names) -> Schema:
    return Schema(names)


def documented(name: str = PLACEHOLDER) -> Schema:
    """The settings as documentation shows them, where each such section has this one name."""
    return schema(tuple((path, (name,)) for path in named_sections()))


@functools.cache
def named_sections() -> tuple[tuple[str, ...], ...]:
    """The paths of the sections that hold one section for each name, such as `tenants`."""
    return tuple(_named_below((), _file()))


def given_names(document: Mapping[str, Any], env: Iterable[str]) -> Names:
    """The names that a settings file and an environment's variables give, those of the file first."""
    return tuple((path, _names_in(path, document, env)) for path in named_sections())


def _names_in(path: tuple[str, ...], document: Mapping[str, Any], env: Iterable[str]) -> tuple[str, ...]:
    section: Any = document
    for name in path:
        section = section.get(name) if isinstance(section, dict) else None
    found = [*section] if isinstance(section, dict) else []
    begin = f"{ENVIRONMENT_PREFIX}{'_'.join(path).upper()}_"
    leaves = [leaf for leaf in documented().leaves if leaf.path[: len(path) + 1] == (*path, PLACEHOLDER)]
    ends = sorted((leaf.variable.removeprefix(f"{begin}{PLACEHOLDER}") for leaf in leaves), key=len, reverse=True)
    for variable in env:
        end = next((end for end in ends if variable.endswith(end)), None)
        if end and variable.startswith(begin):
            found.append(variable.removeprefix(begin).removesuffix(end).lower())
    return tuple(dict.fromkeys(name for name in found if is_name(name)))


def is_name(key: Any) -> bool:
    return isinstance(key, str) and _NAME.fullmatch(key) is not None


@functools.cache
def _file() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load(files(__package__).joinpath("schema.yml").read_text("utf-8")))


def _with_names(rules: Any, path: tuple[str, ...], names: Mapping[tuple[str, ...], tuple[str, ...]]) -> Any:
    if "x-for-each-name" in rules:
        each = _with_names(rules["x-for-each-name"], (), {})
        return rules | {"properties": dict.fromkeys(names.get(path, ()), each)}
    if "properties" not in rules:
        return rules
    below = {key: _with_names(inner, (*path, key), names) for key, inner in rules["properties"].items()}
    return rules | {"properties": below}


def _named_below(path: tuple[str, ...], rules: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    if "x-for-each-name" in rules:
        yield path
    for name, below in rules.get("properties", {}).items():
        yield from _named_below((*path, name), below)


def _leaves_below(path: tuple[str, ...], rules: dict[str, Any]) -> Iterator[Leaf]:
    for name, below in rules["properties"].items():
        if "properties" in below:
            yield from _leaves_below((*path, name), below)
        else:
            yield Leaf((*path, name), below)
