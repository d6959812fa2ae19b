"""`scripts/bench scale-out` measures what it says it does."""

from bench.scale_out import ALONE, ONE, TWO, Plan, measure


def test_one_listener_one_and_two_behind_nginx_are_measured_in_turn() -> None:
    rows = measure(Plan(1, 1), sizes=(10,)).rows
    assert [row["what"] for row in rows] == [ALONE, ONE, TWO]
    assert all(row["events_a_second"] > 0 and row["failed"] == 0 for row in rows)
    assert rows[1]["ratio_to_one_behind_nginx"] == 1
    assert rows[0]["nginx_cpus"] == 0
    assert all(row["nginx_cpus"] > 0 for row in rows[1:])
