"""Draws how a backlog drains: what is left, how fast, and the memory that takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from matplotlib import rc_context
from matplotlib.figure import Figure

from bench.backlog import Sample
from bench.plots import _COLOURS, _INK, _STYLE

_MIB = 2**20
_SMOOTHED = 10  # samples


def draw(samples: Sequence[Sample], events: int, path: Path) -> None:
    """Writes the SVG, and the folder it lies in; the same file for the same figures."""
    seconds = [sample.seconds for sample in samples]
    rates = [_rate(samples, at) for at in range(len(samples))]
    panels: dict[str, dict[str, list[float]]] = {
        "events waiting": {"": [events - sample.delivered for sample in samples]},
        "events/s": {"": rates},
        "MiB": {
            "shipper": [sample.shipper / _MIB for sample in samples],
            "listener": [sample.listener / _MIB for sample in samples],
        },
    }
    with rc_context(cast(Any, _STYLE)):
        figure = Figure(figsize=(6.4, 5), layout="constrained")
        for axes, (title, lines) in zip(figure.subplots(len(panels), 1, sharex=True), panels.items(), strict=True):
            for colour, (name, values) in zip(_COLOURS, lines.items(), strict=False):
                axes.plot(seconds, values, linewidth=1.5, color=colour, label=name)
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter("{x:,.0f}")
            axes.set_ylabel(title)
            axes.grid(color=_INK, alpha=0.25, linewidth=0.5)
            axes.spines[["top", "right"]].set_visible(False)
            if len(lines) > 1:
                axes.legend(frameon=False)
        figure.axes[-1].set_xlabel("seconds")
        figure.axes[0].set_title(f"A backlog of {events:,} events drains", loc="left", fontsize=10)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Date": None})


def _rate(samples: Sequence[Sample], at: int) -> float:
    """Events/s over a few samples around it."""
    first, last = samples[max(0, at - _SMOOTHED)], samples[min(len(samples) - 1, at + _SMOOTHED)]
    return (last.delivered - first.delivered) / max(last.seconds - first.seconds, 1e-9)
