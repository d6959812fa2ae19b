"""When the listener's certificate expires: Auth0 delivers to nobody whose certificate has."""

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from auth0_elastic.serve.metrics.sample import Sample


def of_certificate(path: Path | None) -> Iterator[Sample]:
    """Read each time, since it may have been renewed; nothing where it cannot be read, of which the listener tells."""
    if path is None:
        return
    try:
        own = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError, IndexError):
        return
    yield Sample("certificate_expiry_timestamp_seconds", (), own.not_valid_after_utc.timestamp())
