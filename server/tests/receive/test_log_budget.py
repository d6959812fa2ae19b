"""What is logged of refusals when there are many."""

import logging

import pytest

from auth0_elastic.receive.log_budget import LogBudget

log = logging.getLogger("test_log_budget")


def test_beyond_the_budget_only_the_number_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    budget = LogBudget(log, logging.WARNING, 2, lambda: now)
    for number in range(5):
        budget.write("refused %d", number)
    now = 60.0
    budget.write("refused again")
    assert caplog.messages == [
        "refused 0",
        "refused 1",
        "3 more requests were refused in the last minute, and not logged",
        "refused again",
    ]


def test_within_the_budget_nothing_is_added(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    budget = LogBudget(log, logging.WARNING, 2, lambda: now)
    budget.write("one", extra={"source.ip": "203.0.113.9"})
    now = 61.0
    budget.write("two")
    assert caplog.messages == ["one", "two"]
    assert vars(caplog.records[0])["source.ip"] == "203.0.113.9"
