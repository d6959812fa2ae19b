"""What the adapter trusts, with the client of either engine, and what it says when it does not."""

import hashlib
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.errors import EngineUnavailable

pytestmark = pytest.mark.parametrize("headers", [{"X-Elastic-Product": "Elasticsearch"}, {}], ids=["es", "os"])

Serve = Callable[..., str]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@pytest.fixture
def serve(http_server: Any, authority: trustme.CA, headers: dict[str, str]) -> Serve:
    """Starts a server with a certificate for these names, followed by its authority's; returns its URL."""

    def start(*names: str, **dates: datetime) -> str:
        leaf = authority.issue_cert(*(names or ("localhost",)), **dates)
        return str(
            http_server(
                server_context(leaf.private_key_pem, *leaf.cert_chain_pems, authority.cert_pem), headers=headers
            ).url
        )

    return start


def server_context(*pems: trustme.Blob) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trustme.Blob(b"".join(pem.bytes() for pem in pems)).tempfile() as path:
        context.load_cert_chain(path)
    return context


def fingerprint(pem: trustme.Blob) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.bytes().decode())).hexdigest()


def connected(url: str, **settings: str) -> Engine:
    environment = {f"AUTH0_ELASTIC_ELASTICSEARCH_{name.upper()}": value for name, value in settings.items()}
    return connect(load(None, {**environment, "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": url}).elasticsearch)


def test_a_named_authority_is_trusted(serve: Serve, ca_file: str) -> None:
    assert connected(serve(), ssl_certificate_authorities=ca_file).request("GET", "/x").status == 200


def test_an_unknown_authority_is_not_and_the_setting_is_named(serve: Serve) -> None:
    with pytest.raises(EngineUnavailable, match=r"not signed by an authority .* elasticsearch\.ssl\.certificate_auth"):
        connected(serve())


def test_a_server_of_another_name_is_not_and_its_names_are_said(serve: Serve, ca_file: str) -> None:
    with pytest.raises(
        EngineUnavailable, match=r"not valid for 'localhost'; use one of those names in elasticsearch.h"
    ):
        connected(serve("elsewhere.example"), ssl_certificate_authorities=ca_file)


def test_an_expired_certificate_is_said_to_be_one(serve: Serve, ca_file: str) -> None:
    url = serve(not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2021, 1, 1, tzinfo=UTC))
    with pytest.raises(EngineUnavailable, match="the server's certificate has expired; renew it there"):
        connected(url, ssl_certificate_authorities=ca_file)


def test_a_certificate_of_the_future_is_said_to_be_one(serve: Serve, ca_file: str) -> None:
    with pytest.raises(EngineUnavailable, match="certificate is not valid yet; compare the clocks"):
        connected(serve(not_before=datetime.now(UTC) + timedelta(days=1)), ssl_certificate_authorities=ca_file)


def test_verification_can_be_switched_off(serve: Serve) -> None:
    assert connected(serve("elsewhere.example"), ssl_verification_mode="none").request("GET", "/x").status == 200


def test_an_authority_is_trusted_by_its_fingerprint(serve: Serve, authority: trustme.CA) -> None:
    engine = connected(serve(), ssl_ca_trusted_fingerprint=fingerprint(authority.cert_pem))
    assert engine.request("GET", "/x").status == 200


def test_a_servers_own_fingerprint_is_trusted_too(http_server: Any, authority: trustme.CA, headers: Any) -> None:
    leaf = authority.issue_cert("localhost")
    url = http_server(server_context(leaf.private_key_and_cert_chain_pem), headers=headers).url
    engine = connected(url, ssl_ca_trusted_fingerprint=fingerprint(leaf.cert_chain_pems[0]))
    assert engine.request("GET", "/x").status == 200


def test_a_fingerprint_that_nobody_presents_is_compared(serve: Serve, authority: trustme.CA) -> None:
    with pytest.raises(EngineUnavailable, match=rf"fingerprint is 0{{64}}, but .*{fingerprint(authority.cert_pem)}"):
        connected(serve(), ssl_ca_trusted_fingerprint="00" * 32)


def test_with_a_fingerprint_the_name_is_checked_too(serve: Serve, authority: trustme.CA) -> None:
    with pytest.raises(EngineUnavailable, match="not valid for 'localhost'"):
        connected(serve("elsewhere.example"), ssl_ca_trusted_fingerprint=fingerprint(authority.cert_pem))


def test_who_only_shows_the_trusted_certificate_is_not_trusted(
    http_server: Any, authority: trustme.CA, headers: Any
) -> None:
    leaf, key = signed_by_a_namesake(authority)
    url = http_server(server_context(key, leaf, authority.cert_pem), headers=headers).url
    with pytest.raises(EngineUnavailable, match="not signed by an authority"):
        connected(url, ssl_ca_trusted_fingerprint=fingerprint(authority.cert_pem))


def test_a_server_without_tls_is_said_to_be_one(http_server: Any, headers: Any, ca_file: str) -> None:
    url = http_server(headers=headers).url.replace("http:", "https:")
    with pytest.raises(EngineUnavailable, match=r"does not speak TLS; write http:// in elasticsearch\.hosts"):
        connected(url, ssl_certificate_authorities=ca_file)


@pytest.mark.parametrize("tls", [{}, {"ssl_ca_trusted_fingerprint": "00" * 32}], ids=["system", "fingerprint"])
def test_nobody_there_is_the_reason(headers: Any, tls: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(EngineUnavailable, match=f"no answer from {url}: Connection refused"):
            connected(url, **tls)


def signed_by_a_namesake(authority: trustme.CA) -> tuple[trustme.Blob, trustme.Blob]:
    """A certificate for localhost and its key, signed in the authority's name with another key."""
    name = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    leaf = (
        x509.CertificateBuilder(name, x509.Name([]), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return trustme.Blob(leaf.public_bytes(serialization.Encoding.PEM)), trustme.Blob(private)
