"""Looks for every event that was sent, by its `_id`, in all backing indices: each has to be there exactly once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auth0_elastic.engine.client import Engine

_AT_ONCE = 2_000  # ids; a search returns at most 10,000 documents, so that five of each would be seen
_SHOWN = 5


@dataclass(frozen=True)
class Verdict:
    """`missing` and `double` are ids that were sent; `foreign` is the number of documents that nobody sent."""

    sent: int
    missing: Sequence[str]
    double: Sequence[str]
    foreign: int

    @property
    def holds(self) -> bool:
        return not (self.missing or self.double or self.foreign)

    def __str__(self) -> str:
        if self.holds:
            return f"All {self.sent:,} events that were sent are searchable, each exactly once."
        problems = [_tell("missing", self.missing), _tell("there more than once", self.double)]
        problems += [f"{self.foreign:,} documents that nobody sent"] if self.foreign else []
        return f"Of {self.sent:,} events: " + "; ".join(problem for problem in problems if problem)


def verify(engine: Engine, stream: str, ids: Sequence[str]) -> Verdict:
    """Makes everything searchable, then asks for each of `ids`. Raises EngineError."""
    engine.call("POST", f"/{stream}/_refresh")
    found: Counter[str] = Counter()
    for start in range(0, len(ids), _AT_ONCE):
        query = {"ids": {"values": ids[start : start + _AT_ONCE]}}
        answer = engine.call("POST", f"/{stream}/_search", {"query": query, "size": 10_000, "_source": False})
        found.update(hit["_id"] for hit in answer["hits"]["hits"])
    stored = engine.call("GET", f"/{stream}/_count")["count"]
    return judge(ids, found, stored)


def judge(ids: Iterable[str], found: Mapping[str, int], stored: int) -> Verdict:
    """`found` is how often each id is there, `stored` the number of all documents."""
    sent = dict.fromkeys(ids)
    missing = [each for each in sent if not found.get(each)]
    double = [each for each in sent if found.get(each, 0) > 1]
    return Verdict(len(sent), missing, double, stored - sum(found.values()))


def _tell(what: str, ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
    return f"{len(ids):,} {what} ({', '.join(ids[:_SHOWN])}{more})" if ids else ""
