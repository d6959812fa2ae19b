"""JSON for reading: sorted, and what fits on a line stays on one line."""

import json
from typing import Any


def compact(value: Any, width: int = 96, indent: int = 0, before: int = 0) -> str:
    """The value as JSON, two spaces a level; `before` is how much of the line its key takes."""
    line = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if not isinstance(value, dict | list) or not value or (indent and indent + before + len(line) < width):
        return line
    inner = indent + 2
    if isinstance(value, dict):
        keys = {json.dumps(key, ensure_ascii=False): item for key, item in sorted(value.items())}
        parts = [f"{key}: {compact(item, width, inner, len(key) + 2)}" for key, item in keys.items()]
    else:
        parts = [compact(item, width, inner) for item in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    rows = ",\n".join(" " * inner + part for part in parts)
    return f"{first}\n{rows}\n{' ' * indent}{last}"
