"""Lists that change, vanish and break while the product runs, and a restart without a network."""

import gzip
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme
import urllib3

from auth0_elastic.detect.reputation import ListSource, Reputation, ReputationSettings
from auth0_elastic.detect.reputation import origin as origins
from auth0_elastic.secret import Secret

TOR, OTHER = "192.0.2.7", "198.51.100.7"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Setup:
    """One list, from a file or a URL, and what a restart makes of it."""

    def __init__(
        self, folder: Path, clock: Clock, url: str | None = None, pool: urllib3.PoolManager | None = None
    ) -> None:
        self.path, self.folder, self.clock, self.pool = folder / "tor.txt", folder, clock, pool
        source = ListSource(
            name="tor exits", kind="tor", url=Secret(url) if url else None, path=None if url else self.path
        )
        self.settings = ReputationSettings(lists=(source,), refresh=3600.0)
        self.restart()

    def restart(self) -> None:
        self.reputation = Reputation(self.settings, self.folder / "cache", clock=self.clock, pool=self.pool)

    def pass_time(self, seconds: float) -> float:
        self.clock.now += seconds
        return self.reputation.refresh()

    def known(self, address: str) -> bool:
        return bool(self.reputation.lookup(address))


@pytest.fixture
def from_file(tmp_path: Path, clock: Clock) -> Setup:
    return Setup(tmp_path, clock)


def test_a_file_is_read_again_when_it_has_changed(from_file: Setup) -> None:
    from_file.path.write_text(TOR)
    from_file.pass_time(0)
    assert from_file.known(TOR)

    from_file.path.write_text(OTHER + "\n")
    from_file.pass_time(9)
    assert from_file.known(TOR)
    from_file.pass_time(1)
    assert (from_file.known(TOR), from_file.known(OTHER)) == (False, True)


def test_a_file_that_is_lost_or_empty_leaves_the_last_good_copy_even_after_a_restart(
    from_file: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    from_file.path.write_text(TOR)
    from_file.pass_time(0)
    for damage in (from_file.path.unlink, lambda: from_file.path.write_text("")):
        damage()
        from_file.pass_time(10)
        from_file.restart()
        from_file.pass_time(10)
        assert from_file.known(TOR)
    assert (
        "tor.txt cannot be read (No such file or directory); the last good copy stays in use (1 network" in caplog.text
    )
    assert "it is empty; to empty it on purpose, leave a comment line in it" in caplog.text


def test_a_file_is_emptied_on_purpose(from_file: Setup) -> None:
    from_file.path.write_text(TOR)
    from_file.pass_time(0)
    from_file.path.write_text("# nobody\n")
    from_file.pass_time(10)
    assert not from_file.known(TOR)

    from_file.restart()
    assert not from_file.known(TOR)


def test_a_file_that_comes_later_is_found(from_file: Setup, caplog: pytest.LogCaptureFixture) -> None:
    from_file.pass_time(0)
    assert "until it can be read, nothing is on it" in caplog.text

    from_file.path.write_text(TOR)
    from_file.pass_time(10)
    assert from_file.known(TOR)


def test_a_trouble_is_logged_once_a_change_and_its_end_too(from_file: Setup, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        from_file.pass_time(10)
    from_file.path.write_text("<html>")
    for _ in range(3):
        from_file.pass_time(10)
    from_file.path.write_text(TOR)
    for _ in range(3):
        from_file.pass_time(10)

    assert [record.getMessage().split(";")[0].split(": ", 1)[1] for record in caplog.records] == [
        f"{from_file.path} cannot be read (No such file or directory)",
        "it is an HTML or XML page, not a list",
        "1 networks",
        "can be read again",
    ]


def test_unreadable_lines_are_warned_of_once_a_content(from_file: Setup, caplog: pytest.LogCaptureFixture) -> None:
    from_file.path.write_text(f"{TOR}\nexit.example.com\n")
    from_file.pass_time(0)
    from_file.path.touch()
    from_file.pass_time(10)

    (warning,) = caplog.records
    assert warning.getMessage() == (
        "detect.reputation.lists.tor exits: 1 of its entries cannot be read and are left out, "
        "the first is 'exit.example.com' (number 2)"
    )


def test_a_url_is_asked_again_after_the_interval_and_only_for_changes(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any]
) -> None:
    validators = {"ETag": 'W/"1"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT"}
    server = http_server(body=TOR.encode(), headers=validators)
    server.answer = lambda asked: (304, b"") if "if-none-match" in asked.headers else (200, TOR.encode())
    setup = Setup(tmp_path, clock, f"{server.url}/exits?format=plain")

    assert setup.pass_time(0) == 10.0
    setup.pass_time(3599)
    assert len(server.asked) == 1
    setup.pass_time(1)

    first, second = server.asked
    assert first.line == "GET /exits?format=plain"
    assert "if-none-match" not in first.headers
    assert (second.headers["if-none-match"], second.headers["if-modified-since"]) == tuple(validators.values())
    assert setup.known(TOR)


def test_a_restart_knows_the_list_at_once_and_asks_no_sooner(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode(), headers={"ETag": '"1"'})
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)

    clock.now += 3000
    setup.restart()
    assert setup.known(TOR)
    setup.pass_time(0)
    assert len(server.asked) == 1
    setup.pass_time(600)
    assert server.asked[1].headers["if-none-match"] == '"1"'


def test_a_list_that_was_found_unchanged_is_asked_for_no_sooner_after_a_restart(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any]
) -> None:
    server = http_server(headers={"ETag": '"1"'})
    server.answer = lambda asked: (304, b"") if "if-none-match" in asked.headers else (200, TOR.encode())
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)
    setup.pass_time(3600)

    setup.restart()
    setup.pass_time(3000)

    assert len(server.asked) == 2


def test_a_clock_set_back_does_not_stop_the_refresh(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode())
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)

    setup.pass_time(-86_400)

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"<html>maintenance</html>", "HTML or XML page"),
        (200, b"", "it is empty"),
        (200, b"# an accident\n", "it is empty;"),
        (503, b"198.51.100.7", "the server answered 503"),
        (304, b"", "the server answered 304"),
        (404, b"198.51.100.7", "the server answered 404"),
    ],
)
def test_a_bad_answer_does_not_replace_the_last_good_one(
    tmp_path: Path,
    clock: Clock,
    http_server: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    reason: str,
) -> None:
    server = http_server(body=TOR.encode())
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)
    server.status, server.body, server.headers = status, body, {"ETag": '"bad"'}

    setup.pass_time(3600)
    setup.restart()

    assert (setup.known(TOR), setup.known(OTHER)) == (True, False)
    assert reason in caplog.text
    setup.pass_time(3600)
    assert "if-none-match" not in server.asked[-1].headers


def test_a_failing_url_is_asked_after_one_minute_two_and_four_then_as_usual(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    server = http_server(status=500)
    setup = Setup(tmp_path, clock, server.url)
    asked = []
    for minute in range(12):
        setup.pass_time(60 if minute else 0)
        asked.append(len(server.asked))
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert len(caplog.records) == 1

    server.status, server.body = 200, TOR.encode()
    setup.pass_time(3600)
    assert setup.known(TOR)


def test_a_server_that_is_gone_and_a_broken_off_answer_keep_the_list_and_the_url_s_key_out_of_the_log(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    server = http_server(body=TOR.encode())
    key = "license_key=hush"
    setup = Setup(tmp_path, clock, f"{server.url}/list?{key}")
    setup.pass_time(0)
    server.headers = {"Content-Encoding": "gzip"}
    server.body = gzip.compress(OTHER.encode() * 100)[:30] + b"\xff" * 20

    setup.pass_time(3600)

    assert (setup.known(TOR), setup.known(OTHER)) == (True, False)
    assert "broke off the connection" in caplog.text

    gone = Setup(tmp_path, clock, f"http://127.0.0.1:1/list?{key}")
    gone.pass_time(0)
    assert "127.0.0.1:1 takes no connection" in caplog.text
    assert "hush" not in caplog.text


def test_an_answer_that_is_cut_short_is_no_list(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def answer_in_part() -> None:
        connection = server.accept()[0]
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n192.0.2.7\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_in_part, daemon=True).start()
        setup = Setup(tmp_path, clock, f"http://127.0.0.1:{server.getsockname()[1]}/")
        setup.pass_time(0)

    assert not setup.known(TOR)
    assert "broke off the connection" in caplog.text


def test_a_compressed_answer_is_read(tmp_path: Path, clock: Clock, http_server: Callable[..., Any]) -> None:
    server = http_server(body=gzip.compress(TOR.encode()), headers={"Content-Encoding": "gzip"})
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)

    assert setup.known(TOR)


def test_an_answer_without_end_is_cut_off(
    tmp_path: Path,
    clock: Clock,
    http_server: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bomb = gzip.compress(b"192.0.2.7\n" * (origins.MAX_SIZE // 10 + 1))
    server = http_server(body=bomb, headers={"Content-Encoding": "gzip"})
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)

    assert not setup.known(TOR)
    assert "it is larger than 64 MiB" in caplog.text


def test_a_slow_answer_is_given_up(http_server: Callable[..., Any]) -> None:
    server = http_server(body=TOR.encode())
    ticks = iter([0.0, origins.WHOLE_TIMEOUT + 1])
    with urllib3.PoolManager() as pool, pytest.raises(origins.ListUnavailable, match="not complete after 120 s"):
        origins.UrlOrigin(server.url, pool, lambda: next(ticks)).fetch(origins.Validators())


def test_a_redirect_is_followed_but_never_to_plain_http_or_in_circles(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    target = http_server(body=TOR.encode())
    server = http_server(status=302, headers={"Location": f"{target.url}/moved"})
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)
    assert setup.known(TOR)

    for location, reason in [
        ("http://lists.example.com/", "lists.example.com is to be asked without TLS"),
        ("/", "too many"),
    ]:
        server.headers = {"Location": location}
        setup.pass_time(3600)
        assert reason in caplog.text
    assert setup.known(TOR)
    assert len(server.asked) == 1 + 1 + 4


def test_a_certificate_is_checked(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(serving)
    authority.configure_trust(trusting)
    server = http_server(serving, body=TOR.encode())

    Setup(tmp_path, clock, server.url).pass_time(0)
    assert "a certificate that is not trusted" in caplog.text

    trusted = Setup(tmp_path, clock, server.url, urllib3.PoolManager(ssl_context=trusting))
    trusted.pass_time(0)
    assert trusted.known(TOR)


def test_proxies_of_the_environment_are_not_used(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    setup = Setup(tmp_path, clock, http_server(body=TOR.encode()).url)
    setup.pass_time(0)

    assert setup.known(TOR)


def test_a_damaged_copy_is_not_believed(tmp_path: Path, clock: Clock, http_server: Callable[..., Any]) -> None:
    server = http_server(body=TOR.encode(), headers={"ETag": '"1"'})
    setup = Setup(tmp_path, clock, server.url)
    setup.pass_time(0)
    (copy,) = (tmp_path / "cache").glob("*.list")
    for damaged in (copy.read_bytes()[:-1] + b"99", b"", b"\xff\n", b"[]\n", copy.read_bytes()[:40]):
        copy.write_bytes(damaged)
        setup.restart()
        assert not setup.known("192.0.2.99")
        assert not setup.known(TOR)

    setup.pass_time(0)
    assert setup.known(TOR)
    assert "if-none-match" not in server.asked[-1].headers


def test_another_url_under_the_same_name_does_not_inherit_the_copy(
    tmp_path: Path, clock: Clock, http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode())
    Setup(tmp_path, clock, f"{server.url}/a").pass_time(0)

    assert not Setup(tmp_path, clock, f"{server.url}/b").known(TOR)


def test_a_cache_that_cannot_be_written_costs_the_copy_alone(
    from_file: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    from_file.path.write_text(TOR)
    (from_file.folder / "cache").rmdir()
    from_file.pass_time(0)

    assert from_file.known(TOR)
    assert (
        "its copy: cannot be written (No such file or directory); after a restart the list is asked for anew"
        in caplog.text
    )


def test_a_list_is_kept_fresh_until_that_is_stopped(from_file: Setup) -> None:
    class Stop(threading.Event):
        waited: ClassVar[list[float | None]] = []

        def wait(self, timeout: float | None = None) -> bool:
            from_file.path.write_text(OTHER if self.waited else TOR)
            self.waited.append(timeout)
            from_file.clock.now += timeout or 0
            return len(self.waited) == 3

    stop = Stop()
    from_file.reputation.keep_fresh(stop)

    assert stop.waited == [10.0, 10.0, 10.0]
    assert (from_file.known(TOR), from_file.known(OTHER)) == (False, True)


def test_a_look_up_during_a_refresh_sees_the_old_list_or_the_new_one(from_file: Setup) -> None:
    def turn(first: str) -> None:
        from_file.path.write_text("\n".join([first, *(f"10.0.{part}.0/24" for part in range(256))]))
        from_file.pass_time(10)

    seen: list[int] = []
    stop = threading.Event()
    turn("192.0.2.0/24")
    reader = threading.Thread(
        target=lambda: [seen.append(len(from_file.reputation.lookup(TOR))) for _ in iter(stop.is_set, True)]
    )
    reader.start()
    for _ in range(10):
        turn(f"{TOR}/32")
        turn("192.0.2.0/24")
    stop.set()
    reader.join(10)

    assert set(seen) == {1}
