"""The table of results."""

from collections.abc import Sequence
from dataclasses import astuple, fields

from rich.table import Table

from chaos.proof import Verdict
from chaos.rounds import Result

_HEADS = {
    "acknowledged": "acknowledged",
    "indexed": "indexed once",
    "dead": "dead letters",
    "damaged": "on damaged pages",
    "lost": "lost",
    "twice": "twice",
    "strangers": "never sent",
    "refused": "503",
    "broken_off": "no answer",
}


def table(results: Sequence[Result]) -> Table:
    """A row for each kind of fault, and one of all."""
    made = Table("fault", "rounds", title="Events, by what was broken", title_justify="left", box=None, pad_edge=False)
    for field in fields(Verdict):
        made.add_column(_HEADS[field.name], justify="right")
    made.add_column("seconds", justify="right")
    for fault in dict.fromkeys(sorted(result.fault for result in results)):
        _add(made, fault, [result for result in results if result.fault == fault])
    _add(made, "all", results)
    return made


def _add(made: Table, name: str, results: Sequence[Result]) -> None:
    sums = (sum(column) for column in zip(*(astuple(result.verdict) for result in results), strict=True))
    seconds = sum(result.seconds for result in results) / len(results)
    made.add_row(name, str(len(results)), *(f"{each:,}" for each in sums), f"{seconds:.1f}")
