"""`scripts/bench detect`: whether detection keeps up with a steady stream of events, and how fast it catches up.

The detector is the process that `serve` runs, with its default settings and all rules. How far it has come is what it
keeps in the engine; the time from there to the event that was ingested last is its lag.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
import yaml

from auth0_elastic.config.load import load
from auth0_elastic.detect.configured import configured_rules
from auth0_elastic.detect.state import StateStore
from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.package_files import data_streams, find_package, load_assets
from auth0_elastic.setup.apply import install
from bench.engines import HEAP
from bench.lag import Sample, Watch, draw
from bench.live import BLOCK, LiveEvents, Undated, blocks
from bench.report import Result, Row, Step, options, progress, show, table
from bench.served import running
from bench.storage import connected

WARM_UP, LONG, QUICK = 20, 120, 30  # seconds
FLAT_OUT = 2  # times the rate that is measured: as fast as the engine takes them
WARM_UPS = 4  # flat out: after one, compiling still takes a quarter of the engine's CPU time
_NAMESPACE, _WARM_NAMESPACE = "bench", "warm"
_DEFAULTS = load(None, {}).detect


class Measured(NamedTuple):
    """`rate` is what was indexed in a second, `backlog` how many events a new detector went through in `seconds`."""

    rate: float
    samples: list[Sample]
    backlog: int
    seconds: float
    alerts: int


@click.command(name="detect")
@click.option("--seconds", type=click.IntRange(10), help=f"How long.  [default: {LONG}; with --quick: {QUICK}]")
@click.option("--rate", type=click.IntRange(100), default=2_000, show_default=True, help="Events a second.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the lag there, as SVG.")
@options
def command(seconds: int | None, rate: int, plot: Path | None, quick: bool, json_path: Path | None) -> None:
    """How far detection is behind live events, its share of the CPU, and how fast it goes through a backlog."""
    measured = measure(seconds or (QUICK if quick else LONG), rate)
    show([result(measured)], json_path)
    if plot is not None:
        draw(measured.samples, measured.rate, _DEFAULTS.interval, plot)


def measure(seconds: int, rate: int) -> Measured:
    """Raises EngineError, or MissingTool where the embedded engine cannot be had."""
    count = (WARM_UP + seconds) * rate
    steps = -(-count // BLOCK) + WARM_UPS * (WARM_UP // FLAT_OUT) + WARM_UP + seconds + 1
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, progress("detect", steps) as step:
        made: list[Undated] = []
        for block in blocks(count):
            step("making events")
            made += block
        with EmbeddedEngine(Path(name) / "engine", heap=HEAP) as embedded:
            return _measure(Path(name), embedded.url, made, rate, step)


def _measure(folder: Path, url: str, made: list[Undated], rate: int, step: Step) -> Measured:
    engine, config = connected(url), _configured(folder, url)
    for stream in data_streams(find_package()):
        install(engine, load_assets(stream))
    for _ in range(WARM_UPS):
        LiveEvents(engine, _WARM_NAMESPACE).run(made[: WARM_UP * rate], FLAT_OUT * rate, lambda: step("warming up"))
        engine.call("DELETE", f"/_data_stream/logs-auth0.logs-{_WARM_NAMESPACE}")
    events, state = LiveEvents(engine, _NAMESPACE), StateStore(engine, _NAMESPACE).index
    with running([*_program("serve", config), "--only", "detect"], folder / "detect.log", None) as pid:
        events.run(made[: WARM_UP * rate], rate, lambda: step("warming up"))
        watch = Watch(engine, state, events, pid)
        with watch():
            actual = events.run(made[WARM_UP * rate :], rate, lambda: step(watch.told))
    step("catching up")
    engine.call("DELETE", f"/{state}")
    engine.call("DELETE", f"/_data_stream/logs-auth0.alerts-{_NAMESPACE}")
    begin = time.monotonic()
    subprocess.run([*_program("detect", config), "--once"], capture_output=True, text=True, check=True)
    return Measured(actual, watch.samples, len(made), time.monotonic() - begin, _alerts(engine))


def _configured(folder: Path, url: str) -> Path:
    path = folder / "auth0-elastic.yml"
    settings = {"elasticsearch": {"hosts": [url]}, "data_stream": {"namespace": _NAMESPACE}}
    path.write_text(yaml.safe_dump(settings))
    return path


def _program(name: str, config: Path) -> list[str]:
    return [sys.executable, "-m", "auth0_elastic", name, "--config", str(config)]


def _alerts(engine: Engine) -> int:
    stream = f"logs-auth0.alerts-{_NAMESPACE}"
    engine.call("POST", f"/{stream}/_refresh")
    return int(engine.call("GET", f"/{stream}/_count")["count"])


def result(measured: Measured) -> Result:
    """One row; that of the JSON has the lag over time, too."""
    row = _figures(measured)
    made = table("Detection of live events", "", "")
    for name, value in row.items():
        made.add_row(name.replace("_", " "), f"{value:,}")
    lag = [{"at_s": round(each.at, 1), "lag_s": round(each.lag, 2)} for each in measured.samples]
    return Result("detect", [{**row, "lag": lag}], made)


def _figures(measured: Measured) -> Row:
    lags = [sample.lag for sample in measured.samples]
    first, last = measured.samples[0], measured.samples[-1]
    return {
        "rules": len(configured_rules(_DEFAULTS)),
        "events_a_second": round(measured.rate),
        "seconds": round(last.at),
        "lag_p50_s": round(median(lags), 1),
        "lag_max_s": round(max(lags), 1),
        "lag_max_of_the_last_third_s": round(max(lags[len(lags) * 2 // 3 :]), 1),
        "detector_cores": round((last.detector - first.detector) / (last.at - first.at), 2),
        "engine_cores": round((last.engine - first.engine) / (last.at - first.at), 2),
        "backlog_events": measured.backlog,
        "backlog_seconds": round(measured.seconds, 1),
        "backlog_events_a_second": round(measured.backlog / measured.seconds),
        "alerts": measured.alerts,
    }
