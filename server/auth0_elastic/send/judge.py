"""What the listener's answer, or its silence, means for a batch."""

import ssl
from typing import Final, NamedTuple

import msgspec
import urllib3

from auth0_elastic.send.target import ListenerRefused, Target

_BUSY: Final = (429, 502, 503, 504)
_REMEDIES = {
    401: "give the listener's token with --token-file or AUTH0_ELASTIC_SEND_TOKEN, as it stands in its configuration",
    404: "the path of --url must be the listener's webhook_path",
    413: "send fewer events in a request: --batch-size",
}


class Answer(msgspec.Struct):
    """What the listener says of a body it took."""

    accepted: int
    rejected: int


class _Complaint(msgspec.Struct):
    error: str = ""
    remedy: str = ""


class Later(NamedTuple):
    """Try again, after `seconds` if the listener named a time."""

    reason: str
    seconds: float | None = None


def judge_failure(error: urllib3.exceptions.HTTPError, target: Target) -> Later:
    """No answer is worth another try, except from a listener whose certificate is not trusted."""
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = cause.verify_message
        raise ListenerRefused(f"{target.url}: the certificate is not trusted ({reason}); name its authority with --ca")
    return Later(f"no answer ({type(error).__name__})")


def judge(response: urllib3.BaseHTTPResponse, count: int, target: Target) -> Answer | Later:
    """What an answer means for its batch of `count` events."""
    if response.status in _BUSY:
        after = response.headers.get("Retry-After", "")
        return Later(f"busy ({response.status})", float(after) if after.isdecimal() else None)
    if response.status == 400:  # this body is broken, the next may be sound
        return Answer(accepted=0, rejected=count)
    if response.status != 200:
        raise ListenerRefused(_refusal(response, target))
    try:
        return msgspec.json.decode(response.data, type=Answer)
    except msgspec.MsgspecError as error:
        raise ListenerRefused(f"{target.url}: answers 200, but not as a listener does; is --url right?") from error


def _refusal(response: urllib3.BaseHTTPResponse, target: Target) -> str:
    try:
        said = msgspec.json.decode(response.data, type=_Complaint)
    except msgspec.MsgspecError:
        said = _Complaint()
    parts = [f"{target.url}: answers {response.status}", said.error, _REMEDIES.get(response.status, said.remedy)]
    text = "; ".join(part for part in parts if part)
    return "".join(letter if letter.isprintable() else " " for letter in text)[:600]
