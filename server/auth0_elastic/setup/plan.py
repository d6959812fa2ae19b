"""Plans an installation, an upgrade or a removal from what the package holds and what the cluster has; pure."""

from collections.abc import Callable
from typing import Any

from auth0_elastic.errors import SetupRefused
from auth0_elastic.package_files import Assets
from auth0_elastic.package_files.lifecycles import deleting_after
from auth0_elastic.setup import compare
from auth0_elastic.setup.cleanup import plan_cleanup
from auth0_elastic.setup.cluster import LIFECYCLE_SETTING, Cluster, DataStream
from auth0_elastic.setup.compose import composed
from auth0_elastic.setup.refuse import refuse_foreign_assets, refuse_obstacles
from auth0_elastic.setup.step import Request, Step

Json = dict[str, Any]


def plan(assets: Assets, cluster: Cluster) -> list[Step]:
    """All steps, in order, with the clean-up as it will be if no mapping is refused; raises SetupRefused."""
    write_indices = frozenset(stream.write_index for stream in cluster.data_streams)
    return plan_install(assets, cluster) + plan_cleanup(
        assets, cluster, frozenset(assets.pipelines), assume_done_for=write_indices
    )


def plan_install(assets: Assets, cluster: Cluster) -> list[Step]:
    """Lifecycle policies, pipelines, templates, then each data stream's write index; raises SetupRefused."""
    refuse_foreign_assets(assets, cluster)
    refuse_obstacles(assets, cluster)
    return [
        *(_lifecycle(assets, cluster, name) for name in assets.lifecycles),
        *(_put("ingest pipeline", "/_ingest/pipeline", name, body, cluster.pipelines, compare.pipeline)
          for name, body in assets.pipelines.items()),
        *(_component(assets, cluster, name) for name in assets.components),
        _put("index template", "/_index_template", assets.name, assets.template, cluster.templates, compare.template),
        *(_write_index(composed(assets, cluster), cluster, stream) for stream in cluster.data_streams),
    ]  # fmt: skip


def _lifecycle(assets: Assets, cluster: Cluster, name: str) -> Step:
    """How long events are kept is for the user to say, so what is there changes only when they say it."""
    kind, path, there = "lifecycle policy", "/_ilm/policy", cluster.lifecycles
    body = there.get(name, assets.lifecycles[name])
    if assets.delete_after:
        body = deleting_after(body, assets.delete_after)
    step = _put(kind, path, name, {"policy": body["policy"]}, there, compare.lifecycle)
    return step if step.changes else Step(kind, name, "keep", "it is yours")


def _component(assets: Assets, cluster: Cluster, name: str) -> Step:
    kind = "component template"
    if name == assets.custom and name in cluster.components:
        return Step(kind, name, "keep", "it is yours")
    return _put(kind, "/_component_template", name, assets.components[name], cluster.components, compare.component)


def _put(
    kind: str, path: str, name: str, body: Json, there: dict[str, Json], comparable: Callable[[Json], Json]
) -> Step:
    request = Request("PUT", f"{path}/{name}", body)
    if name not in there:
        return Step(kind, name, "create", requests=(request,))
    difference = compare.diff(comparable(there[name]), comparable(body))
    return Step(kind, name, "update", difference, (request,)) if difference else Step(kind, name, "unchanged")


def _write_index(wanted: Json, cluster: Cluster, stream: DataStream) -> Step:
    """Mapping and settings in place; an index whose mapping is refused is rolled over."""
    mappings = compare.canonical(wanted["mappings"])
    before = compare.part_of(compare.canonical(stream.mappings), mappings)
    has = cluster.settings.get(stream.write_index, {})
    settings = _settings(wanted["settings"], has)
    has = {key: value for key, value in has.items() if key in settings}
    difference = compare.diff({"mappings": before, "settings": has}, {"mappings": mappings, "settings": settings})
    if not difference:
        return Step("write index", stream.write_index, "unchanged")
    roll_over = Request("POST", f"/{stream.name}/_rollover")
    put_mapping = Request("PUT", f"/{stream.write_index}/_mapping", wanted["mappings"], instead=roll_over)
    put_settings = Request("PUT", f"/{stream.write_index}/_settings", settings)
    requests = (put_mapping,) * (before != mappings) + (put_settings,) * (settings != has)
    return Step("write index", stream.write_index, "update", difference, requests)


def _settings(wanted: Json, has: Json) -> Json:
    """The default pipeline, and a lifecycle policy where the index has none: another was put there by the user."""
    keys = ["index.default_pipeline"] + [LIFECYCLE_SETTING] * (LIFECYCLE_SETTING not in has)
    return {key: wanted[key] for key in keys if key in wanted}


def plan_removal(assets: Assets, cluster: Cluster, delete_data: bool) -> list[Step]:
    """Data streams, templates, lifecycle policies; raises SetupRefused while there is data that must stay."""
    if cluster.data_streams and not delete_data:
        names = ", ".join(stream.name for stream in cluster.data_streams)
        raise SetupRefused(
            f"there is data in {names}; to delete it too, run 'auth0-elastic setup --remove --delete-data'"
        )
    refuse_foreign_assets(assets, cluster)
    streams = (_delete("data stream", "/_data_stream", stream.name) for stream in cluster.data_streams)
    template = (
        _delete("index template", "/_index_template", name) for name in (assets.name,) if name in cluster.templates
    )
    components = (_removed_component(assets, cluster, name) for name in assets.components if name in cluster.components)
    lifecycles = (_removed_lifecycle(assets, cluster, name) for name in cluster.lifecycles)
    return [*streams, *template, *components, *lifecycles]


def plan_full_removal(assets: Assets, cluster: Cluster, delete_data: bool) -> list[Step]:
    """`plan_removal` with the pipelines that can go afterwards."""
    gone = frozenset(index for stream in cluster.data_streams for index in stream.indices)
    steps = plan_removal(assets, cluster, delete_data)
    return steps + plan_cleanup(assets, cluster, frozenset(), assume_done_for=gone)


def _removed_component(assets: Assets, cluster: Cluster, name: str) -> Step:
    has_content = any(cluster.components[name]["template"].get(key) for key in ("settings", "mappings", "aliases"))
    if name == assets.custom and has_content:
        return Step("component template", name, "keep", "it is yours and not empty")
    return _delete("component template", "/_component_template", name)


def _removed_lifecycle(assets: Assets, cluster: Cluster, name: str) -> Step:
    kind = "lifecycle policy"
    if compare.lifecycle(cluster.lifecycles[name]) != compare.lifecycle(assets.lifecycles[name]):
        return Step(kind, name, "keep", "it is yours and differs from the package's")
    return _delete(kind, "/_ilm/policy", name)


def _delete(kind: str, path: str, name: str) -> Step:
    return Step(kind, name, "delete", requests=(Request("DELETE", f"{path}/{name}"),))
