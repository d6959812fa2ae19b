"""The settings of lists of addresses: from a file or a URL, under names, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError

FILE = """
reputation:
  refresh: 2h
  anonymous_ip_database: anonymous.mmdb
  lists:
    tor_exits: {kind: tor, url: "https://lists.example.com/tor?key=4f1c"}
    ours: {kind: allow, path: ours.txt}
"""


def test_without_settings_there_is_nothing_to_look_addresses_up_in() -> None:
    assert load(None, {}).reputation.is_empty


def test_lists_are_read_with_their_paths(write: Callable[..., Path], folder: Path) -> None:
    reputation = load(write(FILE), {}).reputation
    tor, ours = reputation.lists
    assert not reputation.is_empty
    assert (tor.name, tor.kind, tor.location) == ("tor_exits", "tor", "https://lists.example.com/tor?key=4f1c")
    assert (ours.name, ours.kind, ours.location) == ("ours", "allow", str(folder / "ours.txt"))
    assert (reputation.refresh, reputation.anonymous_ip_database) == (7200.0, folder / "anonymous.mmdb")


def test_a_list_can_come_from_the_environment_alone() -> None:
    env = {"AUTH0_ELASTIC_REPUTATION_LISTS_TOR_KIND": "tor", "AUTH0_ELASTIC_REPUTATION_LISTS_TOR_PATH": "tor.txt"}
    assert [(each.name, each.kind) for each in load(None, env).reputation.lists] == [("tor", "tor")]


def test_a_database_alone_is_something_to_look_addresses_up_in() -> None:
    env = {"AUTH0_ELASTIC_REPUTATION_ANONYMOUS_IP_DATABASE": "anonymous.mmdb"}
    assert not load(None, env).reputation.is_empty


def test_the_urls_of_lists_are_among_the_secrets_to_mask(write: Callable[..., Path]) -> None:
    found = {secret.reveal() for secret in load(write(FILE), {}).secrets()}
    assert found == {"https://lists.example.com/tor?key=4f1c", "/tor?key=4f1c"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {path: x}", "reputation.lists.a.kind: missing; give tor, vpn"),
        ("a: {kind: tor}", "reputation.lists.a.path: missing; give the path of a file, or"),
        (
            "a: {kind: tor, path: x, url: 'https://a.example'}",
            "reputation.lists.a.path: given together with reputation.lists.a.url; keep one",
        ),
        ("a: {kind: Tor Exits, path: x}", "'Tor Exits' is not a kind of list; give one word"),
        ("a: {kind: tor, url: 'http://lists.example.com/'}", "reputation.lists.a.url: the value (hidden) is not a URL"),
    ],
)
def test_a_bad_setting_is_named(write: Callable[..., Path], text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(f"reputation: {{lists: {{{text}}}}}"), {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value), "one defect, one message"


@pytest.mark.parametrize("url", ["https://lists.example.com/tor?key=a%20b", "http://127.0.0.1:8080/", "http://[::1]/x"])
def test_a_list_may_have_a_query_and_plain_http_on_this_machine(url: str) -> None:
    env = {"AUTH0_ELASTIC_REPUTATION_LISTS_TOR_KIND": "tor", "AUTH0_ELASTIC_REPUTATION_LISTS_TOR_URL": url}
    assert load(None, env).reputation.lists[0].location == url
