"""A detection as data: what it looks for, and what an analyst is told about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Json = dict[str, Any]

Level = Literal["informational", "low", "medium", "high", "critical"]
Entity = Literal["user", "source", "client", "tenant"]
Kind = Literal["event_count", "value_count", "temporal", "temporal_ordered"]
Operator = Literal["gte", "gt", "eq", "neq", "lt", "lte"]

SEVERITY: dict[Level, int] = {"informational": 21, "low": 21, "medium": 47, "high": 73, "critical": 99}
"""As in Elastic's detection rules; it is the default of a rule's risk score, too."""


@dataclass(frozen=True, slots=True)
class Base:
    """Which events a rule looks at; `name` is its own within the rule, `query` a query of either engine."""

    name: str
    data_stream: str
    query: Json
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Correlation:
    """What events have to have in common; `inputs` are bases or other correlations, `timespan` milliseconds.

    `group_by` are fields, or aliases that name a field for each input; a value_count counts the values of `counted`.
    """

    name: str
    kind: Kind
    inputs: tuple[str, ...]
    timespan: int
    operator: Operator
    count: int
    counted: str | None = None
    group_by: tuple[str, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stateful:
    """A rule written in Python, and what its file says of it."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`id` is its name in settings and alerts, `uuid` Sigma's; `window` (ms) is how long an incident waits for more.

    A correlation comes after those that it names; the last one raises the alerts.
    """

    id: str
    path: Path
    uuid: str
    title: str
    description: str
    level: Level
    risk_score: int
    entity: Entity
    window: int
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    investigate: str = ""
    bases: tuple[Base, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    stateful: Stateful | None = None

    @property
    def fields(self) -> frozenset[str]:
        """The fields that events are grouped and counted by."""
        found: set[str] = set()
        for each in self.correlations:
            aliased = {name for alias in each.aliases.values() for name in alias.values()}
            found |= {name for name in each.group_by if name not in each.aliases} | aliased
            found |= {each.counted} if each.counted else set()
        return frozenset(found)

    @property
    def timespan(self) -> int:
        """How long the past may matter, in milliseconds."""
        return sum(each.timespan for each in self.correlations)
