"""Finds free ports on 127.0.0.1."""

import random
import socket

from auth0_elastic.errors import EngineError

HOST = "127.0.0.1"
# Below the ports that systems hand out for outgoing connections: a stopped engine's port stays free for its return.
_RANGE = range(20_000, 30_000)


def free_port() -> int:
    """A port that nothing listens on; raises EngineError when there is none."""
    for port in random.sample(_RANGE, len(_RANGE)):
        if is_free(port):
            return port
    raise EngineError(f"no port of {HOST} between {_RANGE.start} and {_RANGE.stop} is free")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the JVM does
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True
