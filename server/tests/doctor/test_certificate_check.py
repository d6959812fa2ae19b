"""What is said of a certificate: its age, and whether Auth0 would trust it; handshakes for real, in memory."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from auth0_elastic.config.load import load
from auth0_elastic.doctor.certificate import examine_certificate, handshake_error

NOW = datetime(2026, 11, 21, tzinfo=UTC)

Write = Callable[..., tuple[Path, Path]]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Certificate and key in files; `with_chain` puts the intermediate authorities along."""

    def _write(issued: trustme.LeafCert, *, with_chain: bool = True) -> tuple[Path, Path]:
        certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
        pems = issued.cert_chain_pems if with_chain else issued.cert_chain_pems[:1]
        certificate.write_bytes(b"".join(pem.bytes() for pem in pems))
        issued.private_key_pem.write_to_path(str(key))
        return certificate, key

    return _write


def states(certificate: Path, key: Path) -> list[tuple[str, str]]:
    listener = load(Path("/dev/null"), {}).listener
    listener = replace(listener, ssl=replace(listener.ssl, certificate=certificate, key=key))
    return [(finding.state, finding.text) for finding in examine_certificate(listener, NOW)]


@pytest.mark.parametrize(
    ("days", "state", "text"),
    [
        (90, "ok", "89 days more"),
        (20, "warning", "in 19 days"),
        (-1, "problem", "expired on 2026-11-19"),
    ],
)
def test_its_age_is_told_before_it_ends(authority: trustme.CA, write: Write, days: int, state: str, text: str) -> None:
    until = NOW + timedelta(days=days, seconds=-1)
    found = states(*write(authority.issue_cert("localhost", not_before=NOW - timedelta(99), not_after=until)))
    assert found[0][0] == state
    assert text in found[0][1]


def test_a_private_authority_is_told_as_auth0_would_refuse_it(authority: trustme.CA, write: Write) -> None:
    state, text = states(*write(authority.issue_cert("localhost")))[1]
    assert state == "problem"
    assert "its chain is incomplete, or its authority is a private one (unable to get" in text


def test_a_chain_that_leads_to_a_known_authority_is_trusted(authority: trustme.CA, write: Write) -> None:
    pair = write(authority.create_child_ca().issue_cert("localhost"))
    known = ssl.create_default_context()
    authority.configure_trust(known)
    assert handshake_error(*pair, known) is None


def test_a_chain_without_its_intermediate_is_not(authority: trustme.CA, write: Write) -> None:
    pair = write(authority.create_child_ca().issue_cert("localhost"), with_chain=False)
    known = ssl.create_default_context()
    authority.configure_trust(known)
    error = handshake_error(*pair, known)
    assert error is not None
    assert error.verify_code == 20


def test_without_one_a_proxy_is_expected() -> None:
    (finding,) = examine_certificate(load(Path("/dev/null"), {}).listener, NOW)
    assert finding.state == "skipped"
