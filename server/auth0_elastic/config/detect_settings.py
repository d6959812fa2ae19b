"""The settings of detections, in the schema's shape; `settings` has them as its section `detect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from auth0_elastic.secret import Secret

_SHORTEST_TARGET: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """`timespan` (seconds) and `count` take the place of the rule's own; None leaves them as they are.

    The rule does not see events of the excepted users (id, name or e-mail), from the excepted addresses or networks
    (CIDR), and through the excepted clients (id or name).
    """

    name: str
    enabled: bool = True
    timespan: float | None = None
    count: int | None = None
    except_users: tuple[str, ...] = ()
    except_addresses: tuple[str, ...] = ()
    except_clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where incidents are told; nowhere without `url`, which is secret since a Slack URL is."""

    url: Secret | None
    format: Literal["slack", "generic"]
    token: Secret | None
    max_per_hour: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Detect:
    """`interval` is the seconds between two passes, `rules_path` a folder with rules of the operator's own."""

    enabled: bool
    interval: float
    rules_path: Path | None
    rules: tuple[RuleSettings, ...]
    webhook: WebhookSettings
    reputation: ReputationSettings

    def of(self, rule: str) -> RuleSettings:
        """The settings of the rule with this name."""
        return next((each for each in self.rules if each.name == rule), RuleSettings(name=rule))

    def secrets(self) -> tuple[Secret, ...]:
        urls = tuple(url for url in (self.webhook.url, *(each.url for each in self.reputation.lists)) if url)
        token = (self.webhook.token,) if self.webhook.token else ()
        return (*urls, *token, *(target for url in urls for target in _targets(url)))


def _targets(url: Secret) -> tuple[Secret, ...]:
    """What of an address stands in a request's first line, which libraries log; too short a one is no secret."""
    parts = urlsplit(url.reveal())
    whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return (Secret(whole),) if len(whole) >= _SHORTEST_TARGET else ()
