"""The server itself: TLS, stopping and starting, delivering on its own, two tenants."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
import urllib3

from auth0_elastic.local_auth0 import LocalAuth0, SetClock


class Files(NamedTuple):
    ca: Path
    certificate: tuple[Path, Path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder, ca = tmp_path_factory.mktemp("certificates"), trustme.CA()
    issued = ca.issue_cert("localhost")
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return Files(folder / "ca.pem", (folder / "server.pem", folder / "server.pem"))


@pytest.fixture
def secure_webhook(webhook: Any, files: Files) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files.certificate)
    webhook.socket = context.wrap_socket(webhook.socket, server_side=True)
    return f"https://localhost:{webhook.server_port}/auth0/logs"


def test_with_a_certificate_it_speaks_https(files: Files) -> None:
    with LocalAuth0(certificate=files.certificate) as auth0, urllib3.PoolManager(ca_certs=str(files.ca)) as pool:
        assert auth0.base_url == f"https://localhost:{auth0.port}"
        assert pool.request("GET", f"{auth0.base_url}/api/v2/logs").status == 401


def test_streams_reach_a_listener_whose_authority_is_trusted(files: Files, secure_webhook: str, webhook: Any) -> None:
    with LocalAuth0(ca_file=files.ca) as auth0:
        auth0.tenant.create_stream({"type": "http", "sink": {"httpEndpoint": secure_webhook}})
        auth0.tenant.log()
        assert auth0.deliver() == 1
    assert len(webhook.bodies) == 1


def test_streams_do_not_reach_a_listener_that_nobody_vouches_for(secure_webhook: str, webhook: Any) -> None:
    webhook.handle_error = lambda *_: None
    with LocalAuth0() as auth0:
        stream = auth0.tenant.create_stream({"type": "http", "sink": {"httpEndpoint": secure_webhook}})
        auth0.tenant.log()
        assert auth0.deliver() == 0
    assert (stream.errors[0].reason, webhook.bodies) == ("SSLError", [])


def test_after_a_stop_nobody_answers_and_a_start_brings_everything_back(api: Any, auth0: LocalAuth0) -> None:
    log_id = auth0.tenant.log()
    port = auth0.port
    auth0.stop()
    with pytest.raises(ConnectionRefusedError):
        api.logs(take=1)
    auth0.start()
    assert auth0.port == port
    assert api.ids(take=1) == [log_id]


def test_it_delivers_by_itself_when_told_to(webhook: Any) -> None:
    with LocalAuth0(deliver_every=0.01) as auth0:
        auth0.tenant.behaviour.https_only = False
        auth0.tenant.create_stream({"type": "http", "sink": {"httpEndpoint": webhook.url}})
        auth0.tenant.log()
        assert webhook.was_called.wait(10)


def test_the_date_of_an_answer_is_the_tenants(api: Any, clock: SetClock) -> None:
    clock.advance(3600)
    assert api.logs(take=1).headers["date"] == "Wed, 04 Mar 2026 13:00:00 GMT"


def test_two_tenants_know_nothing_of_each_other(api: Any, auth0: LocalAuth0) -> None:
    with LocalAuth0() as other:
        other.tenant.log()
        assert other.base_url != auth0.base_url
        assert api.ids(take=1) == []
        api.authorization = f"Bearer {other.tenant.tokens.issue()}"
        assert api.logs(take=1).status == 401
