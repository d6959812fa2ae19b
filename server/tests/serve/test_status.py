"""What the processes tell of themselves in the spool's folder."""

from pathlib import Path

from auth0_elastic.serve.status import DetectionStatus, StatusFile, TenantsStatus


def test_passes_count_on_after_a_restart(tmp_path: Path) -> None:
    DetectionStatus(tmp_path, lambda: 10.0).passed(3, ["high", "low", "high"])
    DetectionStatus(tmp_path, lambda: 20.0).passed(0, ["low"])
    assert StatusFile(tmp_path, "detect").read() == {
        "passes": 2,
        "events": 3,
        "last_pass": 20.0,
        "alerts": {"high": 2, "low": 2},
    }


def test_a_change_of_a_task_is_told_at_once_and_the_rest_now_and_then(tmp_path: Path) -> None:
    now = [100.0]
    status = TenantsStatus(tmp_path, lambda: now[0])

    def told() -> object:
        return StatusFile(tmp_path, "tenants").read()["tasks"]["acme"]["poll"]

    status.stepped("acme", "poll", well=True)
    assert told() == {"up": True, "last_success": 100.0}
    now[0] = 101.0
    status.stepped("acme", "poll", well=True)
    assert told() == {"up": True, "last_success": 100.0}
    status.stepped("acme", "poll", well=False)
    assert told() == {"up": False, "last_success": 101.0}
    now[0] = 107.0
    status.stepped("acme", "poll", well=False)
    status.stepped("acme", "poll", well=True)
    assert told() == {"up": True, "last_success": 107.0}


def test_a_clock_that_is_set_back_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    now = [100.0]
    status = TenantsStatus(tmp_path, lambda: now[0])
    status.stepped("acme", "poll", well=True)
    now[0] = 50.0
    status.stepped("acme", "poll", well=True)
    assert StatusFile(tmp_path, "tenants").read()["tasks"]["acme"]["poll"]["last_success"] == 50.0


def test_what_comparisons_found_counts_on_after_a_restart(tmp_path: Path) -> None:
    TenantsStatus(tmp_path).reconciled("acme", missing=3, filled=2)
    TenantsStatus(tmp_path).reconciled("acme", missing=1, filled=1)
    assert StatusFile(tmp_path, "tenants").read()["reconciled"] == {"acme": {"missing": 4, "filled": 3}}


def test_a_file_that_is_broken_or_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "status-detect.json").write_text("[")
    assert StatusFile(tmp_path, "detect").read() == {}
    DetectionStatus(tmp_path / "missing").passed(1, [])
