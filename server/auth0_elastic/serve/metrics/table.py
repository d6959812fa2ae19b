"""Every metric there is: the collector makes what it finds here, and docs/metrics.md is made from it."""

from typing import Final, Literal, NamedTuple

from auth0_elastic.receive.refused import REASONS
from auth0_elastic.spool.dead_letters import KINDS

PREFIX: Final = "auth0_elastic_"


class Metric(NamedTuple):
    """`name` is without the prefix; a counter's ends with `_total`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str

    @property
    def full_name(self) -> str:
        return PREFIX + self.name


class Section(NamedTuple):
    title: str
    text: str
    metrics: tuple[Metric, ...]


_STREAM: Final = ("data_stream",)

SECTIONS: Final = (
    Section(
        "Requests",
        "What the listener receives, since the spool was made: accepted + refused.",
        (
            Metric("requests_accepted_total", "counter", (), "Requests that were answered with 200."),
            Metric(
                "requests_refused_total",
                "counter",
                ("reason",),
                "Requests, or connections, that the listener has refused.",
            ),
            Metric(
                "certificate_expiry_timestamp_seconds",
                "gauge",
                (),
                "When the listener's certificate expires; absent where it has none.",
            ),
        ),
    ),
    Section(
        "Events",
        "How many events came in, and how each of them ended. "
        "accepted + rejected + replayed = indexed + duplicate + dead + what waits in the spool.",
        (
            Metric(
                "events_accepted_total",
                "counter",
                _STREAM,
                "Events that were spooled: on the disk before the answer 200.",
            ),
            Metric(
                "events_rejected_total",
                "counter",
                _STREAM,
                "Pieces of accepted requests that are no events; each becomes a dead letter.",
            ),
            Metric("events_indexed_total", "counter", _STREAM, "Events that the engine has indexed."),
            Metric("events_duplicate_total", "counter", _STREAM, "Events that the engine had already."),
            Metric("events_retried_total", "counter", _STREAM, "How often an event had to be kept, to be sent again."),
            Metric("events_dead_total", "counter", (*_STREAM, "reason"), "Events that became dead letters."),
            Metric("dead_letters", "gauge", (*_STREAM, "reason"), "Dead letters that are kept now."),
            Metric(
                "dead_letters_replayed_total",
                "counter",
                _STREAM,
                "Dead letters that were sent again and came to another end.",
            ),
            Metric(
                "dead_letters_dropped_total",
                "counter",
                (*_STREAM, "by"),
                "Dead letters that are gone: beyond the limit spool.dead_letters_max_size, or dropped by an operator.",
            ),
        ),
    ),
    Section(
        "Spool",
        "What waits on the disk.",
        (
            Metric("spool_events", "gauge", _STREAM, "Events that wait to be delivered."),
            Metric("spool_bytes", "gauge", _STREAM, "Their size; what was just delivered counts until it is removed."),
            Metric("spool_max_bytes", "gauge", _STREAM, "The most they may take: spool.max_size."),
            Metric(
                "spool_oldest_event_age_seconds",
                "gauge",
                _STREAM,
                "For how long the oldest of them has waited; 0 when none waits.",
            ),
            Metric("spool_disk_free_bytes", "gauge", (), "What the disk of the spool has free."),
            Metric(
                "spool_damaged_files", "gauge", _STREAM, "Damaged spool files that were set aside and still lie there."
            ),
        ),
    ),
    Section(
        "Delivery",
        "The way from the spool into the engine.",
        (
            Metric(
                "engine_up",
                "gauge",
                _STREAM,
                "1 while the engine takes events; 0 when the shipper waits for it, or has not yet tried.",
            ),
            Metric("bulk_duration_seconds", "histogram", _STREAM, "How long bulk requests took that were answered."),
            Metric(
                "event_lag_seconds",
                "histogram",
                (*_STREAM, "since"),
                "How old events were when they were indexed: since they were received, each; "
                "since Auth0 had created them, one of each bulk request.",
            ),
            Metric(
                "last_delivery_timestamp_seconds",
                "gauge",
                _STREAM,
                "When an event was last indexed, or found to be there; absent before the first.",
            ),
        ),
    ),
    Section(
        "Processes",
        "The supervisor's children, by what `serve --only` and the log call them.",
        (
            Metric("build_info", "gauge", ("version",), "1, with the version of the server."),
            Metric("ready", "gauge", (), "Whether an event would be accepted now, as /readyz says."),
            Metric("process_up", "gauge", ("process",), "Whether the process runs."),
            Metric(
                "process_restarts_total",
                "counter",
                ("process",),
                "How often it has ended by itself and was started again, since the server began.",
            ),
        ),
    ),
    Section(
        "Tenants",
        "Only where tenants are polled, reconciled or given a log stream.",
        (
            Metric(
                "tenant_task_up",
                "gauge",
                ("tenant", "task"),
                "1 while it goes well, 0 while it fails and is tried again; absent before its first step.",
            ),
            Metric(
                "tenant_task_last_success_timestamp_seconds",
                "gauge",
                ("tenant", "task"),
                "When it last went well.",
            ),
            Metric(
                "log_stream_status",
                "gauge",
                ("tenant", "status"),
                "1 for the status that the log stream was last seen with, 0 for the others.",
            ),
            Metric(
                "reconcile_logs_total",
                "counter",
                ("tenant", "outcome"),
                "Logs that a comparison found missing, and filled.",
            ),
        ),
    ),
    Section(
        "Detection",
        "Only where `detect.enabled` is set.",
        (
            Metric("detection_passes_total", "counter", (), "How often the rules have been run over what is new."),
            Metric("detection_events_total", "counter", (), "Events that the rules have looked at."),
            Metric("detection_last_pass_timestamp_seconds", "gauge", (), "When they were last run to the end."),
            Metric("detection_alerts_total", "counter", ("level",), "New alerts, one an incident."),
        ),
    ),
)

METRICS: Final = {metric.name: metric for section in SECTIONS for metric in section.metrics}

LABELS: Final = {
    "data_stream": ("logs", "actions"),
    "since": ("received", "created"),
    "by": ("limit", "operator"),
    "process": ("ship", "listen", "tenants", "detect"),
    "task": ("poll", "reconcile", "log_stream"),
    "status": ("active", "paused", "suspended"),
    "outcome": ("missing", "filled"),
    "level": ("informational", "low", "medium", "high", "critical"),
}
"""The values that a label may have; those of `reason` are in REASONS and KINDS, those of `tenant` in the settings."""

REASON_LABELS: Final = {"requests_refused_total": REASONS, "events_dead_total": (*KINDS, "unknown")}
