"""`auth0-elastic stream create`, `update`, `status`, `list`, `pause`, `resume` and `delete` against a local Auth0."""

import json
from pathlib import Path
from typing import Any

import pytest

TOKEN = "of-the-settings-0123456789"
JsonObject = dict[str, Any]


def status_of(world: Any) -> JsonObject:
    result = world.run("status", "--json")
    (found,) = json.loads(result.output)
    assert result.exit_code == (1 if found["problems"] else 0)
    return dict(found)


def test_create_makes_the_stream_and_a_second_run_changes_nothing(world: Any) -> None:
    first = world.run("create")
    assert (first.exit_code, "acme: created: auth0-elastic (lst_" in first.output) == (0, True), first.output
    (made,) = world.streams
    assert (made["sink"]["httpEndpoint"], made["sink"]["httpAuthorization"]) == (world.url, TOKEN)
    second = world.run("create")
    assert (second.exit_code, "acme: unchanged: auth0-elastic" in second.output) == (0, True)
    assert (world.streams, world.requests("POST"), world.requests("PATCH")) == ([made], 1, 0)


def test_without_a_token_in_the_settings_the_server_makes_one_and_keeps_it(world: Any) -> None:
    world.without_token()
    assert world.run("create").exit_code == 0
    (made,) = world.streams
    assert made["sink"]["httpAuthorization"] == world.store.current("acme").reveal()
    assert "unchanged" in world.run("create").output


def test_update_shows_what_differs_and_mends_it(world: Any) -> None:
    world.run("create")
    world.log_stream.update(filters=["other"], content_format="JSONARRAY", custom_headers=["X-Key: of-a-header"])
    dry = world.run("update", "--dry-run")
    assert (dry.exit_code, world.requests("PATCH")) == (3, 0)
    for result in (dry, world.run("update")):
        assert "none: all is sent" in result.output
        assert "JSONARRAY" in result.output
        assert "(not shown)" in result.output
    assert world.run("update", "--dry-run").exit_code == 0
    (mended,) = world.streams
    assert mended["filters"] == [{"type": "category", "name": "other"}]
    assert mended["sink"]["httpCustomHeaders"] == [{"header": "X-Key", "value": "of-a-header"}]


def test_a_dry_run_makes_no_token(world: Any) -> None:
    world.without_token()
    assert world.run("update", "--dry-run").exit_code == 3
    assert not world.store.path.exists()


def test_a_stream_made_by_hand_is_found_by_its_url(world: Any) -> None:
    world.run("create")
    world.log_stream["name"] = "siem"
    result = world.run("update")
    assert "repaired: siem" in result.output
    assert [stream["name"] for stream in world.streams] == ["siem"]


def test_what_auth0_does_not_change_is_said(world: Any) -> None:
    """A priority stream's filters are kept when a PATCH leaves them out."""
    world.log_stream.update(priority=True, filters=["other"])
    world.run("create")
    world.log_stream["filters"] = []
    result = world.run("update")
    assert result.exit_code == 1
    assert "acme: Auth0 leaves filters as it is" in result.output


def test_several_of_the_same_name_are_left_alone(world: Any) -> None:
    world.run("create")
    twin = {key: value for key, value in world.streams[0].items() if key not in ("id", "status")}
    world.auth0.tenant.create_stream(twin)
    result = world.run("update")
    assert result.exit_code == 1
    assert "2 log streams have the name auth0-elastic (lst_" in result.output
    assert world.requests("PATCH") == 0


def test_a_healthy_stream_needs_nothing(world: Any) -> None:
    world.run("create")
    found = status_of(world)
    assert (found["status"], found["points_here"], found["token_accepted"]) == ("active", True, True)
    assert (found["differences"], found["problems"], found["warnings"], found["left_out"]) == ([], [], [], {})
    table = world.run("status").output
    assert "active" in table
    assert f"{world.url} (here)" in table
    assert "Monitoring > Streams > auth0-elastic > Health" in table


def test_a_missing_stream_is_a_problem(world: Any) -> None:
    assert status_of(world)["problems"] == ["there is no such log stream in Auth0: run `auth0-elastic stream create`"]


def test_a_stream_that_nobody_could_ask_for_is_not_said_to_be_missing(world: Any) -> None:
    world.auth0.faults.answer(403, path="/api")
    assert status_of(world)["status"] == "unknown"


def test_a_suspended_and_a_paused_stream_are_problems_and_resume_mends_both(world: Any) -> None:
    world.log_stream["pii_fields"] = ["email"]
    world.run("create")
    stream = world.auth0.tenant.streams[0]
    stream.status = "suspended"
    assert "Auth0 has suspended it" in status_of(world)["problems"][0]
    assert "was suspended and is active" in world.run("resume").output
    assert world.run("pause").exit_code == 0
    assert (stream.status, "it is paused" in status_of(world)["problems"][0]) == ("paused", True)
    assert "was paused and is active" in world.run("resume").output
    assert stream.properties["pii_config"]["log_fields"] == ["email"]


def test_a_stream_that_points_elsewhere_with_a_token_of_others_is_a_problem(world: Any) -> None:
    world.run("create")
    sink = {"httpEndpoint": "https://elsewhere.example.com/x?token=hush", "httpAuthorization": "stranger"}
    world.auth0.tenant.patch_stream(world.streams[0]["id"], {"sink": sink})
    found = status_of(world)
    assert (found["points_here"], found["token_accepted"]) == (False, False)
    assert found["endpoint"] == "https://elsewhere.example.com/x"
    assert f"it points to https://elsewhere.example.com/x and not to {world.url}" in found["problems"][0]
    assert found["problems"][1] == "the listener refuses its token: `auth0-elastic stream update`"
    assert "(elsewhere)" in world.run("status").output


def test_filters_without_other_are_warned_of_with_what_they_lose(world: Any) -> None:
    world.log_stream["filters"] = ["auth.login.fail", "management.fail"]
    assert "the filters leave out `other`" in world.run("create").output
    found = status_of(world)
    assert found["left_out"]["other"] >= 50
    assert "auth.login.fail" not in found["left_out"]
    assert "breached passwords (pwd_leak)" in found["warnings"][0]
    assert f"other ({found['left_out']['other']})" in world.run("status").output


def test_a_refusal_is_the_status_of_its_tenant_and_hides_no_other(world: Any) -> None:
    world.run("create")
    world.document["tenants"]["beta"] = {
        **world.document["tenants"]["acme"],
        "base_url": f"http://localhost:{world.auth0.port}",
        "client_secret": "wrong",
    }
    result = world.run("status", "--json")
    acme, beta = json.loads(result.output)
    assert (acme["status"], acme["problems"], result.exit_code) == ("active", [], 1)
    assert "tenants.beta.client_secret" in beta["problems"][0]
    assert "--tenant" in world.run("pause").output
    assert world.run("pause", "--tenant", "acme").exit_code == 0


def test_the_list_shows_all_streams_and_marks_ours(world: Any) -> None:
    world.run("create")
    world.auth0.tenant.create_stream(
        {"type": "http", "name": "theirs", "sink": {"httpEndpoint": "https://siem.example.com/in?key=hush-hush"}}
    )
    lines = world.run("list").output.splitlines()
    (ours,) = [line for line in lines if "auth0-elastic" in line]
    (theirs,) = [line for line in lines if "theirs" in line]
    assert ours.startswith("→")
    assert not theirs.startswith("→")
    assert theirs.rstrip().endswith("https://siem.example.com/in")


def test_delete_asks_and_says_that_the_server_makes_it_again(world: Any) -> None:
    world.run("create")
    assert world.run("delete", answer="n\n").exit_code == 1
    assert len(world.streams) == 1
    result = world.run("delete", "--yes")
    assert (result.exit_code, world.streams) == (0, [])
    assert "`auth0-elastic serve` makes it again" in result.output
    assert "Auth0 has no log stream named auth0-elastic" in world.run("delete", "--yes").output


def test_manual_mode_prints_every_field_and_asks_nobody(world: Any, tmp_path: Path) -> None:
    world.log_stream.update(
        mode="manual", filters=["other"], pii_fields=["email"], custom_headers=["X-Key: of-a-header"]
    )
    copy = tmp_path / "token"
    result = world.run("create", "--copy-token-to", str(copy))
    assert result.exit_code == 0
    shown = {line.split("  ")[0]: line for line in result.output.splitlines()}
    assert "Monitoring > Streams > Create Log Stream > Custom Webhook" in result.output
    assert world.url in shown["Payload URL"]
    assert "the value of listener.authorization_token" in shown["Authorization Token"]
    assert "JSON Lines" in shown["Content Format"]
    assert "other" in shown["Filter by Event Category"]
    assert "X-Key: the value in log_stream.custom_headers[0]" in shown["Custom Headers"]
    assert "email, by mask" in shown["Obfuscate PII"]
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == (TOKEN, 0o600)
    assert world.auth0.journal.asked == []
    assert "cannot be made (File exists)" in world.run("create", "--copy-token-to", str(copy)).output


def test_the_guide_needs_no_tenant(world: Any) -> None:
    del world.document["tenants"]
    result = world.run("create")
    assert result.exit_code == 0
    assert f"https://YOUR-HOST:{world.port}/auth0/logs" in result.output
    assert "tenants: there is none" in world.run("status").output


def test_the_guide_names_the_file_of_a_token_that_the_server_made(world: Any) -> None:
    world.without_token()
    world.run("create")
    result = world.run("create", "--manual")
    assert f"the newest token in {world.store.path}" in result.output


@pytest.mark.parametrize("command", ["pause", "resume", "rotate-token"])
def test_without_a_stream_there_is_nothing_to_change(world: Any, command: str) -> None:
    result = world.run(command)
    assert (result.exit_code, "`auth0-elastic stream create` makes it" in result.output) == (1, True)


def test_an_update_says_when_the_stream_delivers_nothing_all_the_same(world: Any) -> None:
    world.run("create")
    world.auth0.tenant.streams[0].status = "suspended"
    assert "it delivers nothing until `auth0-elastic stream resume`" in world.run("update").output
