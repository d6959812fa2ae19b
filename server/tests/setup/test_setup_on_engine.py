"""Installation, upgrade and removal on a real engine."""

from collections.abc import Callable
from typing import Any

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import SetupRefused
from auth0_elastic.package_files import Assets, for_distribution
from auth0_elastic.setup.apply import install, remove
from auth0_elastic.setup.cluster import read_cluster
from auth0_elastic.setup.confirm import confirm
from auth0_elastic.setup.plan import plan

MakePackage = Callable[..., Assets]


def index(engine: Engine, assets: Assets, number: int, **fields: Any) -> str:
    """Creates a document in the data stream of the namespace `test` and returns the backing index that took it."""
    path = f"/{assets.name}-test/_create/{number}"
    body = {"@timestamp": "2024-01-01T00:00:00Z"} | fields
    return str(engine.call("PUT", path, body, params={"refresh": "true"})["_index"])


def source(engine: Engine, backing_index: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = engine.call("GET", f"/{backing_index}/_doc/{number}")["_source"]
    return found


def outcomes(engine: Engine, assets: Assets) -> dict[str, str]:
    done: dict[str, str] = {}
    install(engine, assets, lambda step, outcome: done.update({step.name: outcome}))
    return done


def has(engine: Engine, pipeline: str) -> bool:
    return engine.request("GET", f"/_ingest/pipeline/{pipeline}").status == 200


def test_an_event_goes_through_the_installed_pipelines_into_a_data_stream(engine: Engine, assets: Assets) -> None:
    assert install(engine, assets)
    backing_index = index(engine, assets, 1)
    assert backing_index.startswith(f".ds-{assets.name}-test-")
    assert source(engine, backing_index, 1)["seen_by"] == "1.0.0"


def test_a_second_run_changes_nothing_and_says_so(engine: Engine, assets: Assets) -> None:
    install(engine, assets)
    index(engine, assets, 1, details={"a": 1}, unknown="x")
    assert not install(engine, assets)
    assert set(outcomes(engine, assets).values()) == {"unchanged", "kept"}
    translated = for_distribution(assets, engine.distribution)
    assert not any(step.changes for step in plan(translated, read_cluster(engine, translated)))


def test_a_plan_changes_nothing(engine: Engine, assets: Assets) -> None:
    translated = for_distribution(assets, engine.distribution)
    steps = plan(translated, read_cluster(engine, translated))
    assert {step.action for step in steps} == {"create"}
    assert engine.request("GET", f"/_index_template/{assets.name}").status == 404


def test_an_upgrade_changes_the_write_index_in_place(engine: Engine, assets: Assets, make_package: MakePackage) -> None:
    install(engine, assets)
    backing_index = index(engine, assets, 1)
    newer = make_package("1.1.0", added="- {name: added, type: long}\n")
    assert outcomes(engine, newer)[backing_index] == "updated"
    assert index(engine, assets, 2, added=1) == backing_index
    assert source(engine, backing_index, 2)["seen_by"] == "1.1.0"
    mappings = engine.call("GET", f"/{backing_index}/_mapping")[backing_index]["mappings"]
    assert mappings["properties"]["added"] == {"type": "long"}
    assert not has(engine, assets.default_pipeline)
    assert not install(engine, newer)


def test_a_refused_mapping_rolls_over_and_keeps_the_pipelines_that_the_old_index_names(
    engine: Engine, assets: Assets, make_package: MakePackage
) -> None:
    install(engine, assets)
    old_index = index(engine, assets, 1)
    newer = make_package("2.0.0", changed=("seen_by, type: keyword, index: true", "seen_by, type: wildcard"))
    done = outcomes(engine, newer)
    assert done[old_index] == "rolled over"
    assert {done[name] for name in assets.pipelines} == {"kept"}
    assert index(engine, assets, 2) != old_index
    engine.call("DELETE", f"/{old_index}")
    done = outcomes(engine, newer)
    assert {done[name] for name in assets.pipelines} == {"deleted"}
    assert not has(engine, assets.default_pipeline)


def test_the_users_own_component_template_survives_and_wins(
    engine: Engine, assets: Assets, make_package: MakePackage
) -> None:
    install(engine, assets)
    own = {"template": {"mappings": {"properties": {"seen_by": {"type": "wildcard"}, "mine": {"type": "long"}}}}}
    engine.call("PUT", f"/_component_template/{assets.custom}", own)
    backing_index = index(engine, assets, 1)
    newer = make_package("1.1.0")
    assert outcomes(engine, newer)[backing_index] == "updated"
    assert not install(engine, newer)
    found = engine.call("GET", f"/_component_template/{assets.custom}")["component_templates"][0]
    assert found["component_template"]["template"] == own["template"]
    assert remove(engine, newer, delete_data=True)
    assert engine.request("GET", f"/_component_template/{assets.custom}").status == 200


@pytest.mark.parametrize("owner", [{"managed_by": "fleet", "managed": True}, {"managed_by": "terraform"}, {}])
def test_a_template_of_somebody_else_is_not_overwritten(engine: Engine, assets: Assets, owner: dict[str, Any]) -> None:
    foreign = {"index_patterns": [assets.pattern], "data_stream": {}, "priority": 200, "_meta": owner}
    engine.call("PUT", f"/_index_template/{assets.name}", foreign)
    try:
        with pytest.raises(
            SetupRefused, match="uninstall the integration" if owner.get("managed") else "Delete or rename"
        ):
            install(engine, assets)
        with pytest.raises(SetupRefused):
            remove(engine, assets)
        assert not has(engine, assets.default_pipeline)
    finally:
        engine.call("DELETE", f"/_index_template/{assets.name}")


def test_a_template_that_would_win_is_named(engine: Engine, assets: Assets) -> None:
    rival = f"rival-of-{assets.name}"
    engine.call("PUT", f"/_index_template/{rival}", {"index_patterns": [f"{assets.name}*"], "priority": 300})
    try:
        with pytest.raises(SetupRefused, match=rival):
            install(engine, assets)
    finally:
        engine.call("DELETE", f"/_index_template/{rival}")


def test_removal_is_refused_while_there_is_data(engine: Engine, assets: Assets) -> None:
    install(engine, assets)
    index(engine, assets, 1)
    with pytest.raises(SetupRefused, match=f"{assets.name}-test; .*--delete-data"):
        remove(engine, assets)
    assert confirm(engine, assets, "test") is None


def test_removal_leaves_nothing_behind(engine: Engine, assets: Assets) -> None:
    install(engine, assets)
    index(engine, assets, 1)
    assert remove(engine, assets, delete_data=True)
    cluster = read_cluster(engine, assets)
    assert not cluster.data_streams
    assert not cluster.components
    assert assets.name not in cluster.templates
    assert assets.pipelines.keys().isdisjoint(cluster.pipelines)
    assert not remove(engine, assets)


def test_what_is_installed_is_confirmed(engine: Engine, assets: Assets, make_package: MakePackage) -> None:
    assert "not installed; run 'auth0-elastic setup'" in (confirm(engine, assets, "test") or "")
    install(engine, assets)
    assert confirm(engine, assets, "test") is None
    assert "has version 1.0.0 of the package and this is 1.1.0" in (
        confirm(engine, make_package("1.1.0"), "test") or ""
    )
    index(engine, assets, 1)
    assert confirm(engine, assets, "test") is None


def test_a_missing_pipeline_is_not_confirmed(engine: Engine, assets: Assets) -> None:
    install(engine, assets)
    engine.call("DELETE", f"/_ingest/pipeline/{assets.default_pipeline}")
    assert f"{assets.default_pipeline} is missing" in (confirm(engine, assets, "test") or "")


def test_a_plain_index_in_the_place_of_the_data_stream_is_not_confirmed(engine: Engine, assets: Assets) -> None:
    engine.call("PUT", f"/{assets.name}-plain")
    with pytest.raises(SetupRefused, match="plain index"):
        install(engine, assets)
    engine.call("DELETE", f"/{assets.name}-plain")
