"""What an operator may change of detections, and of each rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from auth0_elastic.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """Events that a rule does not see: of these users (id, name or e-mail), from these addresses or networks (CIDR),
    through these clients (id or name)."""

    users: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """`timespan` (seconds) and `count` take the place of the rule's own; None leaves them as they are."""

    enabled: bool = True
    timespan: float | None = None
    count: int | None = None
    exceptions: Exceptions = Exceptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where alerts are told."""

    url: str
    format: Literal["slack", "generic"] = "generic"
    token: Secret | None = None
    max_per_hour: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings:
    """`interval` is the seconds between two passes, `rules` are settings by a rule's name, `own_rules` a folder."""

    enabled: bool = False
    interval: float = 10.0
    rules: Mapping[str, RuleSettings] = field(default_factory=dict)
    own_rules: Path | None = None
    webhook: Webhook | None = None
    reputation_lists: tuple[str, ...] = ()

    def of(self, rule: str) -> RuleSettings:
        return self.rules.get(rule, RuleSettings())
