"""A local Auth0, a tenant's settings that point to it, and a clock that nobody waits for."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from auth0_elastic.config.settings import LogStream, Poll, Reconcile, Tenant, TenantSsl
from auth0_elastic.local_auth0 import LocalAuth0, SetClock
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def tenant_of(base_url: str, **changes: Any) -> Tenant:
    """The settings of a tenant as the schema's defaults would make them, with the local Auth0's client."""
    return replace(
        Tenant(
            name="acme",
            base_url=base_url,
            audience=None,
            authentication_type="client_credentials",
            client_id="local-client",
            client_secret=Secret("local-secret"),
            access_token=None,
            proxy=None,
            timeout=5.0,
            ssl=TenantSsl(certificate_authorities=()),
            poll=Poll(enabled=True, interval=60.0, batch_size=100, look_back=3600.0, start_at=None),
            reconcile=Reconcile(enabled=False, interval=3600.0, look_back=86_400.0),
            log_stream=LogStream(
                mode="manual",
                name="auth0-elastic",
                url=None,
                content_format="JSONLINES",
                custom_headers=(),
                filters=(),
                priority=False,
                start_from=None,
                pii_fields=(),
                pii_method="mask",
            ),
        ),
        **changes,
    )


class Waits:
    """Sleeps by moving the clock; `seconds` is what was slept, `then` happens at the end of the first sleep."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.seconds: list[float] = []
        self.then: Callable[[], object] | None = None

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.clock.advance(seconds)
        if self.then:
            self.then()
            self.then = None


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def waits(clock: SetClock) -> Waits:
    return Waits(clock)


@pytest.fixture
def auth0(clock: SetClock) -> Iterator[LocalAuth0]:
    with LocalAuth0(clock=clock) as server:
        yield server


@pytest.fixture
def connect(waits: Waits) -> Iterator[Callable[..., ManagementApi]]:
    """Makes a client from a base URL and changes to the tenant's settings; no jitter, so that waits are exact."""
    opened: list[ManagementApi] = []

    def make(base_url: str, *, patience: float = 120.0, clock: SetClock = waits.clock, **changes: Any) -> ManagementApi:
        tenant = tenant_of(base_url, **changes)
        opened.append(ManagementApi(tenant, clock=clock, sleep=waits, jitter=lambda: 0.0, patience=patience))
        return opened[-1]

    yield make
    for api in opened:
        api.close()


@pytest.fixture
def api(auth0: LocalAuth0, connect: Callable[..., ManagementApi]) -> ManagementApi:
    return connect(auth0.base_url)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certificate(authority: trustme.CA, tmp_path: Path) -> tuple[Path, Path]:
    """A chain and a key for localhost."""
    issued = authority.issue_cert("localhost")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    issued.private_key_pem.write_to_path(str(key))
    return chain, key
