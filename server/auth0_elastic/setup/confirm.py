"""Says whether a cluster is ready to take events, before the first one is sent."""

from typing import Any

from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.refusal import with_remedy
from auth0_elastic.errors import EngineRefused
from auth0_elastic.package_files import Assets
from auth0_elastic.package_files.assets import flat_settings
from auth0_elastic.setup.cluster import Cluster, read_own
from auth0_elastic.setup.refuse import is_fleets, is_ours, wins_over_ours
from auth0_elastic.setup.roles import Role

_REMEDY = "run 'auth0-elastic setup'"


def confirm(engine: Engine, assets: Assets, namespace: str, role: Role = "shipper") -> str | None:
    """None when events can be sent to this namespace's data stream, otherwise one line: what is wrong, and the remedy.

    `role` is the one that the engine's user should have.

    Raises EngineError for no answer, or any other than 401 and 403.
    """
    try:
        return problem(assets, read_own(engine, assets), namespace)
    except EngineRefused as error:
        if error.status not in (401, 403):
            raise
        return with_remedy(str(error), error.status, role)


def problem(assets: Assets, cluster: Cluster, namespace: str) -> str | None:
    """What keeps events from being sent, in one line; None when nothing does."""
    data_stream = f"{assets.name}-{namespace}"
    template = cluster.templates.get(assets.name)
    if template is None:
        return f"the index template {assets.name} is not installed; {_REMEDY}"
    if not is_ours(template) and not is_fleets(template):
        return f"the index template {assets.name} was not made by auth0-elastic; rename or delete it, and {_REMEDY}"
    installed = _installed_version(assets, cluster)
    if installed != assets.version:
        return f"the cluster has version {installed} of the package and this is {assets.version}; {_remedy(template)}"
    if missing := sorted(assets.pipelines.keys() - cluster.pipelines.keys()):
        return f"the ingest pipeline {missing[0]} is missing; {_remedy(template)}"
    if rival := next((name for name in cluster.templates if wins_over_ours(assets, cluster, name, data_stream)), None):
        return f"the index template {rival} takes precedence for {data_stream}; lower its priority, and {_REMEDY}"
    if data_stream in cluster.plain_indices:
        return f"{data_stream} is a plain index where a data stream belongs; delete it, and {_REMEDY}"
    return _write_index_problem(assets, cluster, data_stream)


def _installed_version(assets: Assets, cluster: Cluster) -> str:
    """Of the assets that are there. Fleet says it only in the name of the default pipeline."""
    template = cluster.templates[assets.name]
    if is_ours(template):
        return str(template["_meta"].get("package", {}).get("version", "?"))
    return str(_default_pipeline(assets, cluster)).removeprefix(f"{assets.name}-")


def _write_index_problem(assets: Assets, cluster: Cluster, data_stream: str) -> str | None:
    write_index = next((each.write_index for each in cluster.data_streams if each.name == data_stream), None)
    found = cluster.settings.get(write_index or "", {}).get("index.default_pipeline")
    if write_index is None or found == _default_pipeline(assets, cluster):
        return None
    return f"{write_index} uses the ingest pipeline {found}, not this version's; {_REMEDY}"


def _default_pipeline(assets: Assets, cluster: Cluster) -> Any:
    """What the installed templates give a new index: a later component wins, the template itself most."""
    template = cluster.templates[assets.name]
    parts = [cluster.components.get(name, {}) for name in template.get("composed_of", ())] + [template]
    settings = [flat_settings(part.get("template", {}).get("settings", {})) for part in parts]
    return next((each[key] for each in reversed(settings) for key in ["index.default_pipeline"] if key in each), None)


def _remedy(template: dict[str, Any]) -> str:
    return "install this version of the integration in Kibana" if is_fleets(template) else _REMEDY
