"""Finds what setup must not overwrite: assets of Fleet or of somebody else, and templates that would win over ours."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from auth0_elastic.errors import SetupRefused
from auth0_elastic.package_files import Assets
from auth0_elastic.package_files.assets import MANAGED_BY, PRIORITY
from auth0_elastic.setup.cluster import Cluster

Json = dict[str, Any]

_SWITCH_FROM_FLEET = (
    "Kibana's Fleet manages it. Keep Fleet and do not run setup; or switch: in Kibana open Integrations → Auth0 → "
    "Settings, uninstall the integration (the data stays), and run 'auth0-elastic setup' again"
)


def refuse_foreign_assets(assets: Assets, cluster: Cluster) -> None:
    """Raises SetupRefused, with how to switch, when an asset of one of our names is not ours."""
    for kind, name, body in _same_name(assets, cluster):
        if is_fleets(body):
            raise SetupRefused(f"setup does not overwrite the {kind} {name}: {_SWITCH_FROM_FLEET}")
        if not is_ours(body) and not (kind == "ingest pipeline" and is_unmarked(body) and assets_have_no_mark(assets)):
            raise SetupRefused(
                f"setup does not overwrite the {kind} {name}: it was not made by auth0-elastic{_owner(body)}. "
                "Delete or rename it, and run 'auth0-elastic setup' again"
            )


def refuse_obstacles(assets: Assets, cluster: Cluster) -> None:
    """Raises SetupRefused when another template or a plain index would take the place of our data streams."""
    for name in cluster.templates:
        if wins_over_ours(assets, cluster, name, assets.pattern):
            raise SetupRefused(
                f"the index template {name} also matches {assets.pattern} and has a priority of "
                f"{priority(cluster.templates[name])}, at least ours ({PRIORITY}), so ours would never be used. "
                f"Lower its priority, narrow its index_patterns or delete it, and run 'auth0-elastic setup' again"
            )
    for name in cluster.plain_indices:
        raise SetupRefused(
            f"{name} is a plain index where a data stream belongs (something wrote to it before setup ran). "
            f"Reindex it into another index if you need its documents, delete it, and run 'auth0-elastic setup' again"
        )


def wins_over_ours(assets: Assets, cluster: Cluster, name: str, target: str) -> bool:
    """Whether the template `name` is used instead of ours for an index that `target`, a name or a pattern, covers."""
    body = cluster.templates[name]
    overlaps = any(patterns_overlap(pattern, target) for pattern in body.get("index_patterns", ()))
    return name != assets.name and priority(body) >= PRIORITY and overlaps


def priority(template: Json) -> int:
    """An index template's priority; the lowest when it has none."""
    return int(template.get("priority") or 0)


@cache
def patterns_overlap(one: str, other: str) -> bool:
    """Whether some name matches both; `*` stands for any characters, also none."""
    if not one or not other:
        return set(one + other) <= {"*"}
    if one[0] == "*":
        return patterns_overlap(one[1:], other) or patterns_overlap(one, other[1:])
    if other[0] == "*":
        return patterns_overlap(one, other[1:]) or patterns_overlap(one[1:], other)
    return one[0] == other[0] and patterns_overlap(one[1:], other[1:])


def is_ours(body: Json) -> bool:
    return bool(_meta(body).get("managed_by") == MANAGED_BY)


def is_fleets(body: Json) -> bool:
    return bool(_meta(body).get("managed_by") in ("fleet", "ingest-manager"))


def is_unmarked(body: Json) -> bool:
    return not _meta(body)


def assets_have_no_mark(assets: Assets) -> bool:
    """OpenSearch's pipelines carry no `_meta`, so there the name has to do."""
    return all(is_unmarked(body) for body in assets.pipelines.values())


def _same_name(assets: Assets, cluster: Cluster) -> Iterator[tuple[str, str, Json]]:
    """Of what is there: everything that setup would write. The user's own component is never written over."""
    wanted = (
        ("index template", [assets.name], cluster.templates),
        ("component template", [name for name in assets.components if name != assets.custom], cluster.components),
        ("ingest pipeline", list(assets.pipelines), cluster.pipelines),
    )
    for kind, names, there in wanted:
        yield from ((kind, name, there[name]) for name in names if name in there)


def _meta(body: Json) -> Json:
    return body.get("_meta") or {}


def _owner(body: Json) -> str:
    owner = _meta(body).get("managed_by")
    return f" but by {owner}" if owner else ""
