"""What Auth0's refusals mean and how to mend them."""

from collections.abc import Iterable
from typing import Any, Final

from auth0_elastic.config.settings import Tenant
from auth0_elastic.errors import Auth0Refused
from auth0_elastic.log import MASK, clean, mask
from auth0_elastic.management.connection import Answer, Request

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path

_LONGEST_REASON: Final = 300
_MANAGEMENT_API: Final = "Auth0's dashboard under Applications > APIs > Auth0 Management API"
_STREAM_VERBS: Final = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}


def refusal(tenant: Tenant, request: Request, answer: Answer, secrets: Iterable[str] = ()) -> Auth0Refused:
    """An error that says what Auth0 refused, why, and what to do; `secrets` are left out of Auth0's own words."""
    code = _code(answer)
    said = _said(answer, secrets)
    what = f"tenants.{tenant.name}: {request}: Auth0 answered {answer.status}{f' {code}' if code else ''}"
    remedy = (_token_remedy if request.path == TOKEN_PATH else _remedy)(tenant, request, answer.status, code)
    return Auth0Refused("; ".join(filter(None, [f"{what} ({said})" if said else what, remedy])), answer.status, code)


def scope_for(method: str, path: str) -> str:
    """The scope, or scopes, that a request to the Management API needs."""
    if path.startswith("/api/v2/log-streams"):
        return f"{_STREAM_VERBS[method]}:log_streams"
    return "read:logs and read:logs_users"


def _code(answer: Answer) -> str:
    """`errorCode` of the Management API; `error` of the token endpoint, a word there and prose elsewhere."""
    body = answer.body if isinstance(answer.body, dict) else {}
    code = body.get("errorCode") or body.get("error")
    return clean(code)[:80] if isinstance(code, str) and " " not in code else ""


def _said(answer: Answer, secrets: Iterable[str]) -> str:
    body: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    text = body.get("message") or body.get("error_description") or ""
    if 300 <= answer.status < 400:
        text = f"sent on to {answer.headers.get('location', 'nowhere')}"
    if not isinstance(text, str):
        return ""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return clean(mask(text))[:_LONGEST_REASON]


def _token_remedy(tenant: Tenant, request: Request, status: int, code: str) -> str:
    if status == 401:
        return f"check {_key(tenant, 'client_id')} and {_key(tenant, 'client_secret')}"
    if status == 403 and code == "unauthorized_client":
        return "the application must be of the type Machine to Machine, with the grant Client Credentials"
    if status == 403:
        return (
            f"authorize the application in {_MANAGEMENT_API} > Machine to Machine Applications, and check "
            f"{_key(tenant, 'audience')}: with a custom domain it is still https://TENANT.REGION.auth0.com/api/v2/"
        )
    return _address_remedy(tenant) if _elsewhere(status) or not code else ""


def _remedy(tenant: Tenant, request: Request, status: int, code: str) -> str:
    if status == 401:
        return _unauthorized_remedy(tenant)
    if status == 403 and code in ("", "insufficient_scope"):
        return _scope_remedy(tenant, scope_for(request.method, request.path))
    if status == 404 and request.path.startswith("/api/v2/log-streams/"):
        return "there is no such log stream; `auth0-elastic stream list` shows those there are"
    return _address_remedy(tenant) if _elsewhere(status) else ""


def _unauthorized_remedy(tenant: Tenant) -> str:
    if tenant.authentication_type == "access_token":
        return (
            f"{_key(tenant, 'access_token')} has expired, was revoked or is for another API: get a new one, or let "
            f"client_credentials get it ({_key(tenant, 'authentication_type')})"
        )
    return f"check {_key(tenant, 'audience')} and {_key(tenant, 'base_url')}: they must belong to the same tenant"


def _scope_remedy(tenant: Tenant, scope: str) -> str:
    if tenant.authentication_type == "access_token":
        return f"{_key(tenant, 'access_token')} lacks the scope {scope}: get one that has it"
    return (
        f"the application lacks the scope {scope}: grant it in {_MANAGEMENT_API} > Machine to Machine Applications, at "
        f"the application with the client id {tenant.client_id}"
    )


def _elsewhere(status: int) -> bool:
    return 300 <= status < 400 or status in (404, 405)


def _address_remedy(tenant: Tenant) -> str:
    return f"check {_key(tenant, 'base_url')}: {tenant.base_url} is not the address of an Auth0 tenant"


def _key(tenant: Tenant, name: str) -> str:
    return f"tenants.{tenant.name}.{name}"
