"""What the demo decides without an engine: what to post, whether all is there, how to show it."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from auth0_elastic.demo import summary, tenant, try_next
from auth0_elastic.demo.compact_json import compact
from auth0_elastic.demo.home import Home, url_of
from auth0_elastic.demo.queries import Country, Findings
from auth0_elastic.demo.traffic import count, deliveries
from auth0_elastic.demo.verify import judge
from auth0_elastic.generate import day
from auth0_elastic.generate.encode import raw
from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.receive.parse import parse

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = day(3, 240, end=NOW)


def test_every_event_of_the_day_is_planned_once_besides_the_batch_that_comes_again() -> None:
    planned = deliveries(DAY)
    sent = [each["log_id"] for part in planned if not part.is_again for each in part.events if isinstance(each, dict)]
    assert sent == [event["log_id"] for event in DAY]
    assert [part.content_format for part in planned] == ["JSONLINES", "JSONARRAY", "JSONOBJECT", "JSONARRAY"]
    assert list(planned[3].events) == list(planned[1].events[:100])
    assert count(planned) == 240 + 1 + 100


def test_the_broken_line_is_rejected_and_spares_its_neighbours() -> None:
    lines = deliveries(DAY)[0].events
    parsed = parse(b"\n".join(raw(line) for line in lines))
    assert (len(parsed.events), len(parsed.rejected)) == (len(lines) - 1, 1)


def test_exactly_once_holds() -> None:
    verdict = judge(["a", "b"], {"a": 1, "b": 1}, stored=2)
    assert verdict.holds
    assert str(verdict) == "All 2 events that were sent are searchable, each exactly once."


@pytest.mark.parametrize(
    ("found", "stored", "told"),
    [
        ({"a": 1}, 1, "1 missing (b)"),
        ({"a": 2, "b": 1}, 3, "1 there more than once (a)"),
        ({"a": 2}, 2, "1 missing (b); 1 there more than once (a)"),
        ({"a": 1, "b": 1}, 5, "3 documents that nobody sent"),
    ],
)
def test_what_is_wrong_is_told(found: dict[str, int], stored: int, told: str) -> None:
    verdict = judge(["a", "b"], found, stored)
    assert not verdict.holds
    assert str(verdict) == f"Of 2 events: {told}"


def test_only_some_of_many_missing_ids_are_told() -> None:
    assert str(judge([str(number) for number in range(20)], {}, 0)).endswith("20 missing (0, 1, 2, 3, 4 and 15 more)")


def test_compact_json_is_the_same_json_and_short() -> None:
    value = {"b": {"c": [1, 2], "d": {"e": "x" * 50}}, "a": [], "f": ["y" * 50, {"z": "w" * 50}], "ä": None}
    text = compact(value)
    assert json.loads(text) == value
    assert max(map(len, text.splitlines())) <= 96
    assert text.splitlines()[1:3] == ['  "a": [],', '  "b": {"c": [1, 2], "d": {"e": "' + "x" * 50 + '"}},']


def test_text_from_events_is_neither_markup_nor_control_characters() -> None:
    screen = io.StringIO()
    console = Console(width=100, file=screen)
    found = Findings([], [], [], [Country("[red]Nowhere\x1b[2J", 4, 1)], [], [])
    summary.show(console, *summary.of_the_day(found))
    text = screen.getvalue()
    assert "[red]Nowhere" in text
    assert "\x1b[2J" not in text


def test_no_command_to_try_holds_the_token(tmp_path: Path) -> None:
    home = Home(tmp_path)
    settings = home.furnish("http://127.0.0.1:9200")
    token = home.token.read_text()
    shown = [command for _, command in try_next.commands(home, settings, "logs-auth0.logs-default", NOW)]
    assert any(f"-H @{home.header}" in command for command in shown)
    assert not any(token in command for command in shown)
    assert token not in home.settings.read_text()
    assert home.header.read_text() == f"Authorization: {token}\n"


def test_a_tenants_day_is_before_streamed_and_lost() -> None:
    planned = tenant.plan(DAY)
    assert [len(part) for part in (planned.before, planned.streamed, planned.lost)] == [120, 96, 24]
    assert [*planned.before, *planned.streamed, *planned.lost] == DAY


def test_a_tenant_is_polled_and_given_a_stream_and_its_secret_stays_in_its_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with LocalAuth0() as auth0:
        settings = home.furnish("http://127.0.0.1:9200", auth0)
    (found,) = settings.tenants
    assert (found.poll.enabled, found.log_stream.mode) == (True, "automatic")
    assert found.log_stream.url == url_of(settings)
    commands = dict(try_next.tenant_commands(home, settings))
    assert any("stream status --config" in command for command in commands.values())
    shown = [home.settings.read_text(), *commands.values()]
    assert not [text for text in shown if auth0.tenant.client.client_secret in text]


def test_the_files_are_for_this_user_only(tmp_path: Path) -> None:
    Home(tmp_path).furnish("http://127.0.0.1:9200")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
