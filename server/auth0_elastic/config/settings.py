"""The settings as the product uses them: typed, frozen, in the schema's shape.

Sizes are bytes, durations seconds, paths absolute.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auth0_elastic.config.detect_settings import Detect, RuleSettings, WebhookSettings
from auth0_elastic.config.reputation_settings import ListSource, ReputationSettings
from auth0_elastic.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSsl:
    certificate: Path | None
    key: Path | None
    certificate_authorities: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`authorization_token` holds the tokens of the settings; those that the server makes itself are in the spool."""

    enabled: bool
    listen_address: str
    listen_port: int
    webhook_path: str
    collect_path: str | None
    authorization_token: tuple[Secret, ...]
    token_header: str | None
    token_query_parameter: str | None
    ssl: ListenerSsl
    behind_proxy: bool
    trusted_proxies: tuple[str, ...]
    allowed_addresses: tuple[str, ...]
    failed_tokens_per_minute: int
    workers: int
    max_body_size: int
    handshake_timeout: float
    header_timeout: float
    body_timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ElasticsearchSsl:
    certificate_authorities: tuple[Path, ...]
    ca_trusted_fingerprint: str | None
    verification_mode: Literal["full", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elasticsearch:
    """Either `api_key` is set, or `username` and `password`, or none of them.

    `api_key` is as it was given: encoded (base64) or, as in Beats, id:api_key.
    """

    hosts: tuple[str, ...]
    api_key: Secret | None
    username: str | None
    password: Secret | None
    ssl: ElasticsearchSsl
    distribution: Literal["auto", "elasticsearch", "opensearch"]
    timeout: float
    max_in_flight: int
    bulk_max_bytes: int
    compression_level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStream:
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """Each data stream has a folder of its own in `path`, with its own shipper: neither can hold the other up."""

    path: Path
    max_size: int
    dead_letters_max_size: int

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def actions(self) -> Path:
        return self.path / "actions"

    @property
    def folders(self) -> dict[str, Path]:
        """By the name of the data stream in the package."""
        return {"logs": self.logs, "actions": self.actions}


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    listen_address: str
    listen_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    level: Literal["debug", "info", "warning", "error"]
    format: Literal["text", "ecs_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSsl:
    certificate_authorities: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """`start_at` is a time in ISO 8601, with an offset or Z."""

    enabled: bool
    interval: float
    batch_size: int
    look_back: float
    start_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    enabled: bool
    interval: float
    look_back: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    """What the tenant's log stream should be; `custom_headers` are texts of the form `Name: value`."""

    mode: Literal["manual", "automatic"]
    name: str
    url: str | None
    content_format: Literal["JSONLINES", "JSONARRAY", "JSONOBJECT"]
    custom_headers: tuple[Secret, ...]
    filters: tuple[str, ...]
    priority: bool
    start_from: str | None
    pii_fields: tuple[str, ...]
    pii_method: Literal["mask", "hash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An Auth0 tenant and its Management API. `base_url` has no slash at its end."""

    name: str
    base_url: str
    audience: str | None
    authentication_type: Literal["client_credentials", "access_token"]
    client_id: str | None
    client_secret: Secret | None
    access_token: Secret | None
    proxy: Secret | None
    timeout: float
    ssl: TenantSsl
    poll: Poll
    reconcile: Reconcile
    log_stream: LogStream

    def secrets(self) -> tuple[Secret, ...]:
        found = (self.client_secret, self.access_token, self.proxy, *self.log_stream.custom_headers)
        return tuple(secret for secret in found if secret is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    listener: Listener
    elasticsearch: Elasticsearch
    data_stream: DataStream
    spool: Spool
    tags: tuple[str, ...]
    preserve_original_event: bool
    monitoring: Monitoring
    logging: Logging
    tenants: tuple[Tenant, ...]
    reputation: ReputationSettings
    detect: Detect

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret there is, for masking."""
        found = (*self.listener.authorization_token, self.elasticsearch.api_key, self.elasticsearch.password)
        found += tuple(secret for tenant in self.tenants for secret in tenant.secrets())
        found += self.reputation.secrets() + self.detect.secrets()
        return tuple(secret for secret in found if secret is not None)


def build(values: Mapping[tuple[str, ...], Any]) -> Settings:
    """Settings of a converted value for every leaf of the schema, except the `_file` forms of secrets."""

    def section(*path: str) -> dict[str, Any]:
        return {leaf[-1]: value for leaf, value in values.items() if leaf[:-1] == path}

    def names(*path: str) -> Iterable[str]:
        return dict.fromkeys(leaf[len(path)] for leaf in values if leaf[: len(path)] == path)

    def tenant(name: str) -> Tenant:
        path = ("tenants", name)
        return Tenant(
            name=name,
            ssl=TenantSsl(**section(*path, "ssl")),
            poll=Poll(**section(*path, "poll")),
            reconcile=Reconcile(**section(*path, "reconcile")),
            log_stream=LogStream(**section(*path, "log_stream")),
            **section(*path),
        )

    rules, lists = ("detect", "rules"), ("reputation", "lists")
    reputation = ReputationSettings(
        lists=tuple(ListSource(name=name, **section(*lists, name)) for name in names(*lists)),
        **section("reputation"),
    )
    detect = Detect(
        rules=tuple(RuleSettings(name=name, **section(*rules, name)) for name in names(*rules)),
        webhook=WebhookSettings(**section("detect", "webhook")),
        **section("detect"),
    )
    elasticsearch_ssl = ElasticsearchSsl(**section("elasticsearch", "ssl"))
    return Settings(
        listener=Listener(ssl=ListenerSsl(**section("listener", "ssl")), **section("listener")),
        elasticsearch=Elasticsearch(ssl=elasticsearch_ssl, **section("elasticsearch")),
        data_stream=DataStream(**section("data_stream")),
        spool=Spool(**section("spool")),
        monitoring=Monitoring(**section("monitoring")),
        logging=Logging(**section("logging")),
        tenants=tuple(map(tenant, names("tenants"))),
        reputation=reputation,
        detect=detect,
        **section(),
    )
