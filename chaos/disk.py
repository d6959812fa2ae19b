"""A disk that is full: a small one of its own, or a limit on the files' size where no disk may be mounted."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SIZE: Final = 48 * 1024**2
MAY_MOUNT: Final = os.geteuid() == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system in memory at `folder`; the folder as it is for those who may not mount."""
    folder.mkdir(parents=True)
    if not MAY_MOUNT:
        yield folder
        return
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)


@contextmanager
def full(folder: Path, processes: list[int]) -> Iterator[None]:
    """Nothing more can be written to the disk at `folder`, or by the processes to any file, for want of a mount."""
    if MAY_MOUNT:
        ballast = folder / "ballast"
        with ballast.open("wb") as file:
            _fill(file.fileno())
        yield
        ballast.unlink()
        return
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in processes}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    yield
    for pid, limits in before.items():
        if Path(f"/proc/{pid}").exists():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def _fill(descriptor: int) -> None:
    size = 1024**2
    while size:
        try:
            os.write(descriptor, bytes(size))
        except OSError:
            size //= 2
