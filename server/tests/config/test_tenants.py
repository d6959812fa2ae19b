"""Sections under names of the operator's own: the tenants."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError

ENV = {
    "AUTH0_ELASTIC_TENANTS_ACME_BASE_URL": "https://acme.eu.auth0.com/",
    "AUTH0_ELASTIC_TENANTS_ACME_CLIENT_ID": "aI61p8",
    "AUTH0_ELASTIC_TENANTS_ACME_CLIENT_SECRET": "hush",
}
FILE = """
tenants:
  acme:
    base_url: https://acme.eu.auth0.com
    client_id: aI61p8
    client_secret: hush
    poll: {enabled: true, look_back: 7d}
  beta_2:
    base_url: https://beta.us.auth0.com
    authentication_type: access_token
    access_token: eyJ
    log_stream: {mode: automatic, url: "https://collector.example.com/auth0/logs", custom_headers: ["X-Key: abc"]}
"""


def test_without_tenants_there_are_none() -> None:
    assert load(None, {}).tenants == ()


def test_each_section_is_a_tenant_with_its_own_settings(write: Callable[..., Path]) -> None:
    acme, beta = load(write(FILE), {}).tenants
    assert (acme.name, acme.base_url, acme.poll.enabled, acme.poll.look_back) == (
        "acme",
        "https://acme.eu.auth0.com",
        True,
        7 * 86_400,
    )
    assert (beta.name, beta.poll.enabled, beta.log_stream.mode) == ("beta_2", False, "automatic")
    assert [secret.reveal() for secret in beta.secrets()] == ["eyJ", "X-Key: abc"]


def test_a_tenant_can_come_from_the_environment_alone() -> None:
    (acme,) = load(None, ENV | {"AUTH0_ELASTIC_TENANTS_ACME_LOG_STREAM_NAME": "siem"}).tenants
    assert (acme.name, acme.base_url, acme.log_stream.name) == ("acme", "https://acme.eu.auth0.com", "siem")


def test_the_environment_beats_the_file_for_one_tenant_and_leaves_the_other(write: Callable[..., Path]) -> None:
    acme, beta = load(write(FILE), {"AUTH0_ELASTIC_TENANTS_BETA_2_BASE_URL": "https://new.us.auth0.com"}).tenants
    assert (acme.base_url, beta.base_url) == ("https://acme.eu.auth0.com", "https://new.us.auth0.com")


def test_the_secrets_of_tenants_are_among_those_to_mask(write: Callable[..., Path]) -> None:
    assert {secret.reveal() for secret in load(write(FILE), {}).secrets()} == {"hush", "eyJ", "X-Key: abc"}


def test_a_token_is_not_required_where_the_server_makes_one(write: Callable[..., Path]) -> None:
    behind = "\nlistener: {behind_proxy: true}\n"
    assert load(write(FILE + behind), {}, for_serve=True).listener.authorization_token == ()


def test_a_server_that_only_polls_needs_neither_token_nor_certificate() -> None:
    assert not load(None, ENV | {"AUTH0_ELASTIC_LISTENER_ENABLED": "false"}, for_serve=True).listener.enabled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tenants: {Acme Inc: {}}", "tenants.Acme: not a name; use a-z, 0-9 and _, a letter first"),
        ("tenants: {acme: {bas_url: x}}", "tenants.acme.bas_url: no such setting; did you mean base_url?"),
        (
            "tenants: {acme: {client_id: a, client_secret: b}}",
            "tenants.acme.base_url: missing; give the tenant's address",
        ),
        (
            "tenants: {acme: {base_url: acme.eu.auth0.com, client_id: a, client_secret: b}}",
            "tenants.acme.base_url: 'acme.eu.auth0.com' is not a URL; give the Domain",
        ),
        ("tenants: {acme: {base_url: 'https://a.eu.auth0.com', client_id: a}}", "tenants.acme.client_secret: missing"),
        (
            "tenants: {acme: {base_url: 'https://a.eu.auth0.com', authentication_type: access_token}}",
            "tenants.acme.access_token: missing",
        ),
        (
            FILE.replace('url: "https://collector.example.com/auth0/logs", ', ""),
            "tenants.beta_2.log_stream.url: missing; give the address by which Auth0 reaches this listener",
        ),
        (FILE.replace("beta.us", "acme.eu"), "tenants.beta_2.base_url: is that of tenants.acme too"),
        (FILE.replace("7d", "2y"), "tenants.acme.poll.look_back: '2y' is not a time to look back"),
        (FILE.replace("X-Key: abc", "X-Key"), "custom_headers[0]: the value (hidden) is not a header"),
        ("tenants: [acme]", "tenants: not a section"),
    ],
)
def test_a_tenants_bad_setting_is_named(write: Callable[..., Path], text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(text), {})
    assert message in str(caught.value)
