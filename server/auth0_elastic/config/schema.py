"""The schema as Python reads it: its leaves are the settings, each with its name in YAML and in the environment."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

import yaml

ENVIRONMENT_PREFIX = "AUTH0_ELASTIC_"


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


@functools.cache
def schema() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load(files(__package__).joinpath("schema.yml").read_text("utf-8")))


@functools.cache
def leaves() -> tuple[Leaf, ...]:
    """All settings in the schema's order."""
    return tuple(_leaves_below((), schema()))


@functools.cache
def leaves_by_path() -> dict[tuple[str, ...], Leaf]:
    return {leaf.path: leaf for leaf in leaves()}


@functools.cache
def secrets_and_files() -> tuple[tuple[Leaf, Leaf], ...]:
    """Each secret with the setting that names its file."""
    return tuple((s, f) for s in leaves() if s.is_secret for f in leaves() if f.is_twin_of(s))


def _leaves_below(path: tuple[str, ...], rules: dict[str, Any]) -> Iterator[Leaf]:
    for name, below in rules["properties"].items():
        if "properties" in below:
            yield from _leaves_below((*path, name), below)
        else:
            yield Leaf((*path, name), below)
