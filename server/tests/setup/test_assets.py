"""A package's files become the bodies that Elasticsearch is given, and their translation for OpenSearch."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files import (
    Assets,
    data_streams,
    find_package,
    for_distribution,
    for_opensearch,
    load_assets,
    read_pipelines,
)

MakePackage = Callable[..., Assets]

STREAM = """
elasticsearch:
  index_template:
    settings: {index.lifecycle.name: logs, index: {sort.field: "@timestamp"}, mapping.total_fields.limit: 3000}
    mappings: {dynamic: false, subobjects: true}
"""


def pipelines_of(folder: Path, **texts: str) -> dict[str, object]:
    into = folder / "elasticsearch" / "ingest_pipeline"
    into.mkdir(parents=True)
    for stem, text in texts.items():
        (into / f"{stem}.yml").write_text(text)
    return dict(read_pipelines(folder, "p-1.0.0"))


def call(name: str) -> str:
    return f"processors: [{{pipeline: {{name: '{{{{ IngestPipeline \"{name}\" }}}}'}}}}]"


def test_every_data_stream_of_the_package_has_assets() -> None:
    names = [load_assets(name).name for name in data_streams(find_package())]
    assert "logs-auth0.logs" in names


def test_names_and_versions_are_fleets(make_package: MakePackage) -> None:
    assets = make_package("1.2.3")
    assert list(assets.pipelines) == [f"{assets.name}-1.2.3-mark", f"{assets.name}-1.2.3"]
    assert list(assets.components) == [f"{assets.name}@package", f"{assets.name}@custom"]
    assert assets.template["composed_of"] == list(assets.components)
    assert assets.template["index_patterns"] == [f"{assets.name}-*"]
    assert assets.template["version"] == 1_002_003
    assert assets.template["priority"] == 250
    assert assets.template["_meta"]["package"]["version"] == "1.2.3"


def test_settings_come_from_the_data_streams_manifest_however_they_are_nested(make_package: MakePackage) -> None:
    assets = make_package("1.0.0", stream=STREAM)
    settings = assets.components[f"{assets.name}@package"]["template"]["settings"]
    assert settings["index.default_pipeline"] == f"{assets.name}-1.0.0"
    assert settings["index.codec"] == "best_compression"
    assert settings["index.sort.field"] == "@timestamp"
    assert settings["index.mapping.total_fields.limit"] == 3000
    assert assets.mappings["dynamic"] is False
    assert assets.mappings["date_detection"] is False


def test_opensearch_gets_its_own_names_and_nothing_it_lacks(make_package: MakePackage) -> None:
    ours = for_opensearch(make_package("1.0.0", stream=STREAM))
    component = ours.components[f"{ours.name}@package"]["template"]
    fields = component["mappings"]["properties"]
    assert fields["details"] == {"type": "flat_object"}
    assert fields["data_stream"]["properties"]["namespace"]["type"] == "keyword"
    assert fields["data_stream"]["properties"]["type"] == {"type": "constant_keyword", "value": "logs"}
    assert "index.lifecycle.name" not in component["settings"]
    assert component["settings"]["index.sort.field"] == "@timestamp"
    assert "subobjects" not in component["mappings"]
    assert "allow_auto_create" not in ours.template
    assert not any("_meta" in body for body in ours.pipelines.values())


def test_elasticsearch_gets_the_assets_as_they_are(make_package: MakePackage) -> None:
    assets = make_package()
    assert for_distribution(assets, "elasticsearch") is assets
    assert assets.mappings["properties"]["details"] == {"type": "flattened", "ignore_above": 100}
    assert assets.template["allow_auto_create"]
    assert all(body["_meta"]["managed_by"] == "auth0-elastic" for body in assets.pipelines.values())


def test_pipelines_follow_those_they_call(tmp_path: Path) -> None:
    found = pipelines_of(tmp_path, default=call("b"), a="processors: []", b=call("a"))
    assert list(found) == ["p-1.0.0-a", "p-1.0.0-b", "p-1.0.0"]
    assert found["p-1.0.0"] == {"processors": [{"pipeline": {"name": "p-1.0.0-b"}}]}


def test_a_date_in_a_pipeline_stays_text(tmp_path: Path) -> None:
    found = pipelines_of(tmp_path, default="processors: [{set: {field: a, value: 2024-01-01}}]")
    assert found["p-1.0.0"] == {"processors": [{"set": {"field": "a", "value": "2024-01-01"}}]}


@pytest.mark.parametrize(
    ("default", "reason"),
    [
        (call("absent"), "calls the pipeline absent"),
        (call("default"), "in a circle"),
        ("processors: {}", "no list of processors"),
        ("processors: [", "is no YAML"),
    ],
)
def test_a_broken_pipeline_is_told(tmp_path: Path, default: str, reason: str) -> None:
    with pytest.raises(PackageError, match=reason):
        pipelines_of(tmp_path, default=default)
