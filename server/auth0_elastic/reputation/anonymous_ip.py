"""MaxMind's GeoIP Anonymous IP database (and Anonymous Plus, which has the same flags), where the operator has one."""

import ipaddress
import logging
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import maxminddb

from auth0_elastic.reputation.match import Match

_log = logging.getLogger(__name__)

_KINDS: Final = {
    "is_tor_exit_node": "tor",
    "is_anonymous_vpn": "vpn",
    "is_public_proxy": "proxy",
    "is_residential_proxy": "residential_proxy",
    "is_hosting_provider": "hosting",
}
_UNNAMED: Final = "anonymous"  # is_anonymous alone: a network of a sort that has no flag


class DatabaseRefused(Exception):
    """The file is no such database; the message says what it is."""


class AnonymousIp:
    """An open database. The file is mapped into memory: replace it, never write into it."""

    def __init__(self, path: Path) -> None:
        """Raises DatabaseRefused and OSError."""
        try:
            self._reader = maxminddb.open_database(path)
            metadata = self._reader.metadata()
            self.name, self._bytes = metadata.database_type, {4: 4, 6: 16}[metadata.ip_version]
        except (maxminddb.InvalidDatabaseError, ValueError, KeyError) as error:
            raise DatabaseRefused("it is not a MaxMind database") from error
        self._is_broken = False
        if "anonymous" not in self.name.lower():
            raise DatabaseRefused(f"it is a {self.name} database; a GeoIP2-Anonymous-IP database is needed")

    def matches(self, packed: bytes) -> tuple[Match, ...]:
        """What the database says of the address of 4 or 16 bytes, as matches of a list with the database's name."""
        if len(packed) > self._bytes:
            return ()
        address = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
        try:
            record, length = self._reader.get_with_prefix_len(address)
        except (maxminddb.InvalidDatabaseError, ValueError):  # the latter for texts that are none
            self._report_broken()
            return ()
        if not isinstance(record, Mapping):
            return ()
        network = str(ipaddress.ip_network((packed, length), strict=False))
        return tuple(Match(kind, self.name, network) for kind in _kinds(record))

    def _report_broken(self) -> None:
        if not self._is_broken:
            self._is_broken = True
            _log.error("%s database: it is damaged, some addresses cannot be looked up; download it again", self.name)


def _kinds(record: Mapping[str, object]) -> list[str]:
    named = [kind for flag, kind in _KINDS.items() if record.get(flag) is True]
    return named or ([_UNNAMED] if record.get("is_anonymous") is True else [])
