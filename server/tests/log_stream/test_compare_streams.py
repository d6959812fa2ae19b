"""Which log stream is ours, what differs, and what is sent to mend it."""

from dataclasses import replace
from typing import Any

import pytest

from auth0_elastic.config.settings import LogStream, Tenant
from auth0_elastic.errors import ConfigError
from auth0_elastic.log_stream.compare import differences, find
from auth0_elastic.log_stream.configuration import created, existing, patched, patched_authorization, patched_status
from auth0_elastic.log_stream.desired import desired, start_from
from auth0_elastic.log_stream.errors import StreamUnclear
from auth0_elastic.log_stream.manual import DEFAULTS
from auth0_elastic.secret import Secret

URL = "https://collector.example.com/auth0/logs"
TOKEN = Secret("tok-1")
WANTED = replace(DEFAULTS, mode="automatic", url=URL)


def tenant(log_stream: LogStream = WANTED, **changes: Any) -> Tenant:
    return Tenant(
        name="acme",
        base_url="https://acme.eu.auth0.com",
        audience=None,
        authentication_type="client_credentials",
        client_id="id",
        client_secret=Secret("hush"),
        access_token=None,
        proxy=None,
        timeout=30.0,
        ssl=None,  # type: ignore[arg-type]
        poll=None,  # type: ignore[arg-type]
        reconcile=None,  # type: ignore[arg-type]
        log_stream=replace(log_stream, **changes),
    )


def body(**changes: Any) -> dict[str, Any]:
    return created(desired(tenant(**changes), TOKEN), start_from(tenant(**changes)))


def stream(**changes: Any) -> dict[str, Any]:
    """As Auth0 shows one that was made of the settings; `changes` are to the settings."""
    return {"id": "lst_1", "status": "active", **body(**changes)}


def test_the_plain_settings_make_a_plain_stream() -> None:
    assert body() == {
        "type": "http",
        "name": "auth0-elastic",
        "sink": {
            "httpEndpoint": URL,
            "httpAuthorization": "tok-1",
            "httpContentFormat": "JSONLINES",
            "httpContentType": "application/json",
            "httpCustomHeaders": [],
        },
        "filters": [],
        "isPriority": False,
    }


def test_every_setting_has_its_place() -> None:
    made = body(
        custom_headers=(Secret("X-Key: a:b"),),
        filters=("other", "actions"),
        start_from="2026-03-01T12:00:00+02:00",
        pii_fields=("phone", "email"),
        pii_method="hash",
    )
    assert made["sink"]["httpCustomHeaders"] == [{"header": "X-Key", "value": "a:b"}]
    assert made["filters"] == [{"type": "category", "name": "actions"}, {"type": "category", "name": "other"}]
    assert made["startFrom"] == "2026-03-01T10:00:00.000Z"
    assert made["pii_config"] == {"log_fields": ["email", "phone"], "method": "hash", "algorithm": "xxhash"}


def test_a_priority_stream_is_left_the_filter_that_auth0_gives_it() -> None:
    assert "filters" not in body(priority=True)
    shown = stream(priority=True) | {"filters": [{"type": "category", "name": "security"}]}
    assert differences(existing(shown).configuration, desired(tenant(priority=True), TOKEN)) == ()


def test_without_a_url_nothing_can_be_wanted() -> None:
    with pytest.raises(ConfigError, match=r"tenants\.acme\.log_stream\.url: missing; give"):
        desired(tenant(url=None), TOKEN)


def test_what_was_made_of_the_settings_does_not_differ_from_them() -> None:
    full = {"filters": ("other", "user.fail"), "pii_fields": ("email",), "custom_headers": (Secret("X-Key: v"),)}
    assert differences(existing(stream(**full)).configuration, desired(tenant(**full), TOKEN)) == ()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("name", {"name": "siem"}),
        ("sink.httpEndpoint", {"url": "https://elsewhere.example.com"}),
        ("sink.httpContentFormat", {"content_format": "JSONARRAY"}),
        ("sink.httpCustomHeaders", {"custom_headers": (Secret("X-Key: v"),)}),
        ("filters", {"filters": ("other",)}),
        ("isPriority", {"priority": True}),
        ("pii_config", {"pii_fields": ("email",)}),
    ],
)
def test_each_difference_is_named(name: str, changes: dict[str, Any]) -> None:
    found = existing(stream()).configuration
    assert differences(found, desired(tenant(**changes), TOKEN)) == (name,)


def test_the_token_is_the_same_with_bearer_before_it() -> None:
    shown = stream()
    shown["sink"]["httpAuthorization"] = "Bearer tok-1"
    assert differences(existing(shown).configuration, desired(tenant(), TOKEN)) == ()
    assert differences(existing(shown).configuration, desired(tenant(), Secret("tok-2"))) == ("sink.httpAuthorization",)


def test_a_stream_that_lacks_everything_can_be_read() -> None:
    found = existing({"id": "lst_1", "type": "http", "sink": None, "filters": None})
    assert "sink.httpAuthorization" in differences(found.configuration, desired(tenant(), TOKEN))


def test_the_name_decides_and_else_the_url() -> None:
    named, pointing = stream() | {"id": "named"}, stream(name="by hand") | {"id": "pointing"}
    elsewhere = stream(name="other", url="https://x.example.com") | {"id": "elsewhere"}
    other_type = {"id": "datadog", "name": "auth0-elastic", "type": "datadog", "sink": {}}

    def id_of(*streams: dict[str, Any]) -> str | None:
        found = find(streams, WANTED)
        return found.id if found else None

    assert id_of(elsewhere, pointing, named) == "named"
    assert id_of(elsewhere, pointing, other_type) == "pointing"
    assert id_of(elsewhere, other_type) is None


@pytest.mark.parametrize("name", ["auth0-elastic", "by hand"])
def test_several_that_could_be_ours_are_an_error_with_their_ids(name: str) -> None:
    with pytest.raises(StreamUnclear, match=r"2 log streams have the .* \(a, b\); delete or rename"):
        find([stream(name=name) | {"id": "a"}, stream(name=name) | {"id": "b"}], WANTED)


def test_a_patch_has_neither_type_nor_start_and_the_priority_only_where_it_changes() -> None:
    wanted = desired(tenant(start_from="2026-03-01T12:00:00Z"), TOKEN)
    assert set(patched(wanted)) == {"name", "sink", "filters"}
    assert set(patched(wanted, priority=True)) == {"name", "sink", "filters", "isPriority"}


def test_every_patch_keeps_personal_data_hidden() -> None:
    """Auth0 takes a PATCH without pii_config for the wish to hide nothing any more."""
    hidden = {"log_fields": ["email"], "method": "hash", "algorithm": "xxhash"}
    found = existing(stream(pii_fields=("email",), pii_method="hash"))
    assert patched_status(found, "paused") == {"status": "paused", "pii_config": hidden}
    assert patched_authorization(found, Secret("new"))["pii_config"] == hidden
    assert patched(desired(tenant(pii_fields=("email",), pii_method="hash"), TOKEN))["pii_config"] == hidden


def test_a_new_token_changes_nothing_else_of_the_sink() -> None:
    found = existing(stream(custom_headers=(Secret("X-Key: v"),), content_format="JSONARRAY"))
    sink = patched_authorization(found, Secret("new"))["sink"]
    assert sink == {**stream(custom_headers=(Secret("X-Key: v"),), content_format="JSONARRAY")["sink"]} | {
        "httpAuthorization": "new"
    }


def test_nothing_shows_a_secret_by_accident() -> None:
    shown = stream(custom_headers=(Secret("X-Key: very-secret"),))
    shown["sink"]["httpEndpoint"] = "https://user:very-secret@collector.example.com/logs?token=very-secret"
    found = existing(shown)
    assert "very-secret" not in repr(found)
    assert "tok-1" not in repr(found.configuration)
    assert found.endpoint == "https://collector.example.com/logs"
