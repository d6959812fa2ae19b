"""Lines over a growing quantity, as SVG: the same file for the same figures, readable on a light and a dark ground."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.report import Result, Row

_INK = "#808080"
_COLOURS = ("#2f81f7", "#e8833a", "#2da44e", "#a371f7", "#db61a2")
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "auth0-elastic",
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.labelcolor": _INK,
}


class Plot(NamedTuple):
    """What is drawn: the axes' titles, and each line's values at the places `x`. The x axis grows by factors of ten."""

    title: str
    x_title: str
    x: Sequence[float]
    lines: Mapping[str, Sequence[float]]
    is_logarithmic: bool = False


def draw(plot: Plot, path: Path) -> None:
    """Writes the file, and the folder it lies in."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(6.4, 3), layout="constrained")
        axes = figure.add_subplot()
        for colour, (name, values) in zip(_COLOURS, plot.lines.items(), strict=False):
            axes.plot(plot.x, values, marker="o", markersize=4, linewidth=1.5, color=colour, label=name)
        axes.set_xscale("log")
        axes.set_xticks(plot.x, [f"{each:,}" for each in plot.x])
        axes.minorticks_off()
        if plot.is_logarithmic:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel(plot.x_title)
        axes.set_title(plot.title, loc="left", fontsize=10)
        axes.grid(color=_INK, alpha=0.25, linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
        if len(plot.lines) > 1:
            figure.legend(loc="outside right upper", frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Date": None})


def draw_all(results: Sequence[Result], images: Path) -> None:
    """The plots of the results of accept, latency and depth, as far as they are there."""
    for result in results:
        if result.name in _PLOTS:
            for name, plot in _PLOTS[result.name](result.rows).items():
                draw(plot, images / f"{name}.svg")


def _accept_plot(rows: Sequence[Row]) -> dict[str, Plot]:
    lines = {}
    for who, name in (("ours", "ours, on the disk"), ("telegraf", "Telegraf, in memory")):
        for scheme in ("https", "http"):
            key = f"{who}_events_a_second"
            values = [row[key] for row in rows if row["scheme"] == scheme and row.get(key) is not None]
            if len(values) == len([row for row in rows if row["scheme"] == scheme]):
                lines[f"{name}, {scheme.upper()}"] = values
    sizes = [row["events_a_request"] for row in rows if row["scheme"] == "https"]
    return {"accept": Plot("Events/s accepted, by the size of a request", "events a request", sizes, lines)}


def _latency_plot(rows: Sequence[Row]) -> dict[str, Plot]:
    names = [
        (what, part)
        for what in ("accepted", "indexed", "searchable")
        for part in (50, 99)
        if part == 50 or what != "indexed"
    ]
    lines = {f"{what}, p{part}": [row[f"{what}_p{part}_ms"] for row in rows] for what, part in names}
    rates = [row["events_a_second"] for row in rows]
    return {"latency": Plot("Milliseconds since posted, by the rate", "events/s", rates, lines, is_logarithmic=True)}


def _depth_plots(rows: Sequence[Row]) -> dict[str, Plot]:
    depths = [row["events_waiting"] for row in rows]

    def plot(title: str, x_title: str, key: str) -> Plot:
        return Plot(title, x_title, depths, {title: [row[key] for row in rows]})

    return {
        "drain": plot("Events/s drained, by backlog", "events waiting", "events_a_second"),
        "memory": plot("MiB (PSS) of the shipper at its peak, by backlog", "events waiting", "shipper_peak_pss_mib"),
        "storage": plot("Bytes per event on disk, by the size of the index", "events", "bytes_an_event"),
    }


_PLOTS: Mapping[str, Callable[[Sequence[Row]], Mapping[str, Plot]]] = {
    "accept": _accept_plot,
    "latency": _latency_plot,
    "depth": _depth_plots,
}
