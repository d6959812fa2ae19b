"""A copy of the real package for tests to break, with a small sound pipeline, dashboard, rule and test of its own."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth0_elastic.package_files import find_package
from auth0_elastic.package_files.locate import read_yaml

DASHBOARD = {
    "id": "auth0-sample",
    "type": "dashboard",
    "attributes": {
        "title": "[Auth0] Sample",
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": {"filter": [{"query": {"match_phrase": {"data_stream.dataset": "auth0.logs"}}}]}
        },
        "panelsJSON": [
            {"type": "lens", "embeddableConfig": {"attributes": {"state": {"filters": []}}}},
            {"type": "visualization", "embeddableConfig": {"savedVis": {"type": "markdown"}}},
        ],
    },
    "references": [{"type": "index-pattern", "id": "logs-*", "name": "0:indexpattern-datasource-layer-a"}],
}

RULE = {
    "id": "5d54dd3a-cf83-5ab7-9552-229b5852e46f",
    "type": "security-rule",
    "attributes": {
        "rule_id": "5d54dd3a-cf83-5ab7-9552-229b5852e46f",
        "version": 1,
        "name": "Sample",
        "description": "What it looks for",
        "type": "query",
        "language": "lucene",
        "query": "event.code:f",
        "index": ["logs-auth0.logs-*"],
        "severity": "low",
        "risk_score": 21,
        "from": "now-9m",
        "interval": "5m",
        "enabled": False,
    },
}

FAILURE = (
    "{{{_ingest.on_failure_processor_type}}} {{{_ingest.on_failure_processor_tag}}} {{{_ingest.on_failure_message}}}"
)
PIPELINE = f"""---
processors:
  - rename:
      tag: rename_message
      field: message
      target_field: event.original
      if: ctx.event?.original == null
  - remove:
      tag: remove_message
      field: message
      ignore_missing: true
      if: ctx.event?.original != null
on_failure:
  - set: {{field: event.kind, value: pipeline_error}}
  - append: {{field: error.message, value: '{FAILURE} {{{{{{_ingest.pipeline}}}}}}'}}
"""


class Copy:
    """A copy of the package that can be changed file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def remove(self, file: str) -> None:
        (self.root / file).unlink()

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert old in text
        self.write(file, text.replace(old, new, 1))

    def edit(self, file: str, change: Callable[[Any], Any]) -> None:
        """Changes the parsed content in place."""
        path = self.root / file
        content = json.loads(path.read_text()) if path.suffix == ".json" else read_yaml(path)
        change(content)
        dumped = json.dumps(content) if path.suffix == ".json" else f"---\n{yaml.safe_dump(content, sort_keys=False)}"
        path.write_text(dumped)


@pytest.fixture
def package(tmp_path: Path) -> Copy:
    copy = Copy(tmp_path / "package")
    shutil.copytree(find_package(), copy.root, ignore=shutil.ignore_patterns("_dev", "kibana"))
    copy.write("data_stream/logs/elasticsearch/ingest_pipeline/sample.yml", PIPELINE)
    copy.write("kibana/dashboard/auth0-sample.json", json.dumps(DASHBOARD))
    copy.write(f"kibana/security_rule/{RULE['id']}.json", json.dumps(RULE))
    copy.write("data_stream/logs/_dev/test/pipeline/test-sample.json", '{"events": [{}, {}]}')
    copy.write(
        "data_stream/logs/_dev/test/pipeline/test-sample.json-expected.json", '{"expected": [{"event": {}}, null]}'
    )
    return copy
