"""Lists of addresses for the demo: they know where the day's attackers come from."""

from itertools import cycle
from typing import Final

from auth0_elastic.generate.tables import places

_KINDS: Final = ("tor", "vpn", "deny")


def lists() -> dict[str, str]:
    """The text of a list by its kind, one network a line."""
    found: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for kind, place in zip(cycle(_KINDS), places("attack")):
        found[kind] += map(str, [*place.ipv4, *place.ipv6])
    return {kind: "\n".join([*networks, ""]) for kind, networks in found.items()}
