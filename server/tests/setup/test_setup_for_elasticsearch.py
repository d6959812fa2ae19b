"""What setup decides about an Elasticsearch with Fleet, from what such a cluster returns."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auth0_elastic.errors import SetupRefused
from auth0_elastic.package_files import Assets
from auth0_elastic.setup.cluster import Cluster, DataStream
from auth0_elastic.setup.confirm import problem
from auth0_elastic.setup.plan import plan
from auth0_elastic.setup.refuse import patterns_overlap

MakePackage = Callable[..., Assets]
FLEET = {"managed_by": "fleet", "managed": True, "package": {"name": "auth0"}}
EMPTY = Cluster({}, {}, {}, (), (), {}, {})


def fleets(assets: Assets) -> Cluster:
    """A cluster in which Fleet has installed these assets: marked, and without a version but in the pipeline's name."""
    return replace(
        EMPTY,
        templates={assets.name: assets.template | {"priority": 200, "_meta": FLEET}},
        components={name: body | {"_meta": FLEET} for name, body in assets.components.items()},
        pipelines={name: body | {"_meta": FLEET} for name, body in assets.pipelines.items()},
    )


def ours(assets: Assets, **more: Any) -> Cluster:
    """A cluster with these assets of ours, as Elasticsearch returns them."""
    return replace(
        EMPTY,
        templates={assets.name: assets.template | {"data_stream": {"hidden": False, "allow_custom_routing": False}}},
        components=assets.components,
        pipelines={name: body | {"created_date_millis": 1} for name, body in assets.pipelines.items()},
        **more,
    )


def stream_of(assets: Assets, *indices: str) -> DataStream:
    return DataStream(f"{assets.name}-default", indices[-1], indices, assets.mappings)


def test_what_elasticsearch_adds_to_an_asset_is_no_difference(make_package: MakePackage) -> None:
    assets = make_package()
    assert {step.action for step in plan(assets, ours(assets))} == {"unchanged", "keep"}


def test_fleets_assets_are_not_overwritten(make_package: MakePackage) -> None:
    assets = make_package()
    with pytest.raises(SetupRefused, match=r"Fleet manages it.*uninstall the integration"):
        plan(assets, fleets(assets))
    with pytest.raises(SetupRefused, match="the ingest pipeline"):
        plan(assets, replace(fleets(assets), templates={}, components={}))


def test_fleets_installation_of_the_same_version_is_confirmed(make_package: MakePackage) -> None:
    assets = make_package("1.0.0")
    assert problem(assets, fleets(assets), "default") is None
    newer = problem(make_package("1.1.0"), fleets(assets), "default")
    assert newer is not None
    assert "has version 1.0.0" in newer
    assert "in Kibana" in newer


def test_pipelines_that_only_fleet_marks_are_never_deleted(make_package: MakePackage) -> None:
    old, new = make_package("1.0.0"), make_package("1.1.0")
    left = {name: body | {"_meta": FLEET} for name, body in old.pipelines.items()}
    cluster = ours(new)
    cluster = replace(cluster, pipelines=cluster.pipelines | left)
    assert not any(step.action == "delete" for step in plan(new, cluster))


def test_a_pipeline_that_a_users_pipeline_calls_is_kept(make_package: MakePackage) -> None:
    old, new = make_package("1.0.0"), make_package("1.1.0")
    users = {"processors": [{"foreach": {"processor": {"pipeline": {"name": old.default_pipeline}}}}]}
    cluster = replace(ours(new), pipelines={**ours(new).pipelines, **old.pipelines, "users": users})
    actions = {step.name: step.action for step in plan(new, cluster)}
    assert {actions[name] for name in old.pipelines} == {"keep"}


def test_a_write_index_with_the_old_pipeline_is_not_confirmed(make_package: MakePackage) -> None:
    assets = make_package("1.1.0")
    settings = {".ds-1": {"index.default_pipeline": f"{assets.name}-1.0.0"}}
    cluster = ours(assets, data_streams=(stream_of(assets, ".ds-1"),), settings=settings)
    assert ".ds-1 uses the ingest pipeline" in (problem(assets, cluster, "default") or "")


def test_a_rival_that_matches_the_namespace_alone_is_not_confirmed_for_it(make_package: MakePackage) -> None:
    assets = make_package()
    rival = {"index_patterns": [f"{assets.name}-prod*"], "priority": 500}
    cluster = replace(ours(assets), templates=ours(assets).templates | {"rival": rival})
    assert "rival takes precedence" in (problem(assets, cluster, "production") or "")
    assert problem(assets, cluster, "default") is None


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("logs-*-*", "logs-a.b-*", True),
        ("*", "logs-a.b-*", True),
        ("logs-a.b-*", "logs-a.b-x", True),
        ("logs-c.*", "logs-a.b-*", False),
        ("*-prod", "logs-a.b-*", True),
        ("logs-a.b", "logs-a.b-*", False),
        ("*" * 20 + "x", "logs-" + "*" * 20 + "y", False),
    ],
)
def test_patterns_overlap_when_a_name_matches_both(one: str, other: str, overlap: bool) -> None:
    assert patterns_overlap(one, other) is overlap
    assert patterns_overlap(other, one) is overlap
