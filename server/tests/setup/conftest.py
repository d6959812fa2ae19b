"""A small package of a name of its own, so that these tests share an engine with all others."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import Assets, load_assets
from auth0_elastic.setup.apply import remove

FIELDS = """
- {name: "@timestamp", type: date}
- {name: data_stream.type, type: constant_keyword}
- {name: data_stream.dataset, type: constant_keyword}
- {name: data_stream.namespace, type: constant_keyword}
- {name: seen_by, type: keyword, index: true}
- {name: text, type: match_only_text, multi_fields: [{name: whole, type: keyword}]}
- {name: details, type: flattened, ignore_above: 100}
- {name: old.seen_by, type: alias, path: seen_by}
- {name: where, type: group, fields: [{name: location, type: geo_point}, {name: raw, type: object, enabled: false}]}
- {name: original, type: keyword, index: false, doc_values: false}
"""

POLICY = '{"policy": {"phases": {"hot": {"actions": {"rollover": {"max_age": "30d"}}}}}}'

MakePackage = Callable[..., Assets]


@pytest.fixture
def engine(opensearch: RunningEngine) -> Engine:
    return connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,)))


@pytest.fixture
def make_package(tmp_path: Path) -> MakePackage:
    """Writes a package of the given version and returns its assets; its pipeline calls a second one."""
    name = f"sample{secrets.token_hex(4)}"

    def make(version: str = "1.0.0", stream: str = "", added: str = "", changed: tuple[str, str] = ("", "")) -> Assets:
        package = tmp_path / f"package-{secrets.token_hex(4)}"
        files = {
            "manifest.yml": f"name: {name}\nversion: {version}\n",
            "data_stream/logs/manifest.yml": f"type: logs\n{stream}",
            "data_stream/logs/fields/fields.yml": FIELDS.replace(*changed) + added,
            "data_stream/logs/elasticsearch/ingest_pipeline/default.yml": "---\nprocessors:\n"
            "  - pipeline: {name: '{{ IngestPipeline \"mark\" }}'}\n",
            "data_stream/logs/elasticsearch/ingest_pipeline/mark.yml": "---\nprocessors:\n"
            f"  - set: {{field: seen_by, value: '{version}'}}\n",
        }
        if "ilm_policy" in stream:
            files["data_stream/logs/elasticsearch/ilm/default_policy.json"] = POLICY
        for path, text in files.items():
            (package / path).parent.mkdir(parents=True, exist_ok=True)
            (package / path).write_text(text)
        return load_assets("logs", package)

    return make


@pytest.fixture
def assets(engine: Engine, make_package: MakePackage) -> Iterator[Assets]:
    """Version 1.0.0 of the package; whatever is installed of it is removed afterwards."""
    assets = make_package()
    yield assets
    remove(engine, assets, delete_data=True)
    engine.request("DELETE", f"/_component_template/{assets.custom}")
