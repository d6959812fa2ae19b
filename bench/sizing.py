"""`python -m bench.sizing`: prints the second table of docs/sizing.md from the figures in its first one."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "sizing.md"
RATES = (1, 10, 100, 1_000, 5_000)  # events/s
_DAY = 86_400


def figures(page: str) -> dict[str, float]:
    """What the page says was measured, and how it is run, by name."""
    measured = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page, re.MULTILINE)
    run = re.findall(r"`(\w+)`\s+=\s+([\d.]+)", page)
    return {name: float(value) for name, value in [*measured, *run]}


def rows(of: Mapping[str, float]) -> Iterator[str]:
    """A line of the table for each rate."""
    for rate in RATES:
        disk = rate * _DAY * of["retention"] * of["indexed"] * of["copies"]
        spool = rate * 3_600 * of["outage"] * of["spooled"]
        ours = rate * (of["accept"] + of["ship"]) * of["headroom"] / 1e6
        engine = rate * of["engine"] * of["copies"] * of["headroom"] / 1e6
        cells = (f"{rate:,}", f"{rate * _DAY:,}", _bytes(disk), _bytes(spool), _cpus(ours), _cpus(engine))
        yield f"| {' | '.join(cells)} |"


def _cpus(number: float) -> str:
    return f"{number:.2f}" if number >= 0.01 else "< 0.01"


def _bytes(number: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number / 1e6:.3g} MB"


if __name__ == "__main__":
    print(*rows(figures(PAGE.read_text())), sep="\n")
