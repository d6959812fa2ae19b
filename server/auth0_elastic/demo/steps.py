"""What the demo is doing: a line and a bar for each step on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

_WIDTH = 22


class _Seconds(ProgressColumn):
    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished else task.elapsed
        return Text(f"{seconds or 0:5.1f} s")


class Step:
    """A step under way; `note` is what there is to say of it besides its count. Its count is one thread's business."""

    def __init__(self, progress: Progress, what: str, total: int | None) -> None:
        self.note = ""
        self._progress = progress
        self._what = what
        self._total = total
        self._done = 0
        self._is_finished = False
        self._began = time.monotonic()
        self._task: TaskID = progress.add_task(what.ljust(_WIDTH), total=total, text="")

    def reached(self, done: int) -> None:
        """So much of the total is done."""
        self._done = done
        self._progress.update(self._task, completed=done, text=self._text())

    def advance(self, more: int) -> None:
        self.reached(self._done + more)

    def finish(self) -> None:
        """It has succeeded; a second time does nothing."""
        if self._is_finished:
            return
        self._is_finished = True
        whole = self._total or 1
        self._progress.update(self._task, total=whole, completed=whole, text=self._text())
        if self._progress.disable:
            seconds = time.monotonic() - self._began
            line = f"{self._what}: {self._text() or 'done'} ({seconds:.1f} s)"
            self._progress.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _text(self) -> str:
        count = f"{self._done:,} of {self._total:,}" if self._total else ""
        return "  ".join(part for part in (count, self.note) if part)


class Steps:
    """The steps so far. On a terminal they move together; elsewhere each is told when it ends."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            _Seconds(),
            TextColumn("[dim]{task.fields[text]}"),
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
        step = Step(self._progress, what, total)
        yield step
        step.finish()
