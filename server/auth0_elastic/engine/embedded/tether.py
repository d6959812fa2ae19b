"""`python tether.py PARENT PROGRAM ARGUMENT…` becomes the program, tied to the life of the thread that started it.

A process of its own, because code between fork and exec is not safe in a program that has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Asks Linux for SIGKILL at the parent's death, then executes the command. Elsewhere there is no such request."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the request
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the caller's own command


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
