"""Load from wrk (Debian's package of that name), which is compiled and so never the limit of what it measures."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.errors import Auth0ElasticError, MissingTool

SCRIPT = Path(__file__).with_name("post.lua")


class Load(NamedTuple):
    """What wrk saw: answered requests, in how many seconds, how long half and 99 % of them took at most (milliseconds).

    `failed` is how many were answered with 4xx or 5xx, timed out, or broke off.
    """

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        return (self.requests - self.failed) / self.seconds


def write_bodies(path: Path, bodies: Iterable[bytes]) -> None:
    """A file for `run`; no body may have an empty line."""
    path.write_bytes(b"".join(body.strip() + b"\n\n" for body in bodies))


def run(url: str, bodies: Path, token: str, *, connections: int, seconds: float) -> Load:
    """Posts the bodies in turn over kept connections. Raises MissingTool, or Auth0ElasticError when wrk fails."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise MissingTool("wrk makes the load and is not installed: apt-get install wrk")
    options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(SCRIPT)]
    done = subprocess.run([wrk, *options, url, "--", str(bodies), token], capture_output=True, text=True, check=False)
    return parse(done.stdout.splitlines(), done.stderr)


def parse(lines: Sequence[str], errors: str = "") -> Load:
    """The line that post.lua prints at the end. Raises Auth0ElasticError when it is missing."""
    found = next((line.removeprefix("RESULT ") for line in lines if line.startswith("RESULT ")), None)
    if found is None:
        raise Auth0ElasticError(f"wrk gave no result: {' '.join([*lines, errors])[-300:]}")
    result = json.loads(found)
    failed = result["refused"] + result["broken"] + result["timed_out"]
    seconds = result["microseconds"] / 1e6
    return Load(result["requests"], seconds, failed, result["p50"] / 1000, result["p99"] / 1000)
