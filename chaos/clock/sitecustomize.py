"""Lets the clock of a server's processes jump: Python imports this first where it is on PYTHONPATH.

`time.time` is off by as many seconds as the file named by CHAOS_CLOCK says; the monotonic clock does not jump, as it
does not when a real clock is set.
"""

import os
import time
from pathlib import Path

_offset = Path(os.environ["CHAOS_CLOCK"])
_real = time.time


def _jumping() -> float:
    return _real() + float(_offset.read_text() or 0)


time.time = _jumping
