"""Turns field definitions (`fields/*.yml`) into an index mapping."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auth0_elastic.errors import PackageError

Json = dict[str, Any]

# As Fleet does: a longer value stays in _source and is not searchable, instead of refusing the document.
IGNORE_ABOVE = 1024

_EVERYWHERE = {"index", "doc_values"}
_NUMBER = _EVERYWHERE | {"null_value", "coerce", "ignore_malformed"}
_PARAMETERS: dict[str, set[str]] = {
    "alias": {"path"},
    "boolean": _EVERYWHERE | {"null_value"},
    "constant_keyword": {"value"},
    "date": _NUMBER | {"format"},
    "flattened": {"ignore_above", "depth_limit", "index", "doc_values"},
    "geo_point": _EVERYWHERE | {"ignore_malformed"},
    "ip": _NUMBER,
    "keyword": _EVERYWHERE | {"ignore_above", "normalizer", "null_value"},
    "match_only_text": {"analyzer"},
    "nested": {"dynamic", "include_in_parent", "include_in_root"},
    "object": {"dynamic", "enabled"},
    "scaled_float": _NUMBER | {"scaling_factor"},
    "text": _EVERYWHERE - {"doc_values"} | {"analyzer", "search_analyzer", "norms"},
    "wildcard": {"ignore_above", "null_value"},
} | dict.fromkeys(("byte", "double", "float", "half_float", "integer", "long", "short", "unsigned_long"), _NUMBER)

# Keys that describe a field for people and for Kibana.
_DESCRIBING = {"name", "type", "description", "fields", "multi_fields", "external", "title", "level", "group"}
_DESCRIBING |= {
    "required",
    "example",
    "unit",
    "metric_type",
    "dimension",
    "pattern",
    "footnote",
    "short",
    "date_format",
}
_DESCRIBING |= {"normalize", "default_field", "allowed_values", "expected_values", "object_type", "release"}


def mapping_of(fields: Iterable[Json], known_values: Mapping[str, str] | None = None) -> Json:
    """`{"properties": …}` for these definitions; raises PackageError for what it cannot express.

    `known_values` gives constant keywords the value they lack.
    """
    properties: Json = {}
    for name, field in _leaves(fields, ""):
        mapped = _field(name, field)
        if mapped["type"] == "constant_keyword" and "value" not in mapped and name in (known_values or {}):
            mapped["value"] = (known_values or {})[name]
        _place(properties, name, mapped)
    return {"properties": properties}


def _leaves(fields: Iterable[Json], prefix: str) -> Iterator[tuple[str, Json]]:
    for field in fields:
        name = f"{prefix}{field['name']}"
        if field.get("type", "group" if "fields" in field else "") != "group":
            yield name, field
        yield from _leaves(field.get("fields", ()), f"{name}.")


def _field(name: str, field: Json) -> Json:
    kind = field.get("type")
    if kind is None:
        raise PackageError(f"field {name} has no type; write it, also where it says `external: ecs`")
    if kind not in _PARAMETERS:
        raise PackageError(f"field {name} has the type {kind}, which is none of {', '.join(sorted(_PARAMETERS))}")
    if "object_type" in field:
        raise PackageError(f"field {name} has an object_type; name its fields, or make it flattened")
    if unknown := field.keys() - _DESCRIBING - _PARAMETERS[kind]:
        raise PackageError(f"field {name} of type {kind} cannot have {', '.join(sorted(unknown))}")
    mapped = {"type": kind} | {key: field[key] for key in field if key in _PARAMETERS[kind]}
    if "ignore_above" in _PARAMETERS[kind] and kind != "flattened":
        mapped.setdefault("ignore_above", IGNORE_ABOVE)
    if "date_format" in field:
        mapped["format"] = field["date_format"]
    if multi := field.get("multi_fields"):
        mapped["fields"] = {each["name"]: _field(f"{name}.{each['name']}", each) for each in multi}
    return mapped


def _place(properties: Json, name: str, mapped: Json) -> None:
    """Puts the field under its dotted name, below the objects that the name passes through."""
    *parents, last = name.split(".")
    for depth, parent in enumerate(parents, 1):
        inner = properties.setdefault(parent, {})
        if inner.get("type", "object") not in ("object", "nested"):
            raise PackageError(f"field {'.'.join(parents[:depth])} of type {inner['type']} cannot hold field {name}")
        properties = inner.setdefault("properties", {})
    before = properties.get(last, {})
    if "type" in before or ("properties" in before and mapped["type"] not in ("object", "nested")):
        raise PackageError(f"field {name} is defined twice")
    properties[last] = before | mapped
