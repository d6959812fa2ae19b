"""docs/settings.md, made from the schema."""

from collections.abc import Iterator
from typing import Any

from auth0_elastic.config.schema import Leaf, documented
from auth0_elastic.config.template import in_yaml

_HEAD = """\
# Settings

<!-- Made from server/auth0_elastic/config/schema.yml by `auth0-elastic config docs`; a test fails when they differ. -->

Settings come from a YAML file (`--config`, otherwise `$AUTH0_ELASTIC_CONFIG`, otherwise `./auth0-elastic.yml` if there
is one) and from the environment. **Environment beats file beats default.** `auth0-elastic config init` writes a
commented file with a fresh token, `auth0-elastic config check` shows what is in force and where it comes from.

- Sizes are bytes or carry a unit (`10MiB`, `10MB`), durations are seconds or carry one (`500ms`, `30s`, `2m`, `1h`).
- Lists in the environment are separated by commas; an empty variable stands for `null` or an empty list. A comma in a
  token belongs to the token: to give several, name several files.
- A secret can be read from a file (`…_file`, `…_FILE`); one line break at its end is not part of it. Both forms at once
  are an error, but either form in the environment replaces both forms in the file.
- Relative paths in the file start from the file's folder, others from the working directory.
- A variable that begins with `AUTH0_ELASTIC_` and is no setting is an error, except `AUTH0_ELASTIC_CONFIG` (the file),
  `AUTH0_ELASTIC_CACHE` (where the embedded engine is kept) and `AUTH0_ELASTIC_SEND_TOKEN` (the token that `send`
  presents).
"""


def settings_page() -> str:
    """The whole page: a table of settings for each section."""
    return "\n".join([_HEAD, *_sections((), documented().rules)])


def _sections(path: tuple[str, ...], rules: dict[str, Any]) -> Iterator[str]:
    leaves = [Leaf((*path, name), below) for name, below in rules["properties"].items() if "properties" not in below]
    yield f"## {'.'.join(path) or 'General'}\n"
    if path:
        yield f"{rules['description']}\n"
    if leaves:
        yield "| Setting | Environment | Default | Meaning |\n|---|---|---|---|"
        yield from map(_row, leaves)
        yield ""
    for name, below in rules["properties"].items():
        if "properties" in below:
            yield from _sections((*path, name), below)


def _row(leaf: Leaf) -> str:
    values = f" One of {', '.join(f'`{value}`' for value in leaf.rules['enum'])}." if "enum" in leaf.rules else ""
    meaning = leaf.rules["description"].replace("|", "\\|") + values
    return f"| `{leaf.key}` | `{leaf.variable}` | `{in_yaml(leaf.default)}` | {meaning} |"
