"""gzip bodies, with all the ways in which they can be wrong."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from auth0_elastic.errors import RequestRefused
from auth0_elastic.receive.parse import MAX_MEMBERS, decompress

LIMIT = 1_000_000
TEXT = b'{"log_id":"900"}\n' * 100


def refused_with(body: bytes, limit: int = LIMIT) -> int:
    with pytest.raises(RequestRefused) as refused:
        decompress(body, limit)
    return refused.value.status


@pytest.mark.parametrize("body", [b"", b"{}", TEXT, b"\x1f", b"\x1f\x8c"])
def test_what_is_not_gzip_stays_as_it_is(body: bytes) -> None:
    assert decompress(body, LIMIT) == body


def test_a_gzip_body_is_unpacked() -> None:
    assert decompress(gzip.compress(TEXT), LIMIT) == TEXT


def test_several_members_are_one_body() -> None:
    members = [gzip.compress(TEXT), gzip.compress(b""), gzip.compress(TEXT)]
    assert decompress(b"".join(members), LIMIT) == TEXT + TEXT


def test_padding_after_the_last_member_is_ignored() -> None:
    assert decompress(gzip.compress(TEXT) + b"\0" * 512, LIMIT) == TEXT


@pytest.mark.parametrize("cut", [2, 5, 10, 20, -9, -4, -1])
def test_a_truncated_body_is_refused(cut: int) -> None:
    assert refused_with(gzip.compress(TEXT)[:cut]) == 400


def test_a_truncated_second_member_is_refused() -> None:
    assert refused_with(gzip.compress(TEXT) + gzip.compress(TEXT)[:-3]) == 400


def test_garbage_after_a_member_is_refused() -> None:
    assert refused_with(gzip.compress(TEXT) + b"garbage") == 400


def test_a_wrong_checksum_is_refused() -> None:
    body = bytearray(gzip.compress(TEXT))
    body[-8] ^= 1
    assert refused_with(bytes(body)) == 400


def test_exactly_the_limit_is_accepted() -> None:
    assert decompress(gzip.compress(TEXT), len(TEXT)) == TEXT
    assert refused_with(gzip.compress(TEXT), len(TEXT) - 1) == 413


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * 2**20) for _ in range(200)) + packer.flush()
    assert len(bomb) < 250_000
    assert refused_with(bomb) == 413


def test_a_bomb_in_many_members_is_refused() -> None:
    assert refused_with(gzip.compress(b" " * 300_000) * 4) == 413


def test_gzip_within_gzip_is_unpacked_once() -> None:
    assert decompress(gzip.compress(gzip.compress(TEXT)), LIMIT) == gzip.compress(TEXT)


def test_as_many_members_as_are_allowed_and_not_one_more() -> None:
    member = gzip.compress(b"{}\n")
    assert decompress(member * MAX_MEMBERS, LIMIT) == b"{}\n" * MAX_MEMBERS
    assert refused_with(member * (MAX_MEMBERS + 1)) == 400


def test_half_a_million_empty_members_are_not_unpacked() -> None:
    """Each would cost a copy of all that follow it."""
    assert refused_with(gzip.compress(b"") * 500_000) == 400


@pytest.mark.parametrize("pack", [zlib.compress, lambda text: zlib.compress(text)[2:-4]])
def test_a_body_in_deflate_is_taken_for_what_it_looks_like(pack: Callable[[bytes], bytes]) -> None:
    """Nothing is unpacked on the word of a Content-Encoding; what remains is no JSON."""
    assert decompress(pack(TEXT), LIMIT) == pack(TEXT)
