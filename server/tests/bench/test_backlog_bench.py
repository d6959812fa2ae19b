"""`scripts/bench backlog` says how a backlog drains."""

from pathlib import Path

from bench.backlog import TENTHS, Sample, by_tenths
from bench.backlog_plot import draw

MIB = 2**20
# 1,000 events/s and 100 µs of CPU an event at first, half of that rate and twice the CPU from the middle on.
STEADY = [Sample(each / 10, each * 100, each / 100, 50 * MIB, 90 * MIB, 0) for each in range(51)]
SLOWER = [Sample(5 + each / 5, 5_000 + each * 100, 0.5 + each / 50, 60 * MIB, 90 * MIB, 0) for each in range(1, 51)]


def test_each_tenth_has_its_own_rate_cpu_and_memory() -> None:
    rows = by_tenths(STEADY + SLOWER, 10_000)
    assert [row["tenth"] for row in rows] == [*range(1, TENTHS + 1)]
    first, last = rows[0], rows[-1]
    assert (first["events_a_second"], first["shipper_cpu_us"], first["shipper_rss_mib"]) == (1000, 100, 50)
    assert (last["events_a_second"], last["shipper_cpu_us"], last["shipper_rss_mib"]) == (500, 200, 60)


def test_the_same_figures_make_the_same_picture(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw(STEADY + SLOWER, 10_000, tmp_path / "img" / f"{name}.svg")
    one, two = ((tmp_path / "img" / f"{name}.svg").read_bytes() for name in ("one", "two"))
    assert one == two
    assert b"A backlog of 10,000 events drains" in one
