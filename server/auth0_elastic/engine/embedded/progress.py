"""One progress line on stderr for work that takes long: it moves on a terminal and is plain text elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress_line(what: str) -> Iterator[None]:
    """Shows `what` for as long as the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(what, highlight=False, markup=False, soft_wrap=True)
        yield
        return
    columns = SpinnerColumn(finished_text="✓"), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=1)
        yield
        progress.update(task, completed=1)
