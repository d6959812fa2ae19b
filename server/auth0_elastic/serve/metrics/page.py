"""docs/metrics.md, made from the table: `python -m auth0_elastic.serve.metrics.page`; `make generate` rewrites it."""

from collections.abc import Iterator

import click

from auth0_elastic.serve.metrics.table import LABELS, METRICS, REASON_LABELS, SECTIONS, Metric
from auth0_elastic.spool.dead_letters import KINDS
from auth0_elastic.spool.measures import BULK, LAG_RECEIVED

_HEAD = """\
# Metrics

<!-- Made from server/auth0_elastic/serve/metrics/table.py by `make generate`; a test fails when they differ. -->

`GET /metrics` answers in Prometheus' format (or OpenMetrics, where it is asked for), on the address of `/healthz`
(`monitoring.listen_address`, `monitoring.listen_port`), without a token: keep it inside.

```yaml
scrape_configs:
  - job_name: auth0-elastic
    static_configs: [{targets: ["127.0.0.1:8384"]}]
rule_files: [prometheus-alerts.yml] # monitoring/prometheus-alerts.yml of this repository
```

- Counters are kept on the disk beside the events, in the same transactions. They go on after a restart, so an event is
  counted exactly once. Only `process_restarts_total` begins anew with the server, and a ledger that was damaged counts
  from 0 again. Requests are counted beside that, and those of the last second may be missing after a kill.
- A scrape reads a few rows, however much waits, and holds up nobody.
- No label has a text of Auth0's, of the engine's or of a client's: those stand in the log, in `/readyz` and in
  `auth0-elastic dead-letters`.
- What to do when something is wrong: [the runbook](runbook.md), a section for each alert.
"""


def metrics_page() -> str:
    """The whole page: a table for each section, then what the labels may say."""
    return "\n".join([_HEAD, *_sections(), *_labels()])


def _sections() -> Iterator[str]:
    for section in SECTIONS:
        yield f"## {section.title}\n\n{section.text}\n"
        yield "| Metric | Kind | Labels | Meaning |\n|---|---|---|---|"
        yield from map(_row, section.metrics)
        yield ""


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.full_name}` | {metric.kind} | {labels} | {metric.help} |"


def _labels() -> Iterator[str]:
    yield "## Labels\n\n| Label | Values |\n|---|---|"
    for label, values in LABELS.items():
        yield f"| `{label}` | {_listed(values)} |"
    for name, values in REASON_LABELS.items():
        yield f"| `reason` of `{METRICS[name].full_name}` | {_listed(values)} |"
    yield "| `tenant` | the names under `tenants` in the settings |"
    yield f"| `le` of the duration | {_listed(BULK.bounds)} |"
    yield f"| `le` of the lag | {_listed(LAG_RECEIVED.bounds)} |"
    yield "\n`reason` of a dead letter:\n"
    yield from (f"- `{kind}`: {text}" for kind, text in KINDS.items())
    yield "- `unknown`: A version before this metric has counted it.\n"


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    click.echo(metrics_page(), nl=False)
