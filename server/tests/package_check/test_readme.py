"""The README's rendering: the text that Elastic's build tool makes of the template."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auth0_elastic.commands.package import command
from auth0_elastic.errors import PackageError
from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.readme import RENDERING, TEMPLATE, render
from auth0_elastic.package_files import find_package

FIELDS = """
- name: b
  type: group
  fields:
    - {name: c, type: keyword, description: "One {x}\\nand <y>*."}
- name: a
  type: keyword
  description: Another.
  multi_fields: [{name: text, type: match_only_text}]
"""
RENDERED = """# Title

**Exported fields**

| Field | Description | Type |
|---|---|---|
| a | Another. | keyword |
| a.text | Multi-field of `a`. | match_only_text |
| b.c | One \\{x\\} and \\<y\\>\\*. | keyword |

An example event for `more` looks as following:

```json
{"a": "1"}
```
"""


def with_another_data_stream(package: Any) -> Path:
    package.write("data_stream/more/manifest.yml", "title: More\ntype: logs\n")
    package.write("data_stream/more/fields/fields.yml", FIELDS)
    package.write("data_stream/more/sample_event.json", '{"a": "1"}\n')
    package.write(TEMPLATE, '# Title\n\n{{fields "more"}}\n{{ event "more" }}\n')
    root: Path = package.root
    return root


def test_the_readme_is_rendered_from_the_files_of_a_data_stream(package: Any) -> None:
    assert render(Package(with_another_data_stream(package))) == RENDERED


def test_the_package_has_the_rendering_of_its_template() -> None:
    package = find_package()
    assert render(Package(package)) == (package / RENDERING).read_text(), "run: make generate"


def test_the_template_shows_the_fields_and_the_event_of_every_data_stream() -> None:
    package = Package(find_package())
    template = (package.root / TEMPLATE).read_text()
    for folder in package.streams:
        assert f'{{{{fields "{folder.name}"}}}}' in template
        assert f'{{{{event "{folder.name}"}}}}' in template


def test_the_command_shows_the_rendering_and_writes_it_when_asked_to(package: Any) -> None:
    root = with_another_data_stream(package)
    before = (root / RENDERING).read_text()
    assert CliRunner().invoke(command, ["docs", str(root)]).output == RENDERED
    assert (root / RENDERING).read_text() == before
    assert CliRunner().invoke(command, ["docs", str(root), "--write"]).exit_code == 0
    assert (root / RENDERING).read_text() == RENDERED


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("{{fields}}", r'README\.md: \{\{fields\}\} is not known; write \{\{fields "<data stream>"\}\}'),
        ('{{fields "less"}}', "there is no data stream less"),
        ('{{event "logs"}}', r"sample_event\.json cannot be read"),
    ],
)
def test_what_cannot_be_rendered_is_said(package: Any, action: str, message: str) -> None:
    package.write(TEMPLATE, action)
    package.remove("data_stream/logs/sample_event.json")
    with pytest.raises(PackageError, match=message):
        render(Package(package.root))
