"""Which fields a data stream has, and of which type each is."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from auth0_elastic.detect.sigma_pipeline import FIELD_OF
from auth0_elastic.package_files import load_assets

Json = dict[str, Any]


class Field(NamedTuple):
    """A field as queries name it: an alias gives way to its target. Below a flattened field anything exists."""

    name: str
    type: str
    is_key: bool = False
    """Whether it is a key within a flattened field."""


class FieldTypes:
    """The fields of one mapping, `{"properties": …}`."""

    def __init__(self, mappings: Mapping[str, Any]) -> None:
        self._fields: dict[str, Json] = dict(_fields(mappings, ""))

    def find(self, name: str) -> Field | None:
        """None where the mapping has no such field."""
        found = self._fields.get(name)
        if found is not None:
            return self.find(found["path"]) if found["type"] == "alias" else Field(name, found["type"])
        parent = name.rpartition(".")[0]
        while parent:
            if self._fields.get(parent, {}).get("type") == "flattened":
                return Field(name, "flattened", is_key=True)
            parent = parent.rpartition(".")[0]
        return None

    def similar(self, name: str) -> list[str]:
        """Up to three fields whose names are like this one."""
        return difflib.get_close_matches(name, self._fields, 3)


def _fields(mapping: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Json]]:
    for children in ("properties", "fields"):
        for name, field in mapping.get(children, {}).items():
            if "type" in field and field["type"] != "object":
                yield f"{prefix}{name}", field
            yield from _fields(field, f"{prefix}{name}.")


@cache
def field_types() -> dict[str, FieldTypes]:
    """By data stream, the fields that rules may name. Raises PackageError."""
    return {name: FieldTypes(load_assets(name).mappings) for name in FIELD_OF}
