"""What a cluster holds of one data stream's assets, and of all that could stand in their way."""

from dataclasses import dataclass, replace
from typing import Any

from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.refusal import explained
from auth0_elastic.errors import EngineRefused
from auth0_elastic.package_files import Assets

Json = dict[str, Any]

PIPELINE_SETTINGS = ("index.default_pipeline", "index.final_pipeline")
LIFECYCLE_SETTING = "index.lifecycle.name"


@dataclass(frozen=True)
class DataStream:
    """A data stream, the index that it writes to and that index's mappings (none for a shipper)."""

    name: str
    write_index: str
    indices: tuple[str, ...]
    mappings: Json


@dataclass(frozen=True)
class Cluster:
    """Bodies by name, as the cluster returns them."""

    templates: dict[str, Json]
    """All composable index templates."""
    components: dict[str, Json]
    """Those that belong to the assets' template by name."""
    pipelines: dict[str, Json]
    """All; to a shipper, those that bear the name of the assets."""
    data_streams: tuple[DataStream, ...]
    plain_indices: tuple[str, ...]
    """Indices that bear a data stream's name."""
    settings: dict[str, Json]
    """Of every index that has one: default pipeline, final pipeline and lifecycle policy, by full dotted name."""
    lifecycles: dict[str, Json]
    """Lifecycle policies of the assets' names."""

    def named_pipelines(self, except_in: frozenset[str] = frozenset()) -> set[str]:
        """Pipelines that an index outside `except_in` names as default or final."""
        found = (own for index, own in self.settings.items() if index not in except_in)
        return {own[setting] for own in found for setting in PIPELINE_SETTINGS if setting in own}


@explained("setup")
def read_cluster(engine: Engine, assets: Assets) -> Cluster:
    """Asks the cluster all that setup has to know; raises EngineError."""
    lifecycles = (_found(engine, f"/_ilm/policy/{name}") for name in assets.lifecycles)
    known = {name: body for each in lifecycles for name, body in each.items()}
    found = _read(engine, assets, pipelines="*", indices="_all")
    streams = tuple(_with_mappings(engine, each) for each in found.data_streams)
    return replace(found, data_streams=streams, lifecycles=known)


def read_own(engine: Engine, assets: Assets) -> Cluster:
    """Asks what a shipper has to know, and may: nothing large, nothing of others' indices; raises EngineError.

    Without mappings and lifecycle policies, which setup alone needs.
    """
    return _read(engine, assets, pipelines=f"{assets.name}-*", indices=assets.pattern)


def _read(engine: Engine, assets: Assets, *, pipelines: str, indices: str) -> Cluster:
    """The pipelines, and settings of the indices, that these patterns match."""
    streams = _found(engine, f"/_data_stream/{assets.pattern}").get("data_streams", [])
    resolved = _found(engine, f"/_resolve/index/{assets.pattern}")
    return Cluster(
        templates={
            each["name"]: each["index_template"]
            for each in _found(engine, "/_index_template").get("index_templates", [])
        },
        components={
            each["name"]: each["component_template"]
            for each in _found(engine, f"/_component_template/{assets.name}@*").get("component_templates", [])
        },
        pipelines=_found(engine, f"/_ingest/pipeline/{pipelines}"),
        data_streams=tuple(_data_stream(each) for each in streams),
        plain_indices=tuple(each["name"] for each in resolved.get("indices", []) if "data_stream" not in each),
        settings=_read_settings(engine, indices),
        lifecycles={},
    )


def _data_stream(body: Json) -> DataStream:
    indices = tuple(each["index_name"] for each in body["indices"])
    return DataStream(body["name"], indices[-1], indices, {})


def _with_mappings(engine: Engine, stream: DataStream) -> DataStream:
    found = _found(engine, f"/{stream.write_index}/_mapping")
    return replace(stream, mappings=found.get(stream.write_index, {}).get("mappings", {}))


def _read_settings(engine: Engine, indices: str) -> dict[str, Json]:
    found = engine.call(
        "GET",
        f"/{indices}/_settings/{','.join((*PIPELINE_SETTINGS, LIFECYCLE_SETTING))}",
        params={"flat_settings": "true", "expand_wildcards": "all"},
    )
    return {index: body["settings"] for index, body in found.items() if body["settings"]}


def _found(engine: Engine, path: str) -> Json:
    """The body, or nothing where the engine answers a pattern that matches nothing with 404."""
    try:
        body: Json = engine.call("GET", path)
    except EngineRefused as error:
        if error.status == 404:
            return {}
        raise
    return body
