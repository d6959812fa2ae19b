"""Brings what is wanted and what an engine returns into one form, so that only real differences remain."""

import difflib
import json
from typing import Any

from auth0_elastic.package_files.assets import flat_settings

Json = dict[str, Any]

_PIPELINE_KEYS = ("description", "processors", "on_failure", "version", "_meta")
_TEMPLATE_KEYS = ("index_patterns", "priority", "version", "composed_of", "allow_auto_create", "_meta")

# An engine does not return a parameter that has its default value.
_DEFAULTS = {"index": True, "doc_values": True, "enabled": True, "norms": True, "depth_limit": 20, "type": "object"}


def pipeline(body: Json) -> Json:
    """The pipeline without what the engine adds, such as its date."""
    return {key: body[key] for key in _PIPELINE_KEYS if key in body}


def template(body: Json) -> Json:
    """The index template without what the engine adds."""
    return {key: body[key] for key in _TEMPLATE_KEYS if key in body} | {"data_stream": "data_stream" in body}


def component(body: Json) -> Json:
    """The component template with flat settings, all values text."""
    own = body["template"]
    return {
        "settings": {name: _as_text(value) for name, value in flat_settings(own.get("settings", {})).items()},
        "mappings": own.get("mappings", {}),
        "_meta": body.get("_meta", {}),
    }


def lifecycle(body: Json) -> Json:
    """The policy without what the engine adds, such as its version."""
    policy: Json = body["policy"]
    return policy


def part_of(mappings: Json, wanted: Json) -> Json:
    """The part of `mappings` that `wanted` speaks of, both in the form that `canonical` gives."""
    return {
        key: part_of(mappings[key], value)
        if isinstance(value, dict) and isinstance(mappings[key], dict)
        else mappings[key]
        for key, value in wanted.items()
        if key in mappings
    }


def canonical(mappings: Json) -> Json:
    """Mappings without parameters that have their default value, booleans as text."""
    return {
        key: canonical(value) if isinstance(value, dict) else _as_text(value)
        for key, value in mappings.items()
        if isinstance(value, dict) or _DEFAULTS.get(key) != value
    }


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, dict) else str(value)


def diff(before: Json, after: Json, context: int = 2) -> str:
    """A unified diff of the two as indented JSON, empty when they are the same."""
    old, new = (json.dumps(each, indent=2, sort_keys=True, ensure_ascii=False).splitlines() for each in (before, after))
    lines = difflib.unified_diff(old, new, "installed", "package", n=context, lineterm="")
    return "\n".join(lines)
