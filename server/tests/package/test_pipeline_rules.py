"""The rules of Elastic's package linter for pipelines, and the subset that Elasticsearch and OpenSearch share."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.package_files import find_package
from auth0_elastic.package_files.locate import read_text, read_yaml

Json = dict[str, Any]

PIPELINES = sorted(find_package().glob("data_stream/*/elasticsearch/ingest_pipeline/*.yml"))

REFUSED = {"enrich", "reroute", "set_security_user"}
NOT_IN_OPENSEARCH = {"uri_parts", "registered_domain", "network_direction", "redact", "terminate", "ip_location"}
NOT_IN_ELASTICSEARCH = {"copy", "remove_by_pattern"}
OPTIONS_OF_ONE_ENGINE = {
    "append": {"media_type", "ignore_empty_values"},
    "fingerprint": {"method", "hash_method"},
    "geoip": {"download_database_on_pipeline_creation"},
    "json": {"strict_json_parsing", "allow_duplicate_keys", "add_to_root_conflict_strategy"},
    "pipeline": {"ignore_missing_pipeline"},
    "remove": {"keep", "exclude_field"},
    "rename": {"override", "override_target"},
    "set": {"copy_from"},
    "user_agent": {"extract_device_type", "ecs"},
}


def processors(items: list[Json]) -> Iterator[tuple[str, Json]]:
    for item in items:
        for kind, options in item.items():
            yield kind, options
            yield from processors(options.get("on_failure", []))


def tags_wrong(pipeline: Json) -> bool:
    tags = [options.get("tag") for _, options in processors(pipeline["processors"])]
    return not all(tags) or len(tags) != len(set(tags))


def failure_is_hidden(pipeline: Json) -> bool:
    handlers = list(processors(pipeline.get("on_failure", [])))
    kinds = [o["value"] for k, o in handlers if k == "set" and o["field"] == "event.kind"]
    texts = [o["value"] for k, o in handlers if k in ("set", "append") and o["field"] == "error.message"]
    parts = ("on_failure_processor_type", "on_failure_processor_tag", "on_failure_message", "pipeline")
    return kinds != ["pipeline_error"] or not any(all(f"_ingest.{part}" in text for part in parts) for text in texts)


def original_mishandled(pipeline: Json) -> bool:
    """`message` is renamed once, only where there is no original, and what is left of it is removed at once."""
    found = list(processors([*pipeline["processors"], *pipeline.get("on_failure", [])]))
    for place, (kind, options) in enumerate(found):
        if kind == "rename" and (options["field"], options["target_field"]) == ("message", "event.original"):
            then, rest = found[place + 1] if place + 1 < len(found) else ("", {})
            guarded = options.get("if") == "ctx.event?.original == null"
            removed = then == "remove" and rest["field"] == "message" and rest.get("ignore_missing") is True
            return not (guarded and removed and rest.get("if") == "ctx.event?.original != null")
    return False


def one_engine_only(pipeline: Json) -> bool:
    refused = REFUSED | NOT_IN_OPENSEARCH | NOT_IN_ELASTICSEARCH
    return any(
        kind in refused or options.keys() & OPTIONS_OF_ONE_ENGINE.get(kind, set())
        for kind, options in processors(pipeline["processors"])
    )


def unknown_top_level(pipeline: Json) -> bool:
    return not pipeline.keys() <= {"description", "processors", "on_failure"}


RULES = [tags_wrong, failure_is_hidden, original_mishandled, one_engine_only, unknown_top_level]


def broken(**change: Any) -> Json:
    """default.yml with one defect."""
    pipeline: Json = deepcopy(read_yaml(PIPELINES[0].with_name("default.yml")))
    return pipeline | change


def with_rename(**change: Any) -> Json:
    pipeline = broken()
    renames = [options for kind, options in processors(pipeline["on_failure"]) if kind == "rename"]
    next(each for each in renames if each["field"] == "message").update(change)
    return pipeline


BROKEN = {
    "a processor without a tag": (tags_wrong, broken(processors=[{"set": {"field": "a", "value": 1}}])),
    "a tag used twice": (tags_wrong, broken(processors=[{"drop": {"tag": "drop"}}, {"drop": {"tag": "drop"}}])),
    "no tag in an on_failure": (
        tags_wrong,
        broken(processors=[{"trim": {"tag": "t", "field": "a", "on_failure": [{"drop": {}}]}}]),
    ),
    "no on_failure": (failure_is_hidden, broken(on_failure=[])),
    "an on_failure without reason": (
        failure_is_hidden,
        broken(on_failure=[{"set": {"field": "event.kind", "value": "pipeline_error"}}]),
    ),
    "an original overwritten": (original_mishandled, with_rename(**{"if": "true"})),
    "a processor of Elasticsearch alone": (one_engine_only, broken(processors=[{"reroute": {"tag": "r"}}])),
    "an option of Elasticsearch alone": (
        one_engine_only,
        broken(processors=[{"set": {"tag": "s", "field": "a", "copy_from": "b"}}]),
    ),
    "a version": (unknown_top_level, broken(version=1)),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_pipeline_keeps_the_rule(path: Path, rule: Any) -> None:
    assert not rule(read_yaml(path))


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_pipeline_is_noticed(defect: str) -> None:
    rule, pipeline = BROKEN[defect]
    assert rule(pipeline)


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_pipeline_starts_as_a_document(path: Path) -> None:
    assert read_text(path).startswith("---\n")
