"""The official Elasticsearch image in a container of its own, for tests on the version that an operator uses."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from auth0_elastic.engine.embedded.ports import HOST, free_port
from auth0_elastic.errors import EngineError, EngineUnavailable, MissingTool

logger = logging.getLogger(__name__)

DEFAULT_VERSION = "8.18.8"

_GEOIP = "/usr/share/elasticsearch/config/ingest-geoip"
_READY = "/_cluster/health?wait_for_status=yellow&timeout=1s"
_POLL_SECONDS = 0.5
_LOG_LINES_SHOWN = 15


def image_of(option: str) -> str:
    """The image that an option means: `docker:9.1.0` is elasticsearch:9.1.0, `docker` the default version's."""
    return f"elasticsearch:{option.partition(':')[2] or DEFAULT_VERSION}"


def container_options(image: str, port: int, geoip: Path) -> dict[str, Any]:
    """What the container is created with: one node without security, at this port of the loopback address alone.

    It gets the GeoLite2 databases of the directory `geoip` in place of those it would download.
    """
    return {
        "image": image,
        "environment": {
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "ingest.geoip.downloader.enabled": "false",
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        },
        "ports": {"9200/tcp": (HOST, port)},
        "volumes": {
            str(path): {"bind": f"{_GEOIP}/{path.name}", "mode": "ro"} for path in sorted(geoip.glob("*.mmdb"))
        },
        "mem_limit": "2g",
    }


class DockerEngine:
    """A container of `image` as a context manager; it is removed on leaving, whatever happened."""

    def __init__(
        self,
        image: str,
        geoip: Path,
        *,
        port: int = 0,
        patience: float = 180,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._image = image
        self._port = port or free_port()
        self._options = container_options(image, self._port, geoip)
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._client: Any = None
        self._container: Any = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        """Returns when the engine takes requests.

        Raises MissingTool without the docker library, EngineUnavailable without a daemon, otherwise EngineError.
        """
        docker = _library()
        try:
            self._client = docker.from_env()
        except docker.errors.DockerException as error:
            raise EngineUnavailable(f"no Docker daemon answers ({error}); start one, or set DOCKER_HOST") from error
        try:
            self._start(docker)
            self._wait()
        except BaseException as error:
            self._remove()
            if isinstance(error, docker.errors.DockerException):
                raise EngineError(f"Docker cannot run {self._image}: {error}") from error
            raise
        logger.info("%s answers at %s", self._image, self.url)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._remove()

    def _start(self, docker: Any) -> None:
        try:
            self._container = self._client.containers.create(**self._options)
        except docker.errors.ImageNotFound:
            logger.info("pulling %s", self._image)
            self._client.images.pull(self._image)
            self._container = self._client.containers.create(**self._options)
        self._container.start()

    def _wait(self) -> None:
        deadline = self._clock() + self._patience
        while not _is_ready(self.url):
            self._container.reload()
            if self._container.status == "exited":
                raise EngineError(f"{self._image} did not start; the end of its log:\n{self._log_end()}")
            if self._clock() > deadline:
                raise EngineError(f"{self._image} did not answer in {self._patience:g} s:\n{self._log_end()}")
            self._sleep(_POLL_SECONDS)

    def _log_end(self) -> str:
        log: bytes = self._container.logs(tail=_LOG_LINES_SHOWN)
        return log.decode(errors="replace")

    def _remove(self) -> None:
        if self._container is not None:
            self._container.remove(force=True, v=True)
        self._client.close()


def _library() -> Any:
    try:
        import docker
    except ImportError as error:
        raise MissingTool(
            "this needs the library for Docker, which is not installed; run: pip install 'auth0-elastic[docker]'"
        ) from error
    return docker


def _is_ready(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}{_READY}", timeout=5, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False
