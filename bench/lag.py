"""How far the detector is behind, looked at while it runs, and drawn."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.engine.client import Engine
from bench.live import LiveEvents
from bench.processes import cpu_seconds

_LOOK_SECONDS = 0.5


class Sample(NamedTuple):
    """Seconds after the beginning, how many the detector is behind, and of the CPU what it and the engine have had."""

    at: float
    lag: float
    detector: float
    engine: float


class Watch:
    """Looks twice a second; a context, in which `samples` grow. `state` is the index that has the detector's state."""

    def __init__(self, engine: Engine, state: str, events: LiveEvents, pid: int) -> None:
        self._engine, self._state, self._events, self._pid = engine, state, events, pid
        self.samples: list[Sample] = []
        self._stop, self._begin = threading.Event(), time.monotonic()

    @property
    def told(self) -> str:
        return f"{self.samples[-1].lag:.1f} s behind" if self.samples else "live"

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._begin = time.monotonic()
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            lag = max(0.0, self._events.newest - self._position())
            at = time.monotonic() - self._begin
            self.samples.append(Sample(at, lag, cpu_seconds([self._pid]), self._engine_cpu()))

    def _position(self) -> float:
        """Up to where the detector has come, by when events were ingested (epoch seconds)."""
        state = self._engine.request("GET", f"/{self._state}/_doc/state", params={"_source_includes": "cursor"})
        return max(self._events.begun, state.body["_source"]["cursor"] / 1000 if state.status == 200 else 0.0)

    def _engine_cpu(self) -> float:
        (node,) = self._engine.call("GET", "/_nodes/stats/process")["nodes"].values()
        return float(node["process"]["cpu"]["total_in_millis"]) / 1000


def draw(samples: Sequence[Sample], rate: float, interval: float, path: Path) -> None:
    """The lag over time, as SVG; the same file for the same figures."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "lag", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(7, 2.4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([round(each.at, 1) for each in samples], [round(each.lag, 2) for each in samples], linewidth=1.2)
        axes.axhline(interval, color="0.6", linewidth=0.8, linestyle="--")
        axes.set(xlabel="seconds", ylabel="seconds behind", xlim=(0, samples[-1].at))
        axes.set_ylim(0, 1.25 * max(interval, *(each.lag for each in samples)))
        axes.set_title(f"Detection of {rate:,.0f} events/s: how far it is behind", loc="left", fontsize=9)
        axes.set_title(f"dashed: detect.interval, {interval:g} s", loc="right", fontsize=9, color="0.4")
        axes.spines[["top", "right"]].set_visible(False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
