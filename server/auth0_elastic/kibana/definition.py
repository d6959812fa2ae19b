"""What a dashboard is, before it is Kibana's: panels of a kind, with metrics, by fields, where a filter holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Filter = Mapping[str, Any]
"""Field → value, list of values, `*` (exists), `prefix*` or `>= number`; a field may begin with `not `."""

Kind = Literal["number", "time", "bars", "donut", "table", "map", "text", "events"]
Operation = Literal["count", "unique", "average", "median", "percentile", "max"]

COLUMNS = 48
"""The width of Kibana's grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`field` is None for a count alone; `percentile` is 1 to 99; `color` is #rrggbb."""

    label: str
    operation: Operation
    field: str | None
    percentile: int | None
    where: Filter
    color: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """In cells of the grid, which is 48 wide."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`by` is label → field, outermost first; `only` is a pattern of the values shown.

    `over` is for the kind time alone, `text` and `search` for the kinds text and events.
    """

    id: str
    title: str
    description: str
    kind: Kind
    place: Place
    metrics: tuple[Metric, ...]
    by: tuple[tuple[str, str], ...]
    over: str
    shape: Literal["bars", "line", "area"]
    top: int
    only: str
    where: Filter
    text: str
    search: str
    leads_to: str | None

    @property
    def is_chart(self) -> bool:
        """Whether there is a query behind it."""
        return self.kind not in ("text", "events")

    @property
    def fields(self) -> set[str]:
        """Every field that it names, those of filters included."""
        named = {field for _, field in self.by} | filtered_fields(self.where)
        for metric in self.metrics:
            named |= filtered_fields(metric.where) | ({metric.field} if metric.field else set())
        return named | ({self.over} if self.kind == "time" else set())


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """`data_stream` is one of the package's; `controls` is label → field: the drop-downs above the panels."""

    id: str
    title: str
    description: str
    data_stream: str
    where: Filter
    controls: tuple[tuple[str, str], ...]
    panels: tuple[Panel, ...]

    @property
    def fields(self) -> set[str]:
        """Every field that it or one of its panels names."""
        named = {field for _, field in self.controls} | filtered_fields(self.where)
        return named.union(*(panel.fields for panel in self.panels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A saved search; `every_source` looks beyond its data stream, and beyond Auth0."""

    id: str
    title: str
    description: str
    data_stream: str
    where: Filter
    columns: tuple[str, ...]
    every_source: bool

    @property
    def fields(self) -> set[str]:
        """Every field that it names."""
        return set(self.columns) | filtered_fields(self.where)


def filtered_fields(where: Filter) -> set[str]:
    """The fields that the filter names."""
    return {key.removeprefix("not ") for key in where}
