"""That an address lies in a network of a list."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

ALLOW: Final = "allow"


class Listed(NamedTuple):
    """A match, and the address that was looked up."""

    address: str
    kind: str
    list: str
    network: str


class Match(NamedTuple):
    """`kind` and `list` are the list's kind and name, `network` is the entry in CIDR notation (`192.0.2.0/24`)."""

    kind: str
    list: str
    network: str


Lookup = Callable[[str], Sequence[Match]]
"""What is known about an address; nothing about a text that is none."""
