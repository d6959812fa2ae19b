"""Every format in which lists of addresses are given away, and what is no list at all."""

import pytest

from auth0_elastic.reputation.content import ListRefused, read_content

TOR_EXIT_ADDRESSES = b"""ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-03-01 04:37:52
LastStatus 2026-03-01 20:00:00
ExitAddress 162.247.74.201 2026-03-01 20:45:00
ExitNode 00A5BBE5A2BA9CA3F3A4E7C2A4BEDFD1A4E3C5D1
Published 2026-03-01 10:11:12
LastStatus 2026-03-01 20:00:00
ExitAddress 2001:db8::9 2026-03-01 20:12:03
"""
FIREHOL_NETSET = b"""#
# firehol_level1
# Source URLs : https://example.com/drop.txt
#
1.10.16.0/20
2.56.192.0/22
5.188.10.77
"""
SPAMHAUS_DROP = b"""; Spamhaus DROP List 2026/03/01
; Last-Modified: Sun, 01 Mar 2026 10:00:00 GMT
1.10.16.0/20 ; SBL256894
2a06:e480::/29 ; SBL301771
"""
SPAMHAUS_JSON_LINES = b"""{"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}
{"cidr":"2a06:e480::/29","sblid":"SBL301771","rir":"ripencc"}
{"type":"metadata","timestamp":1772359200,"size":2,"records":2}
"""
AWS_IP_RANGES = b"""{"syncToken": "1772359200", "createDate": "2026-03-01-10-00-00",
 "prefixes": [{"ip_prefix": "3.4.12.4/32", "region": "eu-west-1", "service": "AMAZON"}],
 "ipv6_prefixes": [{"ipv6_prefix": "2600:1f14::/35", "region": "us-west-2", "service": "EC2"}]}"""
GOOGLE_RANGES = b'{"prefixes": [{"ipv4Prefix": "34.80.0.0/15", "scope": "asia"}, {"ipv6Prefix": "2600:1900::/28"}]}'
AZURE_SERVICE_TAGS = b'{"cloud": "Public", "values": [{"properties": {"addressPrefixes": ["13.66.60.119/32"]}}]}'
APPLE_PRIVATE_RELAY = b"""172.224.226.0/31,GB,GB-EN,London,
2a02:26f7:b0c0:4000::/64,US,US-CA,LOSANGELES,
"""
FEODO_CSV = b"""################################################################
# Feodo Tracker, in CSV                                        #
################################################################
"first_seen_utc","dst_ip","dst_port","c2_status"
"2026-02-01 11:52:49","162.243.103.246","8080","offline"
"""

FORMATS = {
    "one a line": (b"192.0.2.7\n2001:db8::/32\n", ["192.0.2.7/32", "2001:db8::/32"]),
    "comments and blank lines": (
        b"# a\n; b\n// c\n\n  192.0.2.7 # d\n192.0.2.8 // e\n192.0.2.9;f\n",
        ["192.0.2.7/32", "192.0.2.8/32", "192.0.2.9/32"],
    ),
    "Windows line ends and a byte order mark": (
        b"\xef\xbb\xbf192.0.2.7\r\n192.0.2.8\r\n",
        ["192.0.2.7/32", "192.0.2.8/32"],
    ),
    "UTF-16 from PowerShell": ("192.0.2.7\r\n".encode("utf-16"), ["192.0.2.7/32"]),
    "host bits": (b"192.0.2.7/24\n", ["192.0.2.0/24"]),
    "a netmask": (b"192.0.2.0/255.255.255.0\n", ["192.0.2.0/24"]),
    "addresses with ports": (b"192.0.2.7:8080\n[2001:db8::1]:3128\n", ["192.0.2.7/32", "2001:db8::1/128"]),
    "ranges": (
        b"192.0.2.0 - 192.0.2.255\n192.0.2.4-192.0.2.6 , a name\n2001:db8:: - 2001:db8::3\n",
        ["192.0.2.0/24", "192.0.2.4/31", "192.0.2.6/32", "2001:db8::/126"],
    ),
    "remarks after a dash": (b"192.0.2.7 - bad\n192.0.2.8 - 3 hits\n", ["192.0.2.7/32", "192.0.2.8/32"]),
    "IPv4 in IPv6": (b"::ffff:192.0.2.7\n::ffff:198.51.100.0/120\n", ["192.0.2.7/32", "198.51.100.0/24"]),
    "FireHOL": (FIREHOL_NETSET, ["1.10.16.0/20", "2.56.192.0/22", "5.188.10.77/32"]),
    "Tor's exit-addresses": (TOR_EXIT_ADDRESSES, ["162.247.74.201/32", "2001:db8::9/128"]),
    "Spamhaus DROP": (SPAMHAUS_DROP, ["1.10.16.0/20", "2a06:e480::/29"]),
    "Spamhaus in JSON lines": (SPAMHAUS_JSON_LINES, ["1.10.16.0/20", "2a06:e480::/29"]),
    "CSV without header": (b'"192.0.2.0/24","a, b"\n192.0.2.7,c\n', ["192.0.2.0/24", "192.0.2.7/32"]),
    "CSV with header": (b"country;Network ;note\nDE;192.0.2.0/24;x\n", ["192.0.2.0/24"]),
    "CSV with a header of one word": (b"ip\n192.0.2.7\n", ["192.0.2.7/32"]),
    "CSV after comments": (FEODO_CSV, ["162.243.103.246/32"]),
    "Apple's private relay": (APPLE_PRIVATE_RELAY, ["172.224.226.0/31", "2a02:26f7:b0c0:4000::/64"]),
    "JSON texts": (b'["192.0.2.7", "2001:db8::/32"]', ["192.0.2.7/32", "2001:db8::/32"]),
    "AWS": (AWS_IP_RANGES, ["3.4.12.4/32", "2600:1f14::/35"]),
    "Google": (GOOGLE_RANGES, ["34.80.0.0/15", "2600:1900::/28"]),
    "Azure": (AZURE_SERVICE_TAGS, ["13.66.60.119/32"]),
    "the same twice": (b"192.0.2.7\n192.0.2.7/32\n", ["192.0.2.7/32"]),
}


@pytest.mark.parametrize(("body", "networks"), FORMATS.values(), ids=FORMATS.keys())
def test_the_format_is_told_by_its_shape(body: bytes, networks: list[str]) -> None:
    content = read_content(body, may_be_empty=False)

    assert (list(content.networks), content.unreadable) == (networks, 0)


def test_a_line_that_cannot_be_read_is_counted_and_the_first_is_named() -> None:
    body = (
        b"192.0.2.7\n\nexit.example.com\n300.1.1.1\n10.1\n010.0.0.1\n192.0.2.9-192.0.2.1\n192.0.2.1-2001:db8::1\n::/0\n"
    )

    content = read_content(body, may_be_empty=False)

    assert content == (("192.0.2.7/32",), 7, "'exit.example.com' (number 3)")


def test_a_network_of_every_address_is_not_believed() -> None:
    for everything in (b"0.0.0.0/0", b"::/0", b"::ffff:0:0/96", b"0.0.0.0-255.255.255.255"):
        content = read_content(b"192.0.2.7\n" + everything, may_be_empty=False)
        assert (content.networks, content.unreadable) == (("192.0.2.7/32",), 1)


def test_a_foreign_line_cannot_forge_the_log() -> None:
    content = read_content(b"192.0.2.7\nevil\x1b[31m\x08" + b"x" * 500, may_be_empty=False)

    assert content.first_unreadable == f"'evil\\x1b[31m\\x08{'x' * 70}' (number 2)"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html>\n<html><body>192.0.2.7</body></html>", "HTML"),
        (b"\n  <?xml version='1.0'?><Error>AccessDenied</Error>", "HTML"),
        (b"", "it is empty"),
        (b"# generated by a job that failed\n", "it is empty"),
        (b"ip,country\n", "it is empty"),
        (b"[]", "it is empty"),
        (b"Too many requests\n", "'Too' "),
        (b'{"error": "rate limit", "retry": ["later"]}', "'later' "),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 50, "no address or network"),
        (b"[" * 100_000, "no address or network"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ListRefused, match=reason):
        read_content(body, may_be_empty=False)


def test_a_file_may_be_emptied_with_a_comment_but_not_by_accident() -> None:
    assert read_content(b"# nobody at present\n", may_be_empty=True).networks == ()
    with pytest.raises(ListRefused, match="leave a comment line in it"):
        read_content(b"", may_be_empty=True)
    with pytest.raises(ListRefused, match=r"'exit\.example\.com' \(number 2\)"):
        read_content(b"# our own\nexit.example.com\n", may_be_empty=True)
