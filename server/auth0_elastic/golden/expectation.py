"""Compares what a pipeline made of an event with what was expected, and writes expectations; pure."""

import difflib
import json
from typing import Any

from auth0_elastic.golden.case import Config, at

Json = dict[str, Any]


def without_dynamic(document: Json | None, config: Config) -> Json | None:
    """A copy without the fields whose values differ from run to run; objects that become empty stay."""
    if document is None:
        return None
    copied: Json = json.loads(json.dumps(document))
    for name in config.dynamic_fields:
        if found := at(copied, name):
            del found[0][found[1]]
    return copied


def differences(expected: Json | None, actual: Json | None, config: Config) -> str:
    """A unified diff of the two, and a line for each dynamic field with a text that its regex does not match."""
    mismatches = [
        f"{name}: {value!r} does not match {pattern.pattern!r}"
        for name, pattern in config.dynamic_fields.items()
        for value in [_value(actual, name)]
        if isinstance(value, str) and not pattern.search(value)
    ]
    old, new = (to_json(without_dynamic(each, config)).splitlines() for each in (expected, actual))
    diff = difflib.unified_diff(old, new, "expected", "actual", lineterm="")
    return "\n".join([*diff, *mismatches])


def to_json(value: Any) -> str:
    """JSON as elastic-package writes it: sorted keys, four spaces, and line separators as escapes."""
    text = json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def expectation_file(documents: list[Json | None], config: Config) -> str:
    """The text of an expectation file; without a line end at its end, as elastic-package has it."""
    return to_json({"expected": [without_dynamic(document, config) for document in documents]})


def _value(document: Json | None, name: str) -> Any:
    found = at(document or {}, name)
    return found[0][found[1]] if found else None
