"""A GeoIP Anonymous IP database, written here as MaxMind's specification of the format says, read by `maxminddb`."""

import ipaddress
import itertools
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.reputation import ListSource, Match, Reputation, ReputationSettings
from auth0_elastic.reputation.anonymous_ip import AnonymousIp
from auth0_elastic.reputation.networks import pack
from auth0_elastic.reputation.watched_database import WatchedDatabase

NAME = "GeoIP2-Anonymous-IP"
FLAGS = {
    "192.0.2.0/24": {"is_anonymous": True, "is_anonymous_vpn": True, "is_hosting_provider": True},
    "198.51.100.7/32": {"is_anonymous": True, "is_tor_exit_node": True},
    "203.0.113.0/25": {"is_anonymous": True, "is_residential_proxy": True},
    "203.0.113.128/25": {"is_anonymous": True},
    "2001:db8::/32": {"is_anonymous": True, "is_public_proxy": True},
}


def write_database(path: Path, records: Mapping[str, Any], name: str = NAME, version: int = 6) -> None:
    """The smallest valid file: a tree of 32-bit records, the data section, the metadata."""
    nodes, data = [[0, 0]], b""
    leaves: dict[tuple[int, int], int] = {}
    for network, record in records.items():
        *above, last = _bits(network, version)
        node = 0
        for bit in above:
            nodes[node][bit] = nodes[node][bit] or len(nodes)
            if nodes[node][bit] == len(nodes):
                nodes.append([0, 0])
            node = nodes[node][bit]
        leaves[node, last] = len(data)
        data += _encoded(record)
    tree = b""
    for node, bit in itertools.product(range(len(nodes)), (0, 1)):
        leaf = len(nodes) + 16 + leaves[node, bit] if (node, bit) in leaves else nodes[node][bit] or len(nodes)
        tree += leaf.to_bytes(4, "big")
    metadata = {"node_count": _unsigned(6, len(nodes)), "record_size": _unsigned(5, 32), "database_type": name}
    metadata |= {"binary_format_major_version": _unsigned(5, 2), "binary_format_minor_version": _unsigned(5, 0)}
    metadata |= {"ip_version": _unsigned(5, version), "build_epoch": _unsigned(9, 1_800_000_000)}
    metadata |= {"languages": [], "description": {"en": "test"}}
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _encoded(metadata))


def _bits(network: str, version: int) -> list[int]:
    """IPv4 lies in ::/96 of an IPv6 tree."""
    known = ipaddress.ip_network(network)
    width, length = known.max_prefixlen, known.prefixlen
    bits = [int(known.network_address) >> (width - 1 - place) & 1 for place in range(length)]
    return [0] * 96 + bits if version == 6 and known.version == 4 else bits


def _unsigned(type_number: int, value: int) -> bytes:
    """Type 5 (16 bits), 6 (32) or 9 (64); what reads the metadata insists on these."""
    content = value.to_bytes({5: 2, 6: 4, 9: 4}[type_number], "big")
    return _control(type_number, len(content)) + content


def _encoded(value: Any) -> bytes:
    """Types 2 (text), 7 (map), 11 (array) and 14 (boolean), all of them short; bytes are encoded already."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return _control(14, value)
    if isinstance(value, str):
        return _control(2, len(value)) + value.encode()
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encoded, value))
    return _control(7, len(value)) + b"".join(_encoded(key) + _encoded(item) for key, item in value.items())


def _control(type_number: int, size: int) -> bytes:
    return bytes([type_number << 5 | size] if type_number < 8 else [size, type_number - 7])


def reputation_of(folder: Path, *lists: ListSource) -> Reputation:
    settings = ReputationSettings(lists=lists, anonymous_ip_database=folder / "anonymous.mmdb")
    return Reputation(settings, folder / "cache")


@pytest.mark.parametrize(
    ("address", "kinds", "network"),
    [
        ("192.0.2.200", ["vpn", "hosting"], "192.0.2.0/24"),
        ("198.51.100.7", ["tor"], "198.51.100.7/32"),
        ("203.0.113.5", ["residential_proxy"], "203.0.113.0/25"),
        ("203.0.113.200", ["anonymous"], "203.0.113.128/25"),
        ("::ffff:198.51.100.7", ["tor"], "198.51.100.7/32"),
        ("2001:db8:5::1", ["proxy"], "2001:db8::/32"),
        ("198.51.100.8", [], ""),
        ("2001:db9::1", [], ""),
    ],
)
def test_each_flag_is_a_match_of_its_kind(tmp_path: Path, address: str, kinds: list[str], network: str) -> None:
    write_database(tmp_path / "anonymous.mmdb", FLAGS)
    reputation = reputation_of(tmp_path)
    reputation.refresh()

    assert reputation.lookup(address) == tuple(Match(kind, NAME, network) for kind in kinds)


def test_lists_come_before_the_database_and_an_allowed_address_is_not_in_it(tmp_path: Path) -> None:
    write_database(tmp_path / "anonymous.mmdb", FLAGS)
    for kind, text in (("allow", "192.0.2.0/28"), ("deny", "192.0.2.16/28")):
        (tmp_path / kind).write_text(text)
    reputation = reputation_of(
        tmp_path, *(ListSource(name=kind, kind=kind, path=tmp_path / kind) for kind in ("allow", "deny"))
    )
    reputation.refresh()

    assert [match.kind for match in reputation.lookup("192.0.2.1")] == ["allow"]
    assert [match.kind for match in reputation.lookup("192.0.2.17")] == ["deny", "vpn", "hosting"]


def test_a_database_of_ipv4_alone_says_nothing_of_ipv6(tmp_path: Path) -> None:
    path = tmp_path / "anonymous.mmdb"
    write_database(path, {"198.51.100.0/24": {"is_anonymous": True, "is_tor_exit_node": True}}, version=4)
    database = AnonymousIp(path)

    assert database.matches(pack("2001:db8::1") or b"") == ()
    assert database.matches(pack("198.51.100.9") or b"") == (Match("tor", NAME, "198.51.100.0/24"),)


def test_a_new_database_takes_the_old_one_s_place_even_if_it_is_written_over_it(tmp_path: Path) -> None:
    path = tmp_path / "anonymous.mmdb"
    write_database(path, FLAGS)
    reputation = reputation_of(tmp_path)
    reputation.refresh()

    path.write_bytes(b"")  # as a download begins: a reader that had mapped this file would die of the next look-up
    assert reputation.lookup("198.51.100.7") != ()
    write_database(path, {"198.51.100.8/32": {"is_anonymous": True, "is_tor_exit_node": True}})
    reputation.refresh()

    assert reputation.lookup("198.51.100.7") == ()
    assert reputation.lookup("198.51.100.8") != ()


@pytest.mark.parametrize("name", [NAME, "GeoLite2-ASN"])
def test_a_database_that_has_not_changed_is_not_copied_again(tmp_path: Path, name: str) -> None:
    write_database(tmp_path / "anonymous.mmdb", FLAGS, name)
    (tmp_path / "cache").mkdir()
    watched = WatchedDatabase(tmp_path / "anonymous.mmdb", tmp_path / "cache")
    watched.refresh()
    made = (tmp_path / "cache").stat().st_mtime_ns

    assert not watched.refresh()
    assert (tmp_path / "cache").stat().st_mtime_ns == made


def test_a_broken_or_lost_database_leaves_the_last_good_copy_even_after_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "anonymous.mmdb"
    write_database(path, FLAGS)
    reputation_of(tmp_path).refresh()
    path.write_bytes(b"<html>license key expired</html>")
    for _ in range(2):
        reputation = reputation_of(tmp_path)
        reputation.refresh()
        reputation.refresh()
        assert reputation.lookup("198.51.100.7") != ()
        path.unlink(missing_ok=True)

    assert [record.getMessage() for record in caplog.records] == [
        f"reputation.anonymous_ip_database: {path}: {problem}; the last good copy stays in use"
        for problem in ("it is not a MaxMind database", "it cannot be read or copied (No such file or directory)")
    ]


def test_a_database_is_whole_whoever_copies_it_meanwhile(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, cache = tmp_path / "anonymous.mmdb", tmp_path / "cache"
    cache.mkdir()
    write_database(path, FLAGS)

    def copy() -> list[bool]:
        watched, ends = WatchedDatabase(path, cache), []
        for number in range(20):
            os.utime(path, ns=(number, number))
            watched.refresh()
            ends.append(watched.current is not None and watched.current.matches(pack("198.51.100.7") or b"") != ())
        return ends

    with ThreadPoolExecutor(2) as threads:
        found = [each.result() for each in (threads.submit(copy), threads.submit(copy))]

    assert found == [[True] * 20] * 2
    assert [each.name for each in cache.iterdir()] == ["anonymous-ip.mmdb"]
    assert not caplog.records


def test_another_database_of_maxmind_is_refused_by_its_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_database(
        tmp_path / "anonymous.mmdb", {"192.0.2.0/24": {"autonomous_system_number": _unsigned(6, 64496)}}, "GeoLite2-ASN"
    )
    reputation = reputation_of(tmp_path)
    reputation.refresh()

    assert reputation.lookup("192.0.2.1") == ()
    assert (
        "it is a GeoLite2-ASN database; a GeoIP2-Anonymous-IP database is needed; until it can be read" in caplog.text
    )


def test_damage_inside_of_a_database_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "anonymous.mmdb"
    write_database(path, FLAGS)
    whole = path.read_bytes()
    start = whole.index(bytes(16) + _encoded(FLAGS["192.0.2.0/24"])) + 16
    path.write_bytes(whole[:start] + b"\xff" * 40 + whole[start + 40 :])
    reputation = reputation_of(tmp_path)
    reputation.refresh()

    assert (reputation.lookup("192.0.2.1"), reputation.lookup("192.0.2.2")) == ((), ())
    assert [record.getMessage() for record in caplog.records] == [
        f"{NAME} database: it is damaged, some addresses cannot be looked up; download it again"
    ]


def test_a_database_whose_metadata_is_damaged_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "anonymous.mmdb"
    write_database(path, FLAGS)
    whole = path.read_bytes()
    for word, damage in ((b"ip_version", b"ip_versiom"), (b"test", b"\xff\xff\xff\xff")):
        path.write_bytes(whole.replace(word, damage))
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / "anonymous-ip.mmdb").write_bytes(path.read_bytes())
        reputation = reputation_of(tmp_path)
        reputation.refresh()
        assert reputation.lookup("198.51.100.7") == ()
    assert "it is not a MaxMind database" in caplog.text


def test_a_record_that_is_no_text_is_reported_as_damage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "anonymous.mmdb"
    write_database(path, {"192.0.2.0/24": {"is_anonymous": "yes"}})
    path.write_bytes(path.read_bytes().replace(b"yes", b"\xff\xfe\xfd"))
    reputation = reputation_of(tmp_path)
    reputation.refresh()

    assert reputation.lookup("192.0.2.1") == ()
    assert "it is damaged" in caplog.text
