"""One step of a plan: what is to be done to one asset, and the requests that do it."""

from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["create", "update", "delete", "unchanged", "keep"]


@dataclass(frozen=True)
class Request:
    """A request to the engine, and what is sent in place of it and of all that follow when the engine answers 400."""

    method: str
    path: str
    body: Any = None
    instead: "Request | None" = None


@dataclass(frozen=True)
class Step:
    """What is to be done to one asset. `detail` is a unified diff for an update, otherwise a reason."""

    kind: str
    name: str
    action: Action
    detail: str = ""
    requests: tuple[Request, ...] = ()

    @property
    def changes(self) -> bool:
        return self.action in ("create", "update", "delete")
