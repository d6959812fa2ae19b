"""Why a request got no answer: the deepest reason of a client's error in one line, with a remedy where one is known."""

import ssl
from collections.abc import Iterator
from http.client import RemoteDisconnected

_MORE_NAMES = ("errors", "info", "reason", "args")

# OpenSSL's verification results.
_CERTIFICATE = {
    9: "the server's certificate is not valid yet; compare the clocks, or wait",
    10: "the server's certificate has expired; renew it there",
    62: "; use one of those names in elasticsearch.hosts",
    64: "; use one of those names in elasticsearch.hosts",
}
_UNTRUSTED = (
    "the server's certificate is not signed by an authority that is trusted here; name the file of its authority in "
    "elasticsearch.ssl.certificate_authorities"
)


def cause_of(error: BaseException) -> str:
    """At most 300 characters, without a secret: clients put neither headers nor bodies into their errors."""
    known = next((line for each in _related(error) if (line := _known(each))), None)
    return (known or next(iter(str(error).splitlines()), "") or type(error).__name__)[:300]


def _known(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return _certificate(error)
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
            return "the server does not speak TLS; write http:// in elasticsearch.hosts, or switch TLS on there"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case TimeoutError():
            return "it took too long"
        case RemoteDisconnected():
            return "the server closed the connection, as one does that expects https://"
        case OSError(strerror=str(reason)):
            return reason
    return None


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    message = error.verify_message.rstrip(".")
    if error.verify_code in (62, 64):
        return message + _CERTIFICATE[error.verify_code]
    return _CERTIFICATE.get(error.verify_code) or f"{_UNTRUSTED} ({message})"


def _related(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it came from, the nearest first."""
    found, seen = [error], set()
    while found:
        each = found.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        values = [each.__cause__, each.__context__, *(getattr(each, name, None) for name in _MORE_NAMES)]
        found += [
            one
            for value in values
            for one in (value if isinstance(value, (list, tuple)) else [value])
            if isinstance(one, BaseException)
        ]
