"""One entry of a list, read as networks, and one address, read as bytes."""

import ipaddress
import re
import socket

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")
_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96, IPv4 as a dual-stack socket shows it
_MAPPED_BITS = 96
_IPV4_BYTES = 4


def read_networks(entry: str) -> list[str]:
    """The networks of an address, an address with port, a CIDR or a range (`192.0.2.1-192.0.2.9`), each in CIDR.

    Raises ValueError, also for a network that covers every address: a list that says so says nothing.
    """
    packed = pack(entry)
    if packed and len(packed) == _IPV4_BYTES:  # most entries are; a tenth of the time of what follows
        return [f"{socket.inet_ntop(socket.AF_INET, packed)}/32"]
    first, dash, last = entry.partition("-")
    if dash:
        return [_text(network) for network in _summarized(first.strip(), last.strip())]
    port = _WITH_PORT.fullmatch(entry)
    return [_text(ipaddress.ip_network((port[1] or port[2]) if port else entry, strict=False))]


def pack(address: str) -> bytes | None:
    """The 4 or 16 bytes of an address, 4 also of an IPv4 address in IPv6's clothes; None if it is no address."""
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return None
    return packed[len(_MAPPED) :] if packed.startswith(_MAPPED) else packed


def _summarized(first: str, last: str) -> list[_Network]:
    start, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
    if isinstance(start, ipaddress.IPv4Address) and isinstance(end, ipaddress.IPv4Address):
        return list(ipaddress.summarize_address_range(start, end))
    if isinstance(start, ipaddress.IPv6Address) and isinstance(end, ipaddress.IPv6Address):
        return list(ipaddress.summarize_address_range(start, end))
    raise ValueError


def _text(network: _Network) -> str:
    if isinstance(network, ipaddress.IPv6Network):
        network = _unmapped(network)
    if network.prefixlen == 0:
        raise ValueError
    return str(network)


def _unmapped(network: ipaddress.IPv6Network) -> _Network:
    mapped = network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
