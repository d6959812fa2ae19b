"""Whom a request comes from, and what nobody may claim about it."""

import pytest

from auth0_elastic.receive.source_address import Sources

PROXY, OUTER, SENDER, OTHER = "10.0.0.1", "10.0.0.2", "203.0.113.9", "198.51.100.7"
PROXIES = ("10.0.0.0/24", "2001:db8:ffff::/48")


def source(forwarded_for: str | None, peer: str = PROXY) -> str | None:
    return Sources((), PROXIES).source_of(peer, forwarded_for)


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert Sources((), ()).source_of(PROXY, SENDER) == PROXY


def test_a_peer_that_is_no_trusted_proxy_is_not_believed() -> None:
    assert source(SENDER, peer=OTHER) == OTHER


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_proxy_that_says_nothing_speaks_for_itself(nothing: str | None) -> None:
    assert source(nothing) == PROXY


@pytest.mark.parametrize(
    "forwarded_for",
    [SENDER, f"{OTHER}, {SENDER}", f"{OTHER},{SENDER},{OUTER}", f"{PROXY}, {OTHER}, {SENDER} ,\t{OUTER}, {PROXY}"],
)
def test_the_last_address_that_no_trusted_proxy_has_is_the_sender(forwarded_for: str) -> None:
    assert source(forwarded_for) == SENDER


def test_what_the_sender_wrote_itself_changes_nothing() -> None:
    for claim in (OTHER, PROXY, "127.0.0.1", "garbage", "", ",,,", f"{OTHER}, {PROXY}", "10.0.0.1,10.0.0.2"):
        assert source(f"{claim}, {SENDER}") == SENDER


def test_proxies_all_the_way_are_followed_to_the_first() -> None:
    assert source(f"{OUTER}, {PROXY}") == OUTER


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("203.0.113.9:4711", SENDER),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", SENDER),
        ("[::ffff:cb00:7109]:1", SENDER),
        ("2001:db8:ffff::1", "2001:db8:ffff::1"),
    ],
)
def test_addresses_are_read_with_and_without_port(hop: str, address: str) -> None:
    assert source(hop) == address


@pytest.mark.parametrize(
    "hop",
    ["", " ", "unknown", "_hidden", "localhost", "203.0.113", "203.0.113.9.1", "203.0.113.09", "999.0.0.1", "1", "::g",
     "203.0.113.9:", "203.0.113.9:port", "203.0.113.9:123456", "[203.0.113.9", "203.0.113.9]", "fe80::1%eth0",
     "10.0.0.1/8", "2001:db8::1:2:3:4:5:6:7", "203.0.113.9 198.51.100.7",
     '"203.0.113.9"', "for=203.0.113.9", "\x00", "²03.0.113.9"],
)  # fmt: skip
def test_a_hop_that_is_no_address_leaves_the_sender_unknown(hop: str) -> None:
    assert source(f"{OTHER},{hop}") is None
    assert source(f"{OTHER},{hop},{OUTER}") is None


def test_peers_are_named_as_plainly_as_can_be() -> None:
    assert source(None, peer="::ffff:203.0.113.9") == SENDER
    assert source(None, peer="fe80::1%eth0") == "fe80::1"
    assert source(SENDER, peer="::ffff:10.0.0.1") == SENDER
    assert source(SENDER, peer="2001:db8:ffff::1") == SENDER


def test_without_allowed_addresses_all_may_post() -> None:
    sources = Sources((), PROXIES)
    assert sources.may_connect(OTHER)
    assert sources.may_post(OTHER)
    assert sources.may_post(None)


def test_only_allowed_addresses_may_post() -> None:
    sources = Sources(("203.0.113.0/28", "2001:db8::/64", OTHER), PROXIES)
    for allowed in (SENDER, "203.0.113.15", "2001:db8::ffff", OTHER):
        assert sources.may_post(allowed)
        assert sources.may_connect(allowed)
    for forbidden in ("203.0.113.16", "2001:db8:0:1::1", "198.51.100.8", "127.0.0.1"):
        assert not sources.may_post(forbidden)
        assert not sources.may_connect(forbidden)


def test_a_trusted_proxy_may_connect_but_not_post_for_itself_or_an_unknown_sender() -> None:
    sources = Sources((SENDER,), PROXIES)
    assert sources.may_connect(PROXY)
    assert not sources.may_post(PROXY)
    assert not sources.may_post(None)


def test_an_ipv4_client_of_an_ipv6_socket_is_known_by_its_ipv4_address() -> None:
    assert Sources((SENDER,), ()).may_connect(f"::ffff:{SENDER}")
