"""What the measurements rest on: figures from wrk and /proc, ratios, percentiles, plots; and one tiny run of accept."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.ship.identity import document_id
from bench import accept, wrk
from bench.day import raw_events, requests
from bench.drain import delivered, fill_spool
from bench.latency import Seen, latencies, percentile
from bench.plots import Plot, draw
from bench.post import Posted, steadily
from bench.processes import command, cpu_seconds, memory, tree
from bench.replay import bodies
from bench.report import Result, ratio, show, table
from bench.telegraf import dropped

RESULT = (
    'RESULT {"requests": 30, "microseconds": 2000000, "refused": 4, "broken": 3, "timed_out": 3, '
    '"p50": 1500, "p99": 9000}'
)


def test_the_line_of_wrk_is_read_and_failed_requests_do_not_count() -> None:
    load = wrk.parse(["Running 2s test", RESULT])
    assert load == wrk.Load(30, 2.0, 10, 1.5, 9.0)
    assert load.per_second == 10


def test_a_run_of_wrk_without_a_result_is_an_error_that_says_what_wrk_said() -> None:
    with pytest.raises(Auth0ElasticError, match="unable to connect"):
        wrk.parse(["unable to connect to 127.0.0.1:1"])


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    assert ratio([10, 30, 1], [10, 10, 10]) == 1.0
    assert ratio([1], [0]) == float("inf")


def test_events_have_unique_ids_however_many_there_are() -> None:
    ids = {document_id(raw) for raw in raw_events(12_000)}
    assert len(ids) == 12_000
    assert not ids & {document_id(raw) for raw in raw_events(10, first=12_000)}


def test_events_are_of_the_size_that_auth0_sends() -> None:
    assert 1_100 < sum(map(len, raw_events(5_000))) / 5_000 < 1_400


def test_a_request_is_an_object_or_an_array_of_as_many_events() -> None:
    assert isinstance(json.loads(requests(1, 1)[0]), dict)
    assert [len(json.loads(body)) for body in requests(10, 3)] == [10, 10, 10]


def test_the_replay_sends_what_the_shipper_would_send() -> None:
    first, second = bodies(list(raw_events(5)), 3, 1000)
    assert [body.count(b'{"create":') for body in (first, second)] == [3, 2]


def test_each_event_is_seen_when_the_count_passes_it() -> None:
    posted = [Posted(1.0, 1.1, 2), Posted(2.0, 2.1, 1)]
    seen = [Seen(1.5, 100), Seen(3.0, 101), Seen(4.0, 103)]
    assert latencies(posted, seen, first=100) == [2.0, 3.0, 2.0]


def test_a_percentile_is_a_value_that_occurred() -> None:
    assert percentile([5, 1, 3, 2, 4], 50) == 3
    assert percentile(range(1, 101), 99) == 99
    assert percentile([7], 99) == 7


def test_requests_are_due_at_the_rate_of_their_events() -> None:
    before = time.perf_counter()
    first, second = steadily([b"", b""], 10, 1000)
    assert first.at >= before
    assert second.at - first.at == pytest.approx(0.01)


def test_telegrafs_own_account_of_what_it_dropped_is_summed(tmp_path: Path) -> None:
    assert dropped(tmp_path) == 0
    line = "W! [outputs.discard] Metric buffer overflow; {} metrics have been dropped\n"
    (tmp_path / "telegraf.log").write_text(line.format(100) + line.format(20))
    assert dropped(tmp_path) == 120


def test_a_filled_spool_is_undelivered(tmp_path: Path) -> None:
    fill_spool(tmp_path, 2_500)
    assert delivered(tmp_path / "logs") == 0
    assert len(list((tmp_path / "logs").glob("listener-*.db"))) == 2


def test_this_process_has_memory_a_command_and_has_taken_time() -> None:
    pid = os.getpid()
    assert tree(pid)[0] == pid
    assert 0 < memory(pid).pss <= memory(pid).rss
    assert cpu_seconds([pid]) > 0
    assert Path(sys.executable).name in command(pid)


def test_the_same_figures_make_the_same_plot(tmp_path: Path) -> None:
    plot = Plot("Events/s", "events", [1, 10, 100], {"ours": [1, 2, 3], "theirs": [3, 2, 1]})
    for name in ("a.svg", "b.svg"):
        draw(plot, tmp_path / "img" / name)
    first, second = ((tmp_path / "img" / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
    assert b"theirs" in first
    assert b"<dc:date>" not in first


def test_results_are_shown_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = table("Title", "what", "events/s")
    made.add_row("ours", "12")
    show([Result("accept", [{"ratio": 2.0}], made)], tmp_path / "result.json")
    assert "Title" in capsys.readouterr().out
    written = json.loads((tmp_path / "result.json").read_text())
    assert written["accept"] == [{"ratio": 2.0}]
    assert written["cpus"] == os.cpu_count()


def test_a_tiny_run_measures_what_the_listener_takes(capsys: pytest.CaptureFixture[str]) -> None:
    result = accept.measure(accept.Plan(seconds=2, rounds=1), program=None, sizes=(10,))
    for row in result.rows:
        assert row["ours_requests_a_second"] > 0
        assert row["ours_failed"] == 0
    Console(width=120).print(result.table)
    shown = capsys.readouterr().out
    assert "https, 10" in shown
    assert "http, 10" in shown
    assert "go install" in shown
