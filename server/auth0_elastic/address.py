"""Whether an address can be listened on, asked before a server is started that would say it less clearly."""

import os
import socket

from auth0_elastic.errors import ConfigError


def check_address(key: str, address: str, port: int) -> None:
    """Raises ConfigError, which names the setting `key`, when the address cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise ConfigError(f"{key}: {address}:{port} cannot be listened on ({reason}); choose another one") from error
