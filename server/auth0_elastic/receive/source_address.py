"""Who sends a request: the peer, or the one that trusted proxies say they speak for; and whether that one may post."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_FORWARDED: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?|([0-9A-Fa-f:.]+)")


class Sources:
    """The addresses that may post, all if none are named, and the proxies whose X-Forwarded-For is believed."""

    def __init__(self, allowed: Iterable[str], trusted_proxies: Iterable[str]) -> None:
        self._allowed = _networks(allowed)
        self._trusted = _networks(trusted_proxies)

    def source_of(self, peer: str, forwarded_for: str | None) -> str | None:
        """The sender's address; None if a trusted proxy names none that can be read.

        The header is walked from its right, where the last proxy writes, and only as far as proxies are trusted: what
        stands further left is anybody's word.
        """
        if not self._trusted or not forwarded_for:
            return str(_peer(peer)) if ":" in peer else peer
        source: Address | None = _peer(peer)
        hops = forwarded_for.split(",")
        while hops and source is not None and _is_in(source, self._trusted):
            source = _forwarded(hops.pop())
        return None if source is None else str(source)

    def may_connect(self, peer: str) -> bool:
        """Whether anything of what the peer sends need be looked at."""
        return not self._allowed or _is_in(_peer(peer), self._allowed + self._trusted)

    def may_post(self, source: str | None) -> bool:
        return not self._allowed or (source is not None and _is_in(ip_address(source), self._allowed))


def _networks(texts: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def _is_in(address: Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _peer(text: str) -> Address:
    """A link-local address has its interface behind a %."""
    return _unmapped(ip_address(text.partition("%")[0]))


def _forwarded(hop: str) -> Address | None:
    """The address of a part of the header, which may have a port; None for anything else, such as `unknown`."""
    match = _FORWARDED.fullmatch(hop.strip(" \t"))
    try:
        return _unmapped(ip_address(match[1] or match[2] or match[3])) if match else None
    except ValueError:
        return None


def _unmapped(address: Address) -> Address:
    """An IPv4 client of an IPv6 socket is an IPv4 client."""
    return getattr(address, "ipv4_mapped", None) or address
