"""What a cluster's certificate is checked against."""

import hashlib
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from auth0_elastic.config.settings import Elasticsearch as ElasticsearchSettings
from auth0_elastic.engine.cause import cause_of
from auth0_elastic.errors import EngineUnavailable


def tls_options(settings: ElasticsearchSettings) -> dict[str, Any]:
    """What both clients are made with; raises EngineUnavailable where a fingerprint has to be looked for in vain."""
    hosts = [host for host in settings.hosts if host.startswith("https:")]
    tls = settings.ssl
    if not hosts:
        return {}
    if tls.verification_mode == "none":
        return {"verify_certs": False, "ssl_show_warn": False}
    if tls.ca_trusted_fingerprint:
        return {"ssl_context": _pinned(hosts, tls.ca_trusted_fingerprint, settings.timeout)}
    first, *more = tls.certificate_authorities or (None,)
    context = ssl.create_default_context(cafile=first)  # the system's authorities only if none is named
    for path in more:
        context.load_verify_locations(path)
    return {"ssl_context": context}


def _pinned(hosts: Sequence[str], fingerprint: str, timeout: float) -> ssl.SSLContext:
    """Trusts the certificate of this fingerprint, which a host has to present, and what that has signed: no other.

    It is then an authority like one from a file, so that names, dates and signatures are checked as always.
    """
    wanted = fingerprint.replace(":", "").lower()
    presented: list[str] = []
    problem = ""
    for host in hosts:
        try:
            for certificate in _presented(host, timeout):
                presented.append(hashlib.sha256(certificate).hexdigest())
                if presented[-1] == wanted:
                    return _trusting(certificate)
        except OSError as error:
            problem = problem or f"no answer from {host}: {cause_of(error)}"
    raise EngineUnavailable(
        problem
        or f"elasticsearch.ssl.ca_trusted_fingerprint is {wanted}, but {', '.join(hosts)} presents "
        f"{', '.join(presented)}; compare, and let the server present its authority's certificate too"
    )


def _trusting(certificate: bytes) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it may be the server's own, signed by another
    return context


def _presented(host: str, timeout: float) -> Iterator[bytes]:
    """The certificates that a host presents, unverified, in DER."""
    address = urlsplit(host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((str(address.hostname), address.port or 443), timeout) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as tls,
    ):
        yield from _chain(tls)


def _chain(tls: Any) -> list[bytes]:
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13
        return list(tls.get_unverified_chain())
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in tls._sslobj.get_unverified_chain()]
