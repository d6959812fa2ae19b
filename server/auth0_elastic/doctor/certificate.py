"""The listener's certificate, as Auth0 will see it: a TLS handshake in memory with the authorities of this machine."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from auth0_elastic.config.settings import Listener
from auth0_elastic.doctor.finding import Finding
from auth0_elastic.doctor.listener import SECONDS, local_host

CHECK = "certificate"
RENEW_DAYS = 21

_PUBLIC_AUTHORITY = "get one of a public authority, or let a reverse proxy that has one end TLS"
_REASONS = {
    10: ("it has expired", "renew it"),
    18: ("it is self-signed, which Auth0 does not accept", _PUBLIC_AUTHORITY),
    19: ("its authority is a private one, which Auth0 does not know", _PUBLIC_AUTHORITY),
}
_INCOMPLETE = (
    "no authority that this machine knows has signed it: its chain is incomplete, or its authority is a private one",
    "put the intermediate certificates into the same file, after the certificate, or " + _PUBLIC_AUTHORITY,
)


def examine_certificate(listener: Listener, now: datetime) -> Iterator[Finding]:
    """Its age and its chain; nothing where a proxy ends TLS."""
    certificate, key = listener.ssl.certificate, listener.ssl.key
    if certificate is None or key is None:
        yield Finding(CHECK, "skipped", "the listener has none; a reverse proxy must end TLS, since Auth0 demands it")
        return
    leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    yield _age(leaf, now)
    yield _chain(certificate, key)
    yield from _served(listener, leaf)


def _age(leaf: x509.Certificate, now: datetime) -> Finding:
    left = leaf.not_valid_after_utc - now
    until = f"{leaf.not_valid_after_utc:%Y-%m-%d}"
    if now < leaf.not_valid_before_utc:
        return Finding(CHECK, "problem", f"valid only from {leaf.not_valid_before_utc:%Y-%m-%d} on", "check the clock")
    if left.total_seconds() < 0:
        return Finding(CHECK, "problem", f"expired on {until}", "renew it")
    if left.days < RENEW_DAYS:
        return Finding(CHECK, "warning", f"expires on {until}, in {left.days} days", "renew it")
    return Finding(CHECK, "ok", f"valid until {until}, {left.days} days more")


def _chain(certificate: Path, key: Path) -> Finding:
    error = handshake_error(certificate, key)
    if error is None:
        return Finding(CHECK, "ok", "its chain is complete and leads to an authority that this machine knows")
    text, remedy = _REASONS.get(error.verify_code, _INCOMPLETE)
    return Finding(CHECK, "problem", f"{text} ({error.verify_message})", remedy)


def _served(listener: Listener, leaf: x509.Certificate) -> Iterator[Finding]:
    """A running listener keeps the old certificate as long as it cannot use the new one; nothing where none runs."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((local_host(listener), listener.listen_port), SECONDS) as bare,
            anyone.wrap_socket(bare) as client,
        ):
            served = client.getpeercert(binary_form=True)
    except OSError:
        return
    if served != leaf.public_bytes(Encoding.DER):
        remedy = "see its log: maybe its user cannot read the new files"
        yield Finding(CHECK, "problem", "the listener still serves another one than the file holds", remedy)


def handshake_error(
    certificate: Path, key: Path, client: ssl.SSLContext | None = None
) -> ssl.SSLCertVerificationError | None:
    """Why a client with this context, by default one with the machine's authorities, does not trust the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    client = client or ssl.create_default_context()
    client.check_hostname = False  # by which name Auth0 calls is in Auth0's hands
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server),
        context.wrap_bio(to_server, to_client, server_side=True),
    )
    try:
        for end in ends * 3:  # a handshake of TLS 1.3 takes two rounds
            _go_on(end)
    except ssl.SSLCertVerificationError as error:
        return error
    return None


def _go_on(end: ssl.SSLObject) -> None:
    with suppress(ssl.SSLWantReadError):
        end.do_handshake()
