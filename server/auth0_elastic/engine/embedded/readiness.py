"""Waits until a launched engine takes requests, and says what its log says if it never does."""

import http.client
import ssl
import subprocess
from pathlib import Path

from auth0_elastic.engine.embedded.ports import HOST
from auth0_elastic.engine.embedded.spawn import LOG_FILE
from auth0_elastic.engine.embedded.state import wait_until
from auth0_elastic.errors import EngineError

_LOG_LINES_SHOWN = 15
_READY = "/_cluster/health?wait_for_status=yellow&timeout=1s"


def wait_until_ready(
    process: subprocess.Popen[bytes], port: int, data: Path, timeout: float, authorization: str | None = None
) -> None:
    """Returns when every index can be searched; raises EngineError with the end of the log otherwise.

    With an `authorization`, the value of that header, it asks over TLS.
    """
    ready = wait_until(lambda: process.poll() is not None or _is_ready(port, authorization), timeout)
    if process.poll() is not None:
        raise EngineError(f"the embedded engine did not start; the end of its log:\n{_log_end(data)}")
    if not ready:
        raise EngineError(f"the embedded engine did not answer in {timeout:g} s; the end of its log:\n{_log_end(data)}")


def _is_ready(port: int, authorization: str | None) -> bool:
    connection = _connection(port, authorization is not None)
    try:
        connection.request("GET", _READY, headers={"Authorization": authorization} if authorization else {})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connection(port: int, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection(HOST, port, timeout=5)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # a certificate that is not valid is no reason not to start
    return http.client.HTTPSConnection(HOST, port, timeout=5, context=context)


def _log_end(data: Path) -> str:
    log = data / LOG_FILE
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]) + f"\n(all of it: {log})"
