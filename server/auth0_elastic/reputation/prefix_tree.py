"""Networks of all lists in one prefix tree, which finds those that hold an address."""

from collections.abc import Iterable

import radix

from auth0_elastic.reputation.match import Match

_MATCHES = "matches"


class PrefixTree:
    """Never changed once it is made, so that threads may share it."""

    def __init__(self, lists: Iterable[tuple[str, str, Iterable[str]]]) -> None:
        """`lists` are kind, name and networks in CIDR."""
        self._tree = radix.Radix()
        for kind, name, networks in lists:
            for network in networks:
                data = self._tree.add(network).data
                data[_MATCHES] = (*data.get(_MATCHES, ()), Match(kind, name, network))

    def covering(self, packed: bytes) -> tuple[Match, ...]:
        """The networks that hold the address of 4 or 16 bytes, the narrowest first."""
        nodes = self._tree.search_covering(packed=packed)  # as a text, radix would read 10.1 and 010.0.0.1 too
        return tuple(match for node in nodes for match in node.data[_MATCHES]) if nodes else ()
