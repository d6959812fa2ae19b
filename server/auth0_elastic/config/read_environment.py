"""Reads settings from the environment: names are derived from the schema, texts are turned into its types."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auth0_elastic.config.given import Given, GivenByPath, Problem, nearest
from auth0_elastic.config.schema import ENVIRONMENT_PREFIX, Leaf, Schema

CONFIG_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"
NOT_SETTINGS = (CONFIG_VARIABLE, f"{ENVIRONMENT_PREFIX}CACHE", f"{ENVIRONMENT_PREFIX}SEND_TOKEN")


def read_environment(env: Mapping[str, str], settings: Schema) -> tuple[GivenByPath, list[Problem]]:
    """An empty variable stands for null or an empty list."""
    given = {
        leaf.path: Given(_typed(leaf, env[leaf.variable]), leaf.variable, Path.cwd(), is_from_elsewhere=True)
        for leaf in settings.leaves
        if leaf.variable in env
    }
    known = [*(leaf.variable for leaf in settings.leaves), *NOT_SETTINGS]
    unknown = [name for name in env if name.startswith(ENVIRONMENT_PREFIX) and name not in known]
    return given, [Problem(f"{name}: no such setting{nearest(name, known)}") for name in unknown]


def _typed(leaf: Leaf, text: str) -> Any:
    if leaf.accepts("array") and not leaf.is_secret:  # a comma in a token belongs to it
        return [item.strip() for item in text.split(",") if item.strip()]
    if not text and leaf.accepts("null"):
        return None
    if leaf.accepts("integer") and re.fullmatch(r"-?[0-9]{1,18}", text.strip()):
        return int(text)
    if leaf.accepts("number") and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.strip()):
        return float(text)
    if leaf.accepts("boolean"):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    return text
