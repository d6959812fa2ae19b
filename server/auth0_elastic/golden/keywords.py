"""Finds numbers and booleans where the package defines keywords, which Elastic's own test runner refuses; pure."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_KEYWORDS = ("keyword", "constant_keyword", "wildcard")


def not_text(document: Json, mappings: Json, allowed: frozenset[str]) -> list[str]:
    """One line for each keyword field of `document` that holds something else than text and is not `allowed`."""
    return [
        f"{name}: {value!r} is not text, and {name} is a {kind}; "
        "convert it in the pipeline or list it in numeric_keyword_fields"
        for name, kind, value in _leaves(document, mappings, "")
        if kind in _KEYWORDS and name not in allowed and isinstance(value, bool | int | float)
    ]


def _leaves(value: Any, mapping: Json, name: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each, mapping, name)
    elif isinstance(value, dict) and "properties" in mapping:
        for key, inner in value.items():
            yield from _leaves(inner, mapping["properties"].get(key, {}), f"{name}.{key}" if name else key)
    else:
        yield name, mapping.get("type", ""), value
