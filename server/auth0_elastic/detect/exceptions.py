"""Events that an operator has told a rule not to see."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from auth0_elastic.config.detect_settings import RuleSettings
from auth0_elastic.detect.event import Event

_USERS: Final = ("user.id", "user.name", "user.email")
_CLIENTS: Final = ("auth0.logs.data.client_id", "auth0.logs.data.client_name", "auth0.client.id", "auth0.client.name")


class Excepted:
    """Decides it for one rule. Raises ValueError for a network that is none."""

    def __init__(self, settings: RuleSettings) -> None:
        self._users = frozenset(settings.except_users)
        self._clients = frozenset(settings.except_clients)
        self._networks = networks(settings.except_addresses)

    def __call__(self, event: Event) -> bool:
        if self._users and any(self._users & set(event.values(name)) for name in _USERS):
            return True
        if self._clients and any(self._clients & set(event.values(name)) for name in _CLIENTS):
            return True
        address = event.first("source.ip") if self._networks else None
        return address is not None and is_within(address, self._networks)


def networks(texts: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Of addresses and CIDR notations. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_within(address: str, among: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return bool(among) and any(ip_address(address) in network for network in among)
