"""Keeps the reconciler's state in a small file, so that an outage is noticed by the process that ends it."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path

from auth0_elastic.reconcile.schedule import State


class Memory:
    """One tenant's file, written anew and renamed: it is whole at any time."""

    def __init__(self, folder: Path, tenant: str) -> None:
        self._path = folder / f"reconcile-{tenant}.json"

    def read(self) -> State:
        """An empty state if there is none, or none that can be read: then all of look_back is compared."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return State(**{field.name: _seconds(found[field.name]) for field in fields(State)})
        except (OSError, ValueError, TypeError, KeyError):
            return State()

    def write(self, state: State) -> None:
        new = self._path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self._path)


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    raise TypeError
