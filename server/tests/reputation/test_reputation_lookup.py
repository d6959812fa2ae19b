"""What a look-up finds, for either family of addresses, in the lists' order of narrowness."""

import ipaddress
import random
from pathlib import Path

import pytest

from auth0_elastic.reputation import ListSource, Match, Reputation, ReputationSettings
from auth0_elastic.reputation.networks import pack
from auth0_elastic.reputation.prefix_tree import PrefixTree


def reputation_of(folder: Path, **lists: str) -> Reputation:
    """Lists by their kinds, each in a file and named after its kind."""
    sources = []
    for kind, text in lists.items():
        (folder / f"{kind}.txt").write_text(text)
        sources.append(ListSource(name=f"my {kind}", kind=kind, path=folder / f"{kind}.txt"))
    reputation = Reputation(ReputationSettings(lists=tuple(sources)), folder / "cache")
    reputation.refresh()
    return reputation


def test_a_match_says_kind_list_and_network(tmp_path: Path) -> None:
    reputation = reputation_of(tmp_path, tor="192.0.2.7\n2001:db8::/32\n")

    assert reputation.lookup("192.0.2.7") == (Match("tor", "my tor", "192.0.2.7/32"),)
    assert reputation.lookup("2001:db8:1::9") == (Match("tor", "my tor", "2001:db8::/32"),)
    assert reputation.lookup("192.0.2.8") == ()
    assert reputation.lookup("2001:db9::") == ()


def test_every_list_that_holds_the_address_is_named_the_narrowest_network_first(tmp_path: Path) -> None:
    reputation = reputation_of(tmp_path, hosting="192.0.0.0/16", vpn="192.0.2.0/24", tor="192.0.2.7", proxy="192.0.2.7")

    found = [(match.kind, match.network) for match in reputation.lookup("192.0.2.7")]

    assert found == [
        ("tor", "192.0.2.7/32"),
        ("proxy", "192.0.2.7/32"),
        ("vpn", "192.0.2.0/24"),
        ("hosting", "192.0.0.0/16"),
    ]


@pytest.mark.parametrize("allowed", ["192.0.2.7", "192.0.0.0/16", "192.0.2.0/24"])
def test_an_allowed_address_is_on_no_other_list_however_wide_the_network(tmp_path: Path, allowed: str) -> None:
    reputation = reputation_of(tmp_path, deny="192.0.2.0/24\n198.51.100.0/24", allow=allowed)

    assert [match.kind for match in reputation.lookup("192.0.2.7")] == ["allow"]
    assert [match.kind for match in reputation.lookup("198.51.100.1")] == ["deny"]


@pytest.mark.parametrize("address", ["::ffff:192.0.2.7", "::FFFF:C000:207", "0:0:0:0:0:ffff:c000:0207"])
def test_ipv4_in_ipv6_is_looked_up_as_ipv4(tmp_path: Path, address: str) -> None:
    assert reputation_of(tmp_path, tor="192.0.2.7").lookup(address)[0].network == "192.0.2.7/32"


def test_the_families_do_not_meet(tmp_path: Path) -> None:
    """42.0.0.0/8 and 2a00::/8 begin with the same bits."""
    reputation = reputation_of(tmp_path, tor="42.0.0.0/8", vpn="2a00::/8")

    assert [match.kind for match in reputation.lookup("42.1.2.3")] == ["tor"]
    assert [match.kind for match in reputation.lookup("2a01::1")] == ["vpn"]


@pytest.mark.parametrize(
    "text", ["", "10.1", "010.0.0.1", "10.0.0.1/8", "10.0.0.1 ", "localhost", "::g", "\x00", "\ud800"]
)
def test_what_is_no_address_is_on_no_list(tmp_path: Path, text: str) -> None:
    assert reputation_of(tmp_path, deny="10.0.0.0/8\n8.0.0.0/8\n::/1").lookup(text) == ()


def test_a_zone_does_not_hide_an_address(tmp_path: Path) -> None:
    assert reputation_of(tmp_path, deny="fe80::/10").lookup("fe80::1%eth0") != ()


def test_the_tree_finds_what_comparing_with_each_network_finds() -> None:
    dice = random.Random(6)
    networks = {
        *(ipaddress.ip_network((dice.getrandbits(6) << 26, dice.randint(6, 32))) for _ in range(300)),
        *(ipaddress.ip_network((dice.getrandbits(6) << 122, dice.randint(6, 128))) for _ in range(300)),
    }
    tree = PrefixTree([("deny", "all", map(str, networks))])
    for bits in (32, 128):
        for _ in range(500):
            address = dice.getrandbits(6) << bits - 6 | dice.choice([0, 1, dice.getrandbits(bits - 6)])
            known = ipaddress.ip_address(address.to_bytes(bits // 8, "big"))
            expected = sorted((n for n in networks if known in n), key=lambda n: -n.prefixlen)
            found = [match.network for match in tree.covering(pack(str(known)) or b"")]
            assert found == [str(network) for network in expected]
