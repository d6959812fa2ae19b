"""Finds where a Handlebars template does not parse: braces that do not close, blocks that do not match."""

import re
from collections.abc import Iterator

_MUSTACHE = re.compile(r"\{\{\{.*?\}\}\}|\{\{!--.*?--\}\}|\{\{.*?\}\}", re.DOTALL)
_OPENING = re.compile(r"#\s*([\w.]+)")
_EXPRESSION = re.compile(r"""[&^]?\s*(?:else\b.*|[@\w./-]+(?:\s+(?:"[^"]*"|'[^']*'|[@\w./=-]+))*)""", re.DOTALL)


def defects_of(template: str) -> Iterator[str]:
    """What keeps the template from parsing, each with its line."""
    opened: list[tuple[str, int]] = []
    for match in _MUSTACHE.finditer(template):
        line = template.count("\n", 0, match.start()) + 1
        content = match[0].strip("{}").strip("~ \n")
        if opening := _OPENING.match(content):
            opened.append((opening[1], line))
        elif content.startswith("/"):
            yield from _closed(opened, content[1:].strip(), line)
        elif not content.startswith("!") and not _EXPRESSION.fullmatch(content):
            yield f"line {line}: {match[0]} is no expression"
    yield from (f"line {line}: the block {name} is not closed" for name, line in opened)
    for number, text in enumerate(_blanked(template).splitlines(), 1):
        if "{{" in text or "}}" in text:
            yield f"line {number}: braces that have no partner"


def _closed(opened: list[tuple[str, int]], name: str, line: int) -> Iterator[str]:
    if not opened:
        yield f"line {line}: there is no block {name} to close"
    elif opened.pop()[0] != name:
        yield f"line {line}: {name} is closed before the block within it"


def _blanked(template: str) -> str:
    """The template without its expressions, its lines kept."""
    return _MUSTACHE.sub(lambda match: "\n" * match[0].count("\n"), template)
