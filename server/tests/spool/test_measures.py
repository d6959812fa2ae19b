"""Distributions that outlive the process."""

import pytest

from auth0_elastic.spool.measures import BULK, LAG_CREATED, LAG_RECEIVED, Histogram

HISTOGRAM = Histogram("h", (0.1, 1.0))


def test_each_value_counts_in_the_first_bucket_that_it_fits_into() -> None:
    amounts = HISTOGRAM.observed([0.05, 0.1, 0.5, 7.0])
    assert amounts == {("h", "0.1"): 2, ("h", "1.0"): 1, ("h", "+Inf"): 1, ("h", "sum"): pytest.approx(7.65)}


def test_a_negative_value_counts_as_nothing_and_no_value_adds_nothing() -> None:
    assert HISTOGRAM.observed([-3.0]) == {("h", "0.1"): 1, ("h", "sum"): 0}
    assert HISTOGRAM.observed([]) == {}


def test_prometheus_gets_each_bucket_with_all_below_it() -> None:
    values = {"0.1": 2.0, "+Inf": 1.0, "sum": 7.1}
    assert HISTOGRAM.cumulated(values) == ([("0.1", 2.0), ("1.0", 2.0), ("+Inf", 3.0)], 7.1)
    assert HISTOGRAM.cumulated({}) == ([("0.1", 0.0), ("1.0", 0.0), ("+Inf", 0.0)], 0.0)


@pytest.mark.parametrize("histogram", [BULK, LAG_RECEIVED, LAG_CREATED], ids=lambda each: each.name)
def test_bounds_rise(histogram: Histogram) -> None:
    assert list(histogram.bounds) == sorted(set(histogram.bounds))
