"""The roles for the shipper, for setup and for detection, and how they are printed."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from auth0_elastic.commands.setup import command
from auth0_elastic.detect.state import StateStore
from auth0_elastic.engine.client import Engine
from auth0_elastic.package_files import load_assets

NO_ENGINE = cast(Engine, None)
CHANGES_ASSETS = ("manage", "/put", "/delete", "/*", "all")


def printed(*options: str) -> dict[str, Any]:
    result = CliRunner().invoke(command, ["--print-role", *options])
    assert result.exit_code == 0, result.output
    role: dict[str, Any] = json.loads(result.output)
    return role


def cluster_privileges(role: dict[str, Any]) -> list[str]:
    return list(role.get("cluster") or role["cluster_permissions"])


@pytest.mark.parametrize("name", ["shipper", "detect"])
@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_the_shipper_and_detection_may_change_no_asset(name: str, engine: str) -> None:
    privileges = cluster_privileges(printed(name, "--role-for", engine))
    assert not [each for each in privileges if any(word in each for word in CHANGES_ASSETS)]


@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_the_shipper_touches_no_other_index(engine: str) -> None:
    role = printed("shipper", "--role-for", engine)
    patterns = [name for each in role.get("indices") or role["index_permissions"] for name in _patterns(each)]
    assert set(patterns) == {load_assets(name).pattern for name in ("logs", "actions")}


@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_detection_reads_events_and_writes_alerts_and_its_own_state_alone(engine: str) -> None:
    role = printed("detect", "--role-for", engine)
    granted = {
        pattern: set(_privileges(each))
        for each in role.get("indices") or role["index_permissions"]
        for pattern in _patterns(each)
    }
    streams = {name: load_assets(name).pattern for name in ("logs", "actions", "alerts")}
    assert set(granted) == {*streams.values(), StateStore(NO_ENGINE, "*").index}
    written = [pattern for pattern, privileges in granted.items() if any(map(_writes, privileges))]
    assert sorted(written) == ["auth0-elastic-detect-*", streams["alerts"]]
    assert not [each for privileges in granted.values() for each in privileges if "delete" in each]


def _writes(privilege: str) -> bool:
    return "write" in privilege or privilege in ("index", "create_doc", "create_index", "auto_configure", "all")


@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_setup_may_neither_read_nor_write_nor_delete_events(engine: str) -> None:
    role = printed("setup", "--role-for", engine)
    allowed = [name for each in role.get("indices") or role["index_permissions"] for name in _privileges(each)]
    assert not [name for name in allowed if "data/" in name or "delete" in name or name in ("read", "write", "all")]


@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_pipeline_tests_touch_temporary_indices_alone(engine: str) -> None:
    role = printed("test", "--role-for", engine)
    assert [_patterns(each) for each in role.get("indices") or role["index_permissions"]] == [["auth0-elastic-test-*"]]


@pytest.mark.parametrize("name", ["shipper", "setup", "detect", "test"])
def test_an_api_key_may_do_what_the_role_may(name: str) -> None:
    key = printed(name, "--role-for", "api-key")
    assert key["name"] == f"auth0-elastic-{name}"
    assert key["role_descriptors"] == {f"auth0-elastic-{name}": printed(name)}


@pytest.mark.parametrize("name", ["shipper", "setup", "detect", "test"])
@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_every_privilege_is_explained(name: str, engine: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "privileges.md").read_text()
    role = printed(name, "--role-for", engine)
    granted = [each for part in role.get("indices") or role["index_permissions"] for each in _privileges(part)]
    assert [each for each in [*cluster_privileges(role), *granted] if f"`{each}`" not in page] == []


def _patterns(indices: dict[str, Any]) -> list[str]:
    return list(indices.get("names") or indices["index_patterns"])


def _privileges(indices: dict[str, Any]) -> list[str]:
    return list(indices.get("privileges") or indices["allowed_actions"])
