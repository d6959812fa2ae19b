"""What an answer of the engine means for an event. Pure decisions; the shipper only obeys."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auth0_elastic.engine.refusal import with_remedy


@dataclass(frozen=True, slots=True)
class Delivered:
    """Indexed now; `index` is the backing index that has it."""

    index: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Indexed before: by a redelivery, another way in, or a bulk whose answer was lost."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The engine could not just now; what stands beside it can go on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """No event can go and none is to blame: somebody has to mend something. Nothing more is sent until it works."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """The document itself is refused and would be for ever."""

    status: int
    reason: str


Ending = Delivered | Duplicate | Retry | Wait | Dead

LARGE = 1024 * 1024  # bytes; an event below it is no reason for a 413, a limit set too low is

# 400s that speak of the cluster, not of the document.
_CLUSTER_ERRORS = {"cluster_block_exception", "index_closed_exception"}
_NOT_THE_DOCUMENTS_FAULT = re.compile(
    r"pipeline with id \[.*?\] does not exist"
    r"|non-existent pipeline"
    r"|only write ops with an op_type of create are allowed in data streams"
    r"|no write index is defined"
    r"|no matching index template"
    r"|not an alias"
    r"|this action would add \[\d+\]( total)? shards"
)


def classify_item(item: Mapping[str, Any]) -> Ending:
    """The ending of one item of a bulk answer (the object under `create`)."""
    status = int(item["status"])
    if item.get("failure_store") == "used":
        return Dead(status, "the data stream's failure store took it, so it cannot be found in the data stream")
    if status < 300:
        return Delivered(str(item.get("_index", "")))
    error = item.get("error") or {}
    kind, reason = _describe(error)
    if status == 409:
        return Duplicate()
    if kind in _CLUSTER_ERRORS:
        return Wait(f"{status} {kind}: {reason}")
    if status in (401, 403, 404):
        return Wait(with_remedy(f"{status} {kind}: {reason}", status, "shipper"))
    if status == 429 or status >= 500:
        return Retry(f"{status} {kind}: {reason}")
    if _NOT_THE_DOCUMENTS_FAULT.search(reason):
        return Wait(f"{status} {kind}: {reason}")
    return Dead(status, f"{kind}: {reason}")


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The request is larger than the engine or a proxy before it takes: send less at once."""

    reason: str


def classify_request(status: int, reason: str) -> Retry | Wait | TooLarge | None:
    """What a bulk answer's own status means; None when it was taken and its items have to be looked at.

    Only a batch that is too large can be helped by sending less; every other refusal concerns the cluster.
    """
    if status < 300:
        return None
    described = f"{status}: {reason}"
    if status == 413:
        return TooLarge(described)
    if status == 429 or status >= 500:
        return Retry(described)
    return Wait(with_remedy(described, status, "shipper"))


def classify_single(size: int, reason: str) -> Dead | Wait:
    """What 413 means for an event of `size` bytes that was sent alone."""
    if size >= LARGE:
        return Dead(413, reason)
    return Wait(
        f"{reason}; an event of {size} bytes is refused as too large: raise the limit of the engine or its proxy"
    )


def temper(endings: Sequence[Ending]) -> list[Ending]:
    """Where others of the same answer were delivered, one that waits is only tried again: the cluster is well."""
    if not any(isinstance(ending, Delivered | Duplicate) for ending in endings):
        return list(endings)
    return [Retry(ending.reason) if isinstance(ending, Wait) else ending for ending in endings]


def _describe(error: Any) -> tuple[str, str]:
    if not isinstance(error, Mapping):
        return "error", str(error)[:1000]
    reasons = [error.get("reason"), (error.get("caused_by") or {}).get("reason")]
    return str(error.get("type", "error")), ": ".join(str(part) for part in reasons if part)[:1000]
