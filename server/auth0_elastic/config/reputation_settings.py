"""The settings of lists of addresses, in the schema's shape; `settings` has them as its section `reputation`."""

from dataclasses import dataclass
from pathlib import Path

from auth0_elastic.config.url_secrets import url_secrets
from auth0_elastic.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource:
    """A list of addresses and networks; one of `path` and `url` is set.

    `name` is the list's own among all lists. `kind` is tor, vpn, proxy, hosting, deny, allow or any other word; an
    address on a list of the kind allow is on no other. `url` may hold a key.
    """

    name: str
    kind: str
    path: Path | None = None
    url: Secret | None = None

    @property
    def location(self) -> str:
        return self.url.reveal() if self.url else str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationSettings:
    """`refresh` is how often URLs are asked, in seconds; files are looked at every ten seconds."""

    lists: tuple[ListSource, ...] = ()
    refresh: float = 3600.0
    anonymous_ip_database: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look addresses up in."""
        return not (self.lists or self.anonymous_ip_database)

    def secrets(self) -> tuple[Secret, ...]:
        return tuple(secret for each in self.lists if each.url for secret in url_secrets(each.url))
