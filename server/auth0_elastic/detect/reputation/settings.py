"""The settings of the address lists: typed and frozen, in the schema's shape."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource:
    """A list of addresses and networks; one of `path` and `url` is set.

    `name` is the list's own among all lists. `kind` is tor, vpn, proxy, hosting, deny, allow or any other word; an
    address on a list of the kind allow is on no other.
    """

    name: str
    kind: str
    path: Path | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.url is None):
            raise ValueError(f"list {self.name}: give either path or url")

    @property
    def location(self) -> str:
        return self.url or str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationSettings:
    """`refresh` is how often URLs are asked, in seconds; files are looked at every ten seconds."""

    lists: tuple[ListSource, ...] = ()
    refresh: float = 3600.0
    anonymous_ip_database: Path | None = None
