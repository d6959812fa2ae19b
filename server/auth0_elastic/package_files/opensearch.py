"""The one translation of the package for OpenSearch: what it lacks, and what it calls by another name."""

from dataclasses import replace
from typing import Any, Literal

from auth0_elastic.package_files.assets import Assets

Json = dict[str, Any]

_UNKNOWN_SETTINGS = (
    "index.lifecycle.",
    "index.mode",
    "index.mapping.source.",
    "index.mapping.synthetic_source_keep",
    "index.mapping.total_fields.ignore_dynamic_beyond_limit",
)
_UNKNOWN_IN_MAPPINGS = {"runtime", "subobjects"}
_UNKNOWN_IN_TEMPLATE = {"allow_auto_create", "ignore_missing_component_templates"}


def for_distribution(assets: Assets, distribution: Literal["elasticsearch", "opensearch"]) -> Assets:
    """The assets as this engine takes them."""
    return for_opensearch(assets) if distribution == "opensearch" else assets


def for_opensearch(assets: Assets) -> Assets:
    """The same assets as OpenSearch 2.19 takes them."""
    return replace(
        assets,
        pipelines={name: _without(body, {"_meta"}) for name, body in assets.pipelines.items()},
        components={name: _component(body) for name, body in assets.components.items()},
        template=_without(assets.template, _UNKNOWN_IN_TEMPLATE),
        lifecycles={},
    )


def _component(body: Json) -> Json:
    template = dict(body["template"])
    if "settings" in template:
        template["settings"] = {k: v for k, v in template["settings"].items() if not k.startswith(_UNKNOWN_SETTINGS)}
    if "mappings" in template:
        template["mappings"] = _mappings(_without(template["mappings"], _UNKNOWN_IN_MAPPINGS))
    return body | {"template": _without(template, {"lifecycle"})}


def _mappings(mapping: Json) -> Json:
    """Translates every field below `mapping`, which has `properties`, `fields` or neither."""
    translated = dict(mapping)
    for children in ("properties", "fields"):
        if children in mapping:
            translated[children] = {name: _field(field) for name, field in mapping[children].items()}
    return translated


def _field(field: Json) -> Json:
    if field.get("type") == "flattened":
        return {"type": "flat_object"}
    if field.get("type") == "constant_keyword" and "value" not in field:
        return {"type": "keyword", "ignore_above": 1024}
    if field.get("type") == "wildcard":
        return _mappings(field | {"doc_values": True})  # as in Elasticsearch; without, nothing is grouped by it
    return _mappings(field)


def _without(body: Json, keys: set[str]) -> Json:
    return {key: value for key, value in body.items() if key not in keys}
