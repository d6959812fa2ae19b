"""A value of a metric, and how the values of one become what prometheus-client writes."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family

from auth0_elastic.serve.metrics.table import Metric
from auth0_elastic.spool.measures import Histogram


class Distribution(NamedTuple):
    """The content of a histogram, as the ledger keeps it."""

    histogram: Histogram
    values: Mapping[str, float]


class Sample(NamedTuple):
    """`labels` are the values of the metric's labels, in their order."""

    metric: str
    labels: tuple[str, ...]
    value: float | Distribution


def family(metric: Metric, samples: Iterable[Sample]) -> Family:
    """Also of a metric without a sample: what there is stays visible."""
    if metric.kind == "histogram":
        return _histogram(metric, samples)
    made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    result = made(metric.full_name, metric.help, labels=metric.labels)
    for sample in samples:
        if not isinstance(sample.value, Distribution):
            result.add_metric(sample.labels, sample.value)
    return result


def _histogram(metric: Metric, samples: Iterable[Sample]) -> HistogramMetricFamily:
    result = HistogramMetricFamily(metric.full_name, metric.help, labels=metric.labels)
    for sample in samples:
        if isinstance(sample.value, Distribution):
            buckets, total = sample.value.histogram.cumulated(sample.value.values)
            result.add_metric(sample.labels, buckets, total)
    return result
