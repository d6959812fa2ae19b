"""What is counted of refused requests, and what is left of it when processes come and go."""

from pathlib import Path

import pytest

from auth0_elastic.receive.refused import REASONS, RefusedCounters, reason_of, refused_totals


@pytest.fixture
def counters(tmp_path: Path) -> RefusedCounters:
    counters = RefusedCounters(tmp_path)
    counters.open()
    return counters


def test_every_reason_has_a_total_before_anything_is_refused(tmp_path: Path) -> None:
    assert refused_totals(tmp_path / "missing") == dict.fromkeys(REASONS, 0)


def test_totals_are_those_that_were_flushed(counters: RefusedCounters, tmp_path: Path) -> None:
    counters.count("malformed")
    counters.count("malformed")
    assert refused_totals(tmp_path)["malformed"] == 0
    counters.flush()
    assert refused_totals(tmp_path)["malformed"] == 2


def test_nothing_is_written_while_nothing_changes(counters: RefusedCounters, tmp_path: Path) -> None:
    counters.count("timeout")
    counters.flush()
    (tmp_path / "refused-0.json").unlink()
    counters.flush()
    assert not (tmp_path / "refused-0.json").exists()


def test_processes_add_up_and_a_new_one_counts_on(counters: RefusedCounters, tmp_path: Path) -> None:
    other = RefusedCounters(tmp_path)
    other.count("unauthorized")  # before its file is open
    other.open()
    for each in (counters, other):
        each.count("unauthorized")
        each.flush()
    counters.close()
    successor = RefusedCounters(tmp_path)
    successor.open()
    successor.count("unauthorized")
    successor.flush()
    assert refused_totals(tmp_path)["unauthorized"] == 4
    assert len(list(tmp_path.glob("*.json"))) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"7", b'{"timeout": "many"}'])
def test_a_broken_file_counts_nothing_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "refused-0.json").write_bytes(content)
    assert refused_totals(tmp_path) == dict.fromkeys(REASONS, 0)
    counters = RefusedCounters(tmp_path)
    counters.open()
    counters.count("timeout")
    counters.flush()
    assert refused_totals(tmp_path)["timeout"] == 1


def test_a_disk_that_refuses_is_told_and_tried_again(counters: RefusedCounters, tmp_path: Path) -> None:
    (tmp_path / "refused-0.new").mkdir()
    counters.count("timeout")
    with pytest.raises(OSError, match="directory"):
        counters.flush()
    (tmp_path / "refused-0.new").rmdir()
    counters.flush()
    assert refused_totals(tmp_path)["timeout"] == 1


def test_every_status_of_a_refusal_has_a_reason() -> None:
    statuses = (400, 401, 403, 404, 405, 408, 413, 414, 417, 429, 431, 500)
    assert {reason_of(status) for status in statuses} < set(REASONS)
    assert reason_of(417) == "malformed"
