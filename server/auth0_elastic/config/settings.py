"""The settings as the product uses them: typed, frozen, in the schema's shape.

Sizes are bytes, durations seconds, paths absolute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auth0_elastic.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSsl:
    certificate: Path | None
    key: Path | None
    certificate_authorities: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`authorization_token` holds all tokens that are valid; it is empty only where no listener is run."""

    listen_address: str
    listen_port: int
    webhook_path: str
    authorization_token: tuple[Secret, ...]
    token_header: str | None
    token_query_parameter: str | None
    ssl: ListenerSsl
    behind_proxy: bool
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
    path: Path
    max_size: int
    dead_letters_max_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    listen_address: str
    listen_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    level: Literal["debug", "info", "warning", "error"]
    format: Literal["text", "ecs_json"]


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

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret there is, for masking."""
        found = (*self.listener.authorization_token, self.elasticsearch.api_key, self.elasticsearch.password)
        return tuple(secret for secret in found if secret is not None)


def build(values: Mapping[tuple[str, ...], Any]) -> Settings:
    """Settings of a converted value for every leaf of the schema, except the `_file` forms of secrets."""

    def section(*path: str) -> dict[str, Any]:
        return {leaf[-1]: value for leaf, value in values.items() if leaf[:-1] == path}

    elasticsearch_ssl = ElasticsearchSsl(**section("elasticsearch", "ssl"))
    return Settings(
        listener=Listener(ssl=ListenerSsl(**section("listener", "ssl")), **section("listener")),
        elasticsearch=Elasticsearch(ssl=elasticsearch_ssl, **section("elasticsearch")),
        data_stream=DataStream(**section("data_stream")),
        spool=Spool(**section("spool")),
        monitoring=Monitoring(**section("monitoring")),
        logging=Logging(**section("logging")),
        **section(),
    )
