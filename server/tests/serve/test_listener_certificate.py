"""TLS as it should be spoken, and a certificate that is renewed while requests come in."""

import http.client
import os
import re
import shutil
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

TOKEN = "tok-0123456789-0123456789"
EVENT = b'{"log_id":"900"}'
CHANGED = "the files have changed and are used from now on"
Eventually = Callable[..., Any]
Trust = Callable[[], ssl.SSLContext]


@pytest.mark.parametrize(
    "cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
)
def test_tls_1_2_is_spoken_with_modern_ciphers(listener: Any, trust: Trust, cipher: str) -> None:
    with closing(listener.client(tls_1_2(trust(), cipher))) as client:
        client.connect()
        assert client.sock.cipher()[0] == cipher


@pytest.mark.parametrize(
    "weak",
    ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-CCM",
     "aRSA", "kDHE", "kRSA", "aNULL", "eNULL"],
)  # fmt: skip
def test_weak_ciphers_are_refused(listener: Any, trust: Trust, weak: str) -> None:
    with closing(listener.client(tls_1_2(trust(), weak))) as client, pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        client.connect()


def tls_1_2(context: ssl.SSLContext, cipher: str) -> ssl.SSLContext:
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    return context


def issue(authority: trustme.CA, folder: Path) -> Path:
    """A folder with a new pair for localhost, tls.crt and tls.key."""
    folder.mkdir()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    (folder / "tls.crt").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    (folder / "tls.key").write_bytes(issued.private_key_pem.bytes())
    return folder


def replace(name: str, source: Path, target: Path) -> None:
    """As certbot and Kubernetes do it: another file takes the name."""
    shutil.copy(source / name, target / f"{name}.new")
    (target / f"{name}.new").replace(target / name)


def overwrite(name: str, source: Path, target: Path) -> None:
    """As a shell script does it: the same file, for a moment empty."""
    (target / name).write_bytes((source / name).read_bytes())


@pytest.fixture
def live(authority: trustme.CA, tmp_path: Path) -> Path:
    """The folder of the pair that the server is told to use."""
    return issue(authority, tmp_path / "live")


@pytest.fixture
def server(serve: Any, live: Path) -> Any:
    return serve("listen", listener={"ssl": {"certificate": str(live / "tls.crt"), "key": str(live / "tls.key")}})


def served(server: Any) -> bytes:
    """The certificate that a new connection gets."""
    with server.connect_tls() as client:
        return bytes(client.getpeercert(binary_form=True))


def leaf(folder: Path) -> bytes:
    pem = re.search(r"-----BEGIN.*?-----END CERTIFICATE-----", (folder / "tls.crt").read_text(), re.DOTALL)
    assert pem
    return ssl.PEM_cert_to_DER_cert(pem[0])


@contextmanager
def continuous_requests(server: Any) -> Iterator[Callable[[int], None]]:
    """Posts all the time, on connections kept open and on new ones; any failure is raised. Gives `wait_for(more)`."""
    stop, failures, answered = threading.Event(), list[BaseException](), list[int]()

    def send(per_connection: int) -> None:
        try:
            while not stop.is_set():
                with closing(server.client()) as client:
                    for _ in range(per_connection):
                        client.request("POST", "/auth0/logs", EVENT, {"Authorization": TOKEN})
                        response = client.getresponse()
                        response.read()
                        assert response.status == 200
                        answered.append(1)
        except (OSError, http.client.HTTPException, AssertionError) as error:
            failures.append(error)

    def wait_for(more: int) -> None:
        goal = len(answered) + more
        while len(answered) < goal and not failures:
            stop.wait(0.01)

    threads = [threading.Thread(target=send, args=(number,)) for number in (1, 1, 20)]
    for thread in threads:
        thread.start()
    try:
        yield wait_for
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert len(server.spooled()) == len(answered)


@pytest.mark.parametrize("put", [replace, overwrite])
@pytest.mark.parametrize("order", [("tls.crt", "tls.key"), ("tls.key", "tls.crt")])
def test_a_renewed_certificate_is_used_and_no_request_is_dropped(
    server: Any, live: Path, authority: trustme.CA, tmp_path: Path, put: Callable[..., None], order: tuple[str, str]
) -> None:
    before, renewed = served(server), issue(authority, tmp_path / "renewed")
    assert before == leaf(live)
    with continuous_requests(server) as wait_for:
        wait_for(20)
        put(order[0], renewed, live)
        wait_for(30)  # while the two do not belong together
        assert served(server) == before
        put(order[1], renewed, live)
        wait_for(30)
    assert served(server) == leaf(renewed)
    assert server.log().count("cannot be used together yet (KEY_VALUES_MISMATCH)") == 1
    assert server.log().count(CHANGED) == 1
    assert "Booting worker" not in server.log().split(CHANGED)[1]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tls.crt", None, "No such file"),
        ("tls.key", b"", "PEM"),
        ("tls.crt", b"no certificate", "PEM"),
    ],
)
def test_a_pair_of_no_use_leaves_the_old_one_in_use(
    server: Any, live: Path, name: str, content: bytes | None, reason: str
) -> None:
    before, whole = leaf(live), (live / name).read_bytes()
    if content is None:
        (live / name).unlink()
    else:
        (live / name).write_bytes(content)
    for _ in range(3):
        assert served(server) == before
    assert server.post(EVENT).status == 200
    assert len(re.findall(rf"cannot be used together yet \([^)]*{reason}", server.log())) == 1
    (live / name).write_bytes(whole)
    assert served(server) == before
    assert CHANGED in server.log()


def test_a_worker_that_starts_while_the_files_are_of_no_use_has_the_old_pair_too(
    server: Any, live: Path, eventually: Eventually
) -> None:
    before = leaf(live)
    (live / "tls.crt").write_bytes(b"")
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: server.workers() and server.workers() != [worker], "another worker")
    assert served(server) == before
    assert server.post(EVENT).status == 200


def test_renewed_authorities_count_for_clients_certificates(
    serve: Any, live: Path, trust: Trust, tmp_path: Path
) -> None:
    authorities = [trustme.CA(), trustme.CA()]
    file = tmp_path / "clients.pem"
    authorities[0].cert_pem.write_to_path(str(file))
    ssl_files = {"certificate": str(live / "tls.crt"), "key": str(live / "tls.key")}
    server = serve("listen", listener={"ssl": {**ssl_files, "certificate_authorities": [str(file)]}})
    server.tls = trust()
    authorities[1].issue_cert("auth0").configure_cert(server.tls)
    with pytest.raises(OSError, match=r"(?i)alert|reset|broken pipe|eof"):
        server.post(EVENT)
    authorities[1].cert_pem.write_to_path(str(file))
    assert server.post(EVENT).status == 200
