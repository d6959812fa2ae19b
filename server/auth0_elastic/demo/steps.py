"""What the demo is doing: a line and a bar for each step on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_WIDTH = 22


class Step:
    """A step under way; safe to use from several threads."""

    def __init__(self, progress: Progress, task: TaskID, total: int | None) -> None:
        self._progress = progress
        self._task = task
        self._total = total
        self._done = 0
        self.note = ""

    def reached(self, done: int) -> None:
        """So much of the total is done."""
        self._done = done
        self._progress.update(self._task, completed=done, note=self.text)

    def advance(self, more: int) -> None:
        self._progress.advance(self._task, more)
        self._done = int(self._progress.tasks[self._task].completed)
        self._progress.update(self._task, note=self.text)

    def finish(self) -> None:
        self._progress.update(self._task, total=self._total or 1, completed=self._total or 1, note=self.text)

    @property
    def text(self) -> str:
        """How far it is, and the note."""
        count = f"{self._done:,} of {self._total:,}" if self._total else ""
        return "  ".join(part for part in (count, self.note) if part)


class Steps:
    """The steps so far. On a terminal they move together; elsewhere each is told when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, what: str, total: int | None = None) -> Iterator[Step]:
        """Shows a step while the block runs; `total` is what it counts to, None for what has no count."""
        began = time.monotonic()
        step = Step(self._progress, self._progress.add_task(what.ljust(_WIDTH), total=total, note=""), total)
        yield step
        step.finish()
        if not self._console.is_terminal:
            line = f"{what}: {step.text or 'done'} ({time.monotonic() - began:.1f} s)"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
