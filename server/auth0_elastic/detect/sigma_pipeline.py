"""The pySigma pipeline from Auth0's own field names to those of the package, for any of pySigma's Elastic backends."""

from dataclasses import dataclass
from typing import Any, Final

from sigma.processing.conditions import IncludeFieldCondition, LogsourceCondition
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldFunctionTransformation
from sigma.processing.transformations.base import ValueTransformation
from sigma.types import SigmaExpansion, SigmaString

LOGS: Final = {
    "log_id": "event.id",
    "data.client_ip": "auth0.logs.data.client_ip",
    "data.date": "@timestamp",
    "data.details.method": "http.request.method",
    "data.details.originUrl": "url.original",
    "data.details.originalUrl": "url.original",
    "data.details.path": "url.path",
    "data.details.request.method": "http.request.method",
    "data.details.request.path": "url.path",
    "data.details.response.statusCode": "http.response.status_code",
    "data.ip": "source.ip",
    "data.isMobile": "auth0.logs.data.is_mobile",
    "data.log_id": "event.id",
    "data.organization_id": "organization.id",
    "data.organization_name": "organization.name",
    "data.references.trace_id": "trace.id",
    "data.security_context.ja3": "tls.client.ja3",
    "data.type": "event.code",
    "data.user_agent": "user_agent.original",
    "data.user_id": "user.id",
    "data.user_name": "user.name",
}
"""What is not here and begins with `data.` is in `auth0.logs.` under its own name."""

ACTIONS: Final = {
    "actor.email": "user.email",
    "actor.id": "user.id",
    "actor.name": "user.name",
    "context.client_id": "auth0.client.id",
    "context.ip_address": "source.ip",
    "context.session_id": "auth0.session.id",
    "context.user_agent": "user_agent.original",
    "event_id": "event.id",
    "event_time": "@timestamp",
    "event_type": "event.code",
}
"""What is not here and begins with `metadata.` is in `auth0.actions.` under its own name."""

METHOD: Final = "http.request.method"


def logs_field(name: str | None) -> str | None:
    """The field of the logs that holds what Auth0 calls `name`; any other name as it is."""
    if name is None:
        return None
    return LOGS.get(name) or (f"auth0.logs.{name}" if name.startswith("data.") else name)


def actions_field(name: str | None) -> str | None:
    """The field of the events of Actions that holds what an Action calls `name`; any other name as it is."""
    if name is None:
        return None
    rest = name.removeprefix("metadata.")
    return ACTIONS.get(name) or (name if rest == name else f"auth0.actions.{rest}")


FIELD_OF: Final = {"logs": logs_field, "actions": actions_field}
"""By the service of a rule's log source, which is the name of a data stream of the package."""


@dataclass
class EitherCase(ValueTransformation):  # type: ignore[misc]
    """Auth0 writes a method as it was sent, patch or PATCH; Sigma means both."""

    def apply_value(self, field: str | None, val: SigmaString) -> Any:
        plain = str(val)
        forms = dict.fromkeys((plain, plain.upper(), plain.lower()))
        return SigmaExpansion([SigmaString(form) for form in forms]) if len(forms) > 1 else None


def auth0_pipeline() -> ProcessingPipeline:
    """For rules with `logsource: {product: auth0, service: logs}`, or `service: actions`."""
    fields = [
        ProcessingItem(
            FieldFunctionTransformation(mapping={}, transform_func=transform),
            rule_conditions=[LogsourceCondition(product="auth0", service=service)],
            identifier=f"auth0_{service}_fields",
        )
        for service, transform in FIELD_OF.items()
    ]
    method = ProcessingItem(
        EitherCase(),
        rule_conditions=[LogsourceCondition(product="auth0")],
        field_name_conditions=[IncludeFieldCondition([METHOD])],
        identifier="auth0_method_case",
    )
    return ProcessingPipeline(name="Auth0 logs and Actions to ECS", priority=20, items=[*fields, method])
