"""Composes component templates as an engine does when it creates an index: a later one wins."""

from typing import Any

from auth0_elastic.package_files import Assets
from auth0_elastic.package_files.assets import flat_settings
from auth0_elastic.setup.cluster import Cluster

Json = dict[str, Any]


def composed(assets: Assets, cluster: Cluster) -> Json:
    """`{"mappings": …, "settings": …}` of the package, the user's own component template on top; settings are flat."""
    own = assets.components[f"{assets.name}@package"]["template"]
    custom = cluster.components.get(assets.custom, {}).get("template", {})
    return {
        "mappings": _merged_mappings(own["mappings"], custom.get("mappings", {})),
        "settings": own["settings"] | flat_settings(custom.get("settings", {})),
    }


def _merged_mappings(lower: Json, upper: Json) -> Json:
    merged = lower | upper
    merged["properties"] = _merged_fields(lower.get("properties", {}), upper.get("properties", {}))
    if "dynamic_templates" in lower and "dynamic_templates" in upper:
        by_name = {
            name: rule for each in (lower, upper) for one in each["dynamic_templates"] for name, rule in one.items()
        }
        merged["dynamic_templates"] = [{name: rule} for name, rule in by_name.items()]
    return merged


def _merged_fields(lower: Json, upper: Json) -> Json:
    """Objects are merged field by field; any other field is replaced as a whole."""
    merged = lower | upper
    for name in lower.keys() & upper.keys():
        if "properties" in lower[name] and "properties" in upper[name]:
            fields = _merged_fields(lower[name]["properties"], upper[name]["properties"])
            merged[name] = lower[name] | upper[name] | {"properties": fields}
    return merged
