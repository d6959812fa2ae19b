"""Field definitions become an index mapping."""

from typing import Any

import pytest

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files.fields import mapping_of


@pytest.mark.parametrize(
    ("field", "mapped"),
    [
        ({"type": "keyword"}, {"type": "keyword", "ignore_above": 1024}),
        ({"type": "keyword", "ignore_above": 8}, {"type": "keyword", "ignore_above": 8}),
        ({"type": "constant_keyword", "value": "x"}, {"type": "constant_keyword", "value": "x"}),
        ({"type": "flattened", "depth_limit": 18}, {"type": "flattened", "depth_limit": 18}),
        ({"type": "alias", "path": "b"}, {"type": "alias", "path": "b"}),
        ({"type": "date", "date_format": "epoch_millis"}, {"type": "date", "format": "epoch_millis"}),
        ({"type": "object", "enabled": False}, {"type": "object", "enabled": False}),
        (
            {"type": "match_only_text", "multi_fields": [{"name": "raw", "type": "wildcard"}]},
            {"type": "match_only_text", "fields": {"raw": {"type": "wildcard", "ignore_above": 1024}}},
        ),
        ({"type": "ip", "external": "ecs", "description": "…"}, {"type": "ip"}),
    ],
)
def test_a_field_is_mapped(field: dict[str, Any], mapped: dict[str, Any]) -> None:
    assert mapping_of([{"name": "a", **field}]) == {"properties": {"a": mapped}}


def test_dotted_and_nested_names_are_the_same() -> None:
    long = {"type": "long"}
    nested = [{"name": "a", "type": "group", "fields": [{"name": "b.c", **long}]}, {"name": "a.d", **long}]
    assert mapping_of(nested) == mapping_of([{"name": "a.b.c", **long}, {"name": "a.d", **long}])
    assert mapping_of(nested)["properties"]["a"] == {"properties": {"b": {"properties": {"c": long}}, "d": long}}


def test_a_constant_gets_the_value_that_is_known() -> None:
    fields = [{"name": name, "type": "constant_keyword"} for name in ("data_stream.type", "data_stream.namespace")]
    inner = mapping_of(fields, {"data_stream.type": "logs"})["properties"]["data_stream"]["properties"]
    assert inner == {"type": {"type": "constant_keyword", "value": "logs"}, "namespace": {"type": "constant_keyword"}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([{"name": "a", "external": "ecs"}], "a has no type"),
        ([{"name": "a", "type": "keywrod"}], "keywrod, which is none of"),
        ([{"name": "a", "type": "keyword", "ignore_abvoe": 1}], "cannot have ignore_abvoe"),
        ([{"name": "a", "type": "object", "object_type": "keyword"}], "has an object_type"),
        ([{"name": "a", "type": "ip"}, {"name": "a", "type": "ip"}], "a is defined twice"),
        ([{"name": "a", "type": "ip"}, {"name": "a.b", "type": "ip"}], "a of type ip cannot hold field a.b"),
        ([{"name": "a.b", "type": "ip"}, {"name": "a", "type": "ip"}], "a is defined twice"),
    ],
)
def test_a_broken_definition_is_told_by_its_name(fields: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(PackageError, match=reason):
        mapping_of(fields)
