"""The settings of detections, in the schema's shape; `settings` has them as its section `detect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auth0_elastic.config.url_secrets import url_secrets
from auth0_elastic.secret import Secret


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
class Detect:
    """`interval` is the seconds between two passes, `rules_path` a folder with rules of the operator's own."""

    enabled: bool
    interval: float
    rules_path: Path | None
    rules: tuple[RuleSettings, ...]
    webhook: WebhookSettings

    def of(self, rule: str) -> RuleSettings:
        """The settings of the rule with this name."""
        return next((each for each in self.rules if each.name == rule), RuleSettings(name=rule))

    def secrets(self) -> tuple[Secret, ...]:
        token = (self.webhook.token,) if self.webhook.token else ()
        return token + (url_secrets(self.webhook.url) if self.webhook.url else ())
