"""The commented settings file of `config init`: one comment a setting, made from the schema."""

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from auth0_elastic.config.schema import Leaf, documented
from auth0_elastic.secret import Secret

_WIDTH = 110
_EXAMPLE = "example"  # a tenant
_HEAD = """\
Settings of auth0-elastic. A line without # in front of it counts; the others show defaults or, after "e.g.", examples.
Check it with: auth0-elastic config check
Every setting can also come from the environment, which wins: AUTH0_ELASTIC_ and the setting's path in capitals,
such as AUTH0_ELASTIC_LISTENER_LISTEN_PORT. Relative paths start from this file's folder.
"""


def render(token: Secret) -> str:
    """YAML in which the token is set and every other setting is commented out."""
    lines = [f"# {line}" for line in _HEAD.splitlines()]
    return "\n".join([*lines, *_section((), documented(_EXAMPLE).rules, token)]) + "\n"


def _section(path: tuple[str, ...], rules: dict[str, Any], token: Secret) -> Iterator[str]:
    indent = "  " * len(path)
    for name, below in rules["properties"].items():
        yield ""
        yield from _comment(below["description"], indent)
        if "properties" in below:
            yield f"{indent}{'#' if _EXAMPLE in (*path, name) else ''}{name}:"
            yield from _section((*path, name), below, token)
        else:
            yield indent + _line(Leaf((*path, name), below), token)


def _comment(description: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(description, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _line(leaf: Leaf, token: Secret) -> str:
    if leaf.key == "listener.authorization_token":
        return f"{leaf.path[-1]}: {json.dumps(token.reveal())}"
    value = next(iter(leaf.rules.get("examples", ())), leaf.default) if leaf.default in (None, []) else leaf.default
    return f"#{leaf.path[-1]}: {in_yaml(value)}" + (" # e.g." if value != leaf.default else "")


def in_yaml(value: Any) -> str:
    """The value as YAML (its JSON subset) on one line; plain words without quotes."""
    if isinstance(value, list):
        return f"[{', '.join(map(in_yaml, value))}]"
    is_plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9./][A-Za-z0-9_./-]*", value)
    return str(value) if is_plain else json.dumps(value)
