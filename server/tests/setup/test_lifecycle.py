"""On Elasticsearch a lifecycle policy is installed once and then belongs to the user; the user's pipeline is called."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from auth0_elastic.commands.setup import command
from auth0_elastic.package_files import Assets, for_opensearch, load_assets, to_install
from auth0_elastic.setup.cluster import Cluster, DataStream
from auth0_elastic.setup.plan import plan, plan_removal
from auth0_elastic.setup.step import Step

MakePackage = Callable[..., Assets]
EMPTY = Cluster({}, {}, {}, (), (), {}, {})


@pytest.fixture
def assets(make_package: MakePackage) -> Assets:
    return make_package(stream="ilm_policy: mine-default_policy\n")


def lifecycle_step(steps: list[Step]) -> Step:
    return next(step for step in steps if step.kind == "lifecycle policy")


def installed(assets: Assets, **phases: Any) -> Cluster:
    """A cluster with the policy, as Elasticsearch returns it, and these phases more."""
    (name, body), *_ = assets.lifecycles.items()
    policy = body["policy"] | {"phases": body["policy"]["phases"] | phases}
    return replace(EMPTY, lifecycles={name: {"version": 1, "modified_date": "2026-01-01", "policy": policy}})


def phases_of(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = step.requests[0].body["policy"]["phases"]
    return found


def test_the_packages_policy_rolls_over_and_deletes_nothing() -> None:
    assets = load_assets()
    (name, body), *_ = assets.lifecycles.items()
    assert name == "logs-auth0.logs-default_policy"
    assert list(body["policy"]["phases"]) == ["hot"]
    assert body["policy"]["phases"]["hot"]["actions"]["rollover"]
    settings = assets.components["logs-auth0.logs@package"]["template"]["settings"]
    assert settings["index.lifecycle.name"] == name


def test_opensearch_gets_no_policy(assets: Assets) -> None:
    translated = for_opensearch(assets)
    assert translated.lifecycles == {}
    assert "index.lifecycle.name" not in translated.components[f"{assets.name}@package"]["template"]["settings"]


def test_a_policy_is_installed_before_what_names_it(assets: Assets) -> None:
    first = plan(assets, EMPTY)[0]
    assert (first.kind, first.action) == ("lifecycle policy", "create")
    assert first.requests[0].path == f"/_ilm/policy/{assets.name}-default_policy"
    assert "delete" not in phases_of(first)


def test_a_policy_that_is_there_is_the_users(assets: Assets) -> None:
    mine = installed(assets, delete={"min_age": "400d", "actions": {"delete": {}}})
    assert lifecycle_step(plan(assets, mine)).action == "keep"


def test_a_retention_that_is_asked_for_is_set_and_leaves_the_rest(assets: Assets) -> None:
    asked = replace(assets, delete_after="90d")
    assert phases_of(lifecycle_step(plan(asked, EMPTY)))["delete"] == {"min_age": "90d", "actions": {"delete": {}}}
    mine = installed(assets, delete={"min_age": "1d", "actions": {"delete": {"delete_searchable_snapshot": True}}})
    step = lifecycle_step(plan(asked, mine))
    assert step.action == "update"
    assert '+      "min_age": "90d"' in step.detail
    assert phases_of(step)["delete"]["actions"] == {"delete": {"delete_searchable_snapshot": True}}
    assert phases_of(step)["hot"] == phases_of(lifecycle_step(plan(assets, EMPTY)))["hot"]


def test_a_retention_that_is_set_already_changes_nothing(assets: Assets) -> None:
    there = installed(assets, delete={"min_age": "90d", "actions": {"delete": {}}})
    assert lifecycle_step(plan(replace(assets, delete_after="90d"), there)).action == "keep"


@pytest.mark.parametrize("age", ["90", "d", "-1d", "0d", "90 days", "3months"])
def test_a_retention_that_is_no_age_is_refused(age: str) -> None:
    result = CliRunner().invoke(command, ["--delete-after", age])
    assert result.exit_code == 2
    assert "such as 90d" in result.output


@pytest.mark.parametrize(("own", "action"), [({}, "delete"), ({"warm": {"actions": {}}}, "keep")])
def test_a_changed_policy_survives_the_removal(assets: Assets, own: dict[str, Any], action: str) -> None:
    assert lifecycle_step(plan_removal(assets, installed(assets, **own), delete_data=False)).action == action


@pytest.mark.parametrize(("has", "set_to"), [(None, "mine-default_policy"), ("theirs", None)])
def test_a_write_index_gets_a_policy_only_where_it_has_none(
    assets: Assets, has: str | None, set_to: str | None
) -> None:
    settings = {"index.default_pipeline": assets.default_pipeline} | ({"index.lifecycle.name": has} if has else {})
    stream = DataStream(f"{assets.name}-default", ".ds-1", (".ds-1",), assets.mappings)
    step = plan(assets, replace(EMPTY, data_streams=(stream,), settings={".ds-1": settings}))[-1]
    changed = [request.body for request in step.requests]
    assert all(body.get("index.lifecycle.name") == set_to for body in changed)
    assert bool(changed) is (set_to is not None)


def test_a_policys_name_is_not_taken_for_a_pipelines(assets: Assets) -> None:
    settings = {".ds-1": {"index.lifecycle.name": "a", "index.final_pipeline": "b"}}
    assert replace(EMPTY, settings=settings).named_pipelines() == {"b"}


def test_elasticsearch_calls_the_users_pipeline_last_and_opensearch_does_not(assets: Assets) -> None:
    ours = to_install(assets, "elasticsearch")
    *before, last = ours.pipelines[assets.default_pipeline]["processors"]
    assert before == assets.pipelines[assets.default_pipeline]["processors"]
    assert last["pipeline"]["name"] == f"{assets.name}@custom"
    assert last["pipeline"]["ignore_missing_pipeline"] is True
    assert to_install(ours, "elasticsearch") == ours
    assert "@custom" not in str(to_install(assets, "opensearch").pipelines)
