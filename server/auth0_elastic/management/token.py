"""The access token: a ready one as it is, or one of client credentials, cached and renewed early."""

import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from auth0_elastic.config.settings import Tenant
from auth0_elastic.errors import Auth0Error, Auth0Unavailable, ConfigError
from auth0_elastic.management.connection import Answer, Request
from auth0_elastic.management.exchange import Exchange
from auth0_elastic.management.refusal import TOKEN_PATH, refusal
from auth0_elastic.secret import Secret

_T = TypeVar("_T")

_EARLY: Final = 300.0  # seconds before its end, or a tenth of its life if that is less
_USUAL_LIFE: Final = 3600.0
_WORTH_REPLACING: Final = 600.0  # seconds: tokens are metered


class Tokens:
    """Safe to share between threads: one of them gets a token, the others wait for it, or for its failure."""

    def __init__(self, tenant: Tenant, exchange: Exchange, clock: Callable[[], float]) -> None:
        self._tenant, self._exchange, self._clock = tenant, exchange, clock
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._since, self._renew_at = 0.0, 0.0
        self._replaces = False
        self._failures = 0
        self._failure: Auth0Error | None = None

    @property
    def renewable(self) -> bool:
        return self._tenant.authentication_type == "client_credentials"

    def current(self) -> Secret:
        """A token that is valid for a while yet. Raises Auth0Unavailable, Auth0Refused, ConfigError."""
        if not self.renewable:
            return _required(self._tenant, "access_token", self._tenant.access_token)
        failures = self._failures
        with self._lock:
            if self._token is not None and self._clock() < self._renew_at:
                return self._token
            if self._failures != failures and self._failure is not None:  # it failed while this thread waited
                raise self._failure
            return self._renew()

    def reject(self, token: Secret) -> None:
        """Auth0 does not take this token: it is not used again, unless it has just taken the place of another such."""
        with self._lock:
            is_new = self._replaces and self._clock() - self._since <= _WORTH_REPLACING
            if self._token is token and not is_new:
                self._token = None

    def lacks_scope(self, token: Secret) -> None:
        """A token has the scopes of its birth, and more may be granted by now: an older one is not used again."""
        if self._clock() - self._since > _WORTH_REPLACING:
            self.reject(token)

    def _renew(self) -> Secret:
        asked = self._clock()
        try:
            answer = self._exchange.settle(self._request())
            token, life = self._read(answer)
        except Auth0Error as error:
            self._failures += 1
            self._failure = error
            raise
        self._replaces = self._token is None and self._since > 0
        self._since, self._renew_at = asked, asked + life - min(_EARLY, life / 10)
        self._token = token
        return token

    def _request(self) -> Request:
        tenant = self._tenant
        form = {
            "grant_type": "client_credentials",
            "client_id": _required(tenant, "client_id", tenant.client_id),
            "client_secret": _required(tenant, "client_secret", tenant.client_secret).reveal(),
            "audience": tenant.audience or f"{tenant.base_url}/api/v2/",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", TOKEN_PATH, headers=headers, body=urlencode(form).encode())

    def _read(self, answer: Answer) -> tuple[Secret, float]:
        """The token and the seconds it lives."""
        if answer.status != 200:
            secrets = [secret.reveal() for secret in self._tenant.secrets()]
            raise refusal(self._tenant, Request("POST", TOKEN_PATH), answer, secrets)
        body: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
        token, life = body.get("access_token"), body.get("expires_in", _USUAL_LIFE)
        if not isinstance(token, str) or not token:
            name = f"tenants.{self._tenant.name}"
            remedy = f"check {name}.base_url"
            raise Auth0Unavailable(f"{name}: POST {TOKEN_PATH}: the answer holds no access token; {remedy}")
        return Secret(token), float(life) if isinstance(life, int | float) else _USUAL_LIFE


def _required(tenant: Tenant, name: str, value: _T | None) -> _T:
    if value is None:
        raise ConfigError(f"tenants.{tenant.name}.{name}: missing, but {tenant.authentication_type} needs it")
    return value
