"""The schema as Python reads it: its leaves are the settings, each with its name in YAML and in the environment."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

import yaml

ENVIRONMENT_PREFIX = "AUTH0_ELASTIC_"
PLACEHOLDER = "NAME"

_TENANTS_VARIABLE = f"{ENVIRONMENT_PREFIX}TENANTS_"
_PLACEHOLDER_VARIABLE = f"{_TENANTS_VARIABLE}{PLACEHOLDER}"
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
    """The settings there are, where the sections that everybody names (`x-for-each-name`) have these names."""

    def __init__(self, names: Sequence[str]) -> None:
        self.rules = _with_names(_file(), names)
        self.leaves = tuple(_leaves_below((), self.rules))
        self.by_path = {leaf.path: leaf for leaf in self.leaves}

    @functools.cached_property
    def secrets_and_files(self) -> tuple[tuple[Leaf, Leaf], ...]:
        """Each secret with the setting that names its file."""
        return tuple((s, f) for s in self.leaves if s.is_secret for f in self.leaves if f.is_twin_of(s))


@functools.cache
def schema(names: tuple[str, ...] = (PLACEHOLDER,)) -> Schema:
    """The settings for tenants of these names; with the placeholder alone, as documentation shows them."""
    return Schema(names)


def names_of_tenants(document: Mapping[str, Any], env: Iterable[str]) -> tuple[str, ...]:
    """The names that a settings file and an environment's variables give to tenants, those of the file first."""
    section = document.get("tenants")
    named = [name for name in section if is_name(name)] if isinstance(section, dict) else []
    ends = [leaf.variable.removeprefix(_PLACEHOLDER_VARIABLE) for leaf in schema().leaves if leaf.path[0] == "tenants"]
    for variable in env:
        found = next((end for end in sorted(ends, key=len, reverse=True) if variable.endswith(end)), None)
        if found and variable.startswith(_TENANTS_VARIABLE):
            named.append(variable.removeprefix(_TENANTS_VARIABLE).removesuffix(found).lower())
    return tuple(dict.fromkeys(name for name in named if is_name(name)))


def is_name(key: Any) -> bool:
    return isinstance(key, str) and _NAME.fullmatch(key) is not None


@functools.cache
def _file() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load(files(__package__).joinpath("schema.yml").read_text("utf-8")))


def _with_names(rules: Any, names: Sequence[str]) -> Any:
    if not isinstance(rules, dict):
        return rules
    if "x-for-each-name" in rules:
        return rules | {"properties": dict.fromkeys(names, rules["x-for-each-name"])}
    return {key: _with_names(below, names) for key, below in rules.items()}


def _leaves_below(path: tuple[str, ...], rules: dict[str, Any]) -> Iterator[Leaf]:
    for name, below in rules["properties"].items():
        if "properties" in below:
            yield from _leaves_below((*path, name), below)
        else:
            yield Leaf((*path, name), below)
