"""What can be known of a tenant's log stream: whether it is there, delivers, points here, and what it leaves out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from auth0_elastic.config.settings import Tenant
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.log_stream.compare import differences, same_token
from auth0_elastic.log_stream.configuration import Existing
from auth0_elastic.log_stream.desired import desired
from auth0_elastic.log_stream.filters import left_out, warning
from auth0_elastic.log_stream.manage import found_stream
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret

HEALTH: Final = "the Management API does not give a stream's last errors; Auth0's dashboard does: {url}"


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """`points_here` and `token_accepted` are None where it cannot be told; `problems` are what must be done.

    `left_out` has the number of event types of each category that the stream's filters do not let through.
    """

    tenant: str
    mode: str
    name: str
    id: str | None = None
    status: str | None = None
    endpoint: str | None = None
    points_here: bool | None = None
    token_accepted: bool | None = None
    differences: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    health: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def look(api: ManagementApi, tenant: Tenant, token: Secret | None, accepted: Sequence[Secret]) -> StreamStatus:
    """Never raises an Auth0ElasticError: one that comes is the problem. `token` is the one that the stream should have.

    `accepted` are the tokens that the listener takes.
    """
    try:
        stream = found_stream(api, tenant)
    except Auth0ElasticError as error:
        return unknown(tenant, error)
    if stream is None:
        return _absent(tenant)
    return _judge(tenant, stream, token, accepted)


def unknown(tenant: Tenant, error: Auth0ElasticError) -> StreamStatus:
    """Of a tenant that could not be asked."""
    settings, problem = tenant.log_stream, str(error)
    return StreamStatus(tenant.name, settings.mode, settings.name, status="unknown", problems=(problem,))


def _absent(tenant: Tenant) -> StreamStatus:
    settings = tenant.log_stream
    problem = "there is no such log stream in Auth0: run `auth0-elastic stream create`"
    return StreamStatus(tenant.name, settings.mode, settings.name, problems=(problem,))


def _judge(tenant: Tenant, stream: Existing, token: Secret | None, accepted: Sequence[Secret]) -> StreamStatus:
    settings, configuration = tenant.log_stream, stream.configuration
    wanted = desired(tenant, token or Secret("")) if settings.url else None
    differing = differences(configuration, wanted) if wanted else ()
    is_accepted = any(same_token(configuration.authorization, each) for each in accepted)
    lost = warning(configuration.filters, priority=configuration.priority)
    return StreamStatus(
        tenant=tenant.name,
        mode=settings.mode,
        name=stream.name,
        id=stream.id,
        status=stream.status,
        endpoint=stream.endpoint,
        points_here=None if wanted is None else "sink.httpEndpoint" not in differing,
        token_accepted=None if configuration.custom_headers and not is_accepted else is_accepted,
        differences=differing,
        left_out=left_out(configuration.filters),
        problems=tuple(_problems(tenant, stream, differing, is_accepted)),
        warnings=tuple(filter(None, [lost, _cannot_compare(tenant)])),
        health=HEALTH.format(url="Monitoring > Streams > " + stream.name + " > Health"),
    )


def _problems(tenant: Tenant, stream: Existing, differing: Sequence[str], is_accepted: bool) -> Iterator[str]:
    if stream.status == "suspended":
        yield "Auth0 has suspended it, because deliveries had failed: mend that, then `auth0-elastic stream resume`"
    elif stream.status != "active":
        yield f"it is {stream.status}, so nothing is delivered: `auth0-elastic stream resume`"
    if "sink.httpEndpoint" in differing:
        yield f"it points to {stream.endpoint} and not to {tenant.log_stream.url}: `auth0-elastic stream update`"
    elif differing:
        yield f"it differs from the settings in {', '.join(differing)}: `auth0-elastic stream update`"
    if not is_accepted and not stream.configuration.custom_headers:
        yield "the listener refuses its token: `auth0-elastic stream update`"


def _cannot_compare(tenant: Tenant) -> str:
    key = f"tenants.{tenant.name}.log_stream.url"
    return "" if tenant.log_stream.url else f"{key} is not set, so the stream is not compared with the settings"
