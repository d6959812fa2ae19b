"""The engine in a container. No daemon runs here: an HTTP server takes its place and keeps what it is asked to do."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.engine.docker import DEFAULT_VERSION, DockerEngine, container_options, image_of
from auth0_elastic.errors import EngineError, EngineUnavailable, MissingTool

IMAGE = "elasticsearch:8.18.8"
ANSWERS: dict[str, tuple[int, Any]] = {
    "GET /version": (200, {"ApiVersion": "1.44"}),
    "POST /containers/create": (201, {"Id": "c1", "Warnings": []}),
    "GET /containers/c1/json": (200, {"Id": "c1", "State": {"Status": "running"}, "Config": {"Tty": True}}),
    "POST /containers/c1/start": (204, ""),
    "GET /containers/c1/logs": (200, "bootstrap checks failed"),
    "DELETE /containers/c1": (204, ""),
    "GET /_cluster/health": (200, {"status": "green"}),
}

Daemon = Callable[..., Any]


@pytest.fixture
def daemon(http_server: Any, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """Starts what answers as Docker's daemon and as the engine, save for the answers that are given."""

    def start(**changed: tuple[int, Any]) -> Any:
        answers = ANSWERS | changed

        def answer(asked: Any) -> tuple[int, bytes]:
            method, path = asked.line.split("?")[0].split(" ")
            status, body = answers.get(f"{method} {path.removeprefix('/v1.44')}", (404, {}))
            return status, body.encode() if isinstance(body, str) else json.dumps(body).encode()

        server = http_server(answer=answer)
        monkeypatch.setenv("DOCKER_HOST", server.url.replace("http:", "tcp:"))
        return server

    return start


def engine_at(server: Any, tmp_path: Path, **given: Any) -> DockerEngine:
    return DockerEngine(IMAGE, tmp_path, port=int(server.url.rpartition(":")[2]), **given)


def was_removed(server: Any) -> bool:
    return [each.line for each in server.asked if each.line.startswith("DELETE")] == [
        "DELETE /v1.44/containers/c1?v=True&link=False&force=True"
    ]


@pytest.mark.parametrize(
    ("option", "image"), [("docker", f"elasticsearch:{DEFAULT_VERSION}"), ("docker:9.1.0", "elasticsearch:9.1.0")]
)
def test_the_option_may_name_a_version(option: str, image: str) -> None:
    assert image_of(option) == image


def test_a_container_is_one_small_node_on_the_loopback_address_alone(tmp_path: Path) -> None:
    (tmp_path / "GeoLite2-City.mmdb").touch()
    (tmp_path / "geoip2.jar").touch()
    options = container_options(IMAGE, 9299, tmp_path)
    assert options["image"] == IMAGE
    assert options["ports"] == {"9200/tcp": ("127.0.0.1", 9299)}
    assert options["mem_limit"] == "2g"
    assert options["environment"]["discovery.type"] == "single-node"
    assert options["environment"]["xpack.security.enabled"] == "false"
    bound = "/usr/share/elasticsearch/config/ingest-geoip/GeoLite2-City.mmdb"
    assert options["volumes"] == {str(tmp_path / "GeoLite2-City.mmdb"): {"bind": bound, "mode": "ro"}}


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    with (
        pytest.raises(MissingTool, match=r"pip install 'auth0-elastic\[docker\]'") as raised,
        DockerEngine(IMAGE, tmp_path),
    ):
        pass
    assert raised.value.exit_code == 69


def test_without_a_daemon_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(EngineUnavailable, match="no Docker daemon answers") as raised, DockerEngine(IMAGE, tmp_path):
        pass
    assert raised.value.exit_code == 69


def test_the_container_lives_as_long_as_the_context(daemon: Daemon, tmp_path: Path) -> None:
    server = daemon()
    with engine_at(server, tmp_path) as engine:
        assert engine.url.startswith("http://127.0.0.1:")
        assert not was_removed(server)
    assert was_removed(server)


def test_an_image_that_is_not_here_is_pulled_and_named_where_nobody_has_it(daemon: Daemon, tmp_path: Path) -> None:
    server = daemon(
        **{
            "POST /containers/create": (404, {"message": f"No such image: {IMAGE}"}),
            "POST /images/create": (404, {"message": "manifest unknown"}),
        }
    )
    with pytest.raises(EngineError, match=rf"Docker cannot run {IMAGE}: .*manifest unknown"):
        engine_at(server, tmp_path).__enter__()
    asked = [each.line for each in server.asked]
    assert "POST /v1.44/images/create?tag=8.18.8&fromImage=elasticsearch" in asked


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"POST /containers/c1/start": (500, {"message": "port is taken"})}, "Docker cannot run .*port is taken"),
        (
            {
                "GET /_cluster/health": (503, {}),
                "GET /containers/c1/json": (200, {"Id": "c1", "State": {"Status": "exited"}, "Config": {"Tty": True}}),
            },
            "did not start; the end of its log:\nbootstrap checks failed",
        ),
        ({"GET /_cluster/health": (503, {})}, "did not answer in 180 s:\nbootstrap checks failed"),
    ],
    ids=["not started", "died", "never ready"],
)
def test_a_container_that_fails_is_removed(daemon: Daemon, tmp_path: Path, changed: Any, message: str) -> None:
    server, now = daemon(**changed), [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += 100

    engine = engine_at(server, tmp_path, clock=lambda: now[0], sleep=sleep)
    with pytest.raises(EngineError, match=message), engine:
        pass
    assert was_removed(server)
