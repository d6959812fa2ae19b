"""Lists in files that change, vanish and break while the product runs."""

import logging
import threading
from typing import Any, ClassVar

import pytest

TOR, OTHER = "192.0.2.7", "198.51.100.7"


def test_a_file_is_read_again_when_it_has_changed(from_file: Any) -> None:
    from_file.path.write_text(TOR)
    from_file.pass_time(0)
    assert from_file.known(TOR)

    from_file.path.write_text(OTHER + "\n")
    from_file.pass_time(9)
    assert from_file.known(TOR)
    from_file.pass_time(1)
    assert (from_file.known(TOR), from_file.known(OTHER)) == (False, True)


def test_a_file_that_is_lost_or_empty_leaves_the_last_good_copy_even_after_a_restart(
    from_file: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from_file.path.write_text(TOR)
    from_file.pass_time(0)
    for damage in (from_file.path.unlink, lambda: from_file.path.write_text("")):
        damage()
        from_file.pass_time(10)
        from_file.restart()
        from_file.pass_time(10)
        assert from_file.known(TOR)
    assert (
        "tor.txt cannot be read (No such file or directory); the last good copy stays in use (1 network" in caplog.text
    )
    assert "it is empty; to empty it on purpose, leave a comment line in it" in caplog.text


def test_a_file_is_emptied_on_purpose(from_file: Any) -> None:
    from_file.path.write_text(TOR)
    from_file.pass_time(0)
    from_file.path.write_text("# nobody\n")
    from_file.pass_time(10)
    assert not from_file.known(TOR)

    from_file.restart()
    assert not from_file.known(TOR)


def test_a_file_that_comes_later_is_found(from_file: Any, caplog: pytest.LogCaptureFixture) -> None:
    from_file.pass_time(0)
    assert "until it can be read, nothing is on it" in caplog.text

    from_file.path.write_text(TOR)
    from_file.pass_time(10)
    assert from_file.known(TOR)


def test_a_trouble_is_logged_once_a_change_and_its_end_too(from_file: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        from_file.pass_time(10)
    from_file.path.write_text("<html>")
    for _ in range(3):
        from_file.pass_time(10)
    from_file.path.write_text(TOR)
    for _ in range(3):
        from_file.pass_time(10)

    assert [record.getMessage().split(";")[0].split(": ", 1)[1] for record in caplog.records] == [
        f"{from_file.path} cannot be read (No such file or directory)",
        "it is an HTML or XML page, not a list",
        "1 networks",
        "can be read again",
    ]


def test_unreadable_lines_are_warned_of_once_a_content(from_file: Any, caplog: pytest.LogCaptureFixture) -> None:
    from_file.path.write_text(f"{TOR}\nexit.example.com\n")
    from_file.pass_time(0)
    from_file.path.touch()
    from_file.pass_time(10)

    (warning,) = caplog.records
    assert warning.getMessage() == (
        "reputation.lists.tor exits: 1 of its entries cannot be read and are left out, "
        "the first is 'exit.example.com' (number 2)"
    )


def test_a_cache_that_cannot_be_written_costs_the_copy_alone(from_file: Any, caplog: pytest.LogCaptureFixture) -> None:
    from_file.path.write_text(TOR)
    (from_file.folder / "cache").rmdir()
    from_file.pass_time(0)

    assert from_file.known(TOR)
    assert (
        "its copy: cannot be written (No such file or directory); after a restart the list is asked for anew"
        in caplog.text
    )


def test_a_list_is_kept_fresh_until_that_is_stopped(from_file: Any) -> None:
    class Stop(threading.Event):
        waited: ClassVar[list[float | None]] = []

        def wait(self, timeout: float | None = None) -> bool:
            from_file.path.write_text(OTHER if self.waited else TOR)
            self.waited.append(timeout)
            from_file.clock.now += timeout or 0
            return len(self.waited) == 3

    stop = Stop()
    from_file.reputation.keep_fresh(stop)

    assert stop.waited == [10.0, 10.0, 10.0]
    assert (from_file.known(TOR), from_file.known(OTHER)) == (False, True)


def test_a_look_up_during_a_refresh_sees_the_old_list_or_the_new_one(from_file: Any) -> None:
    def turn(first: str) -> None:
        from_file.path.write_text("\n".join([first, *(f"10.0.{part}.0/24" for part in range(256))]))
        from_file.pass_time(10)

    seen: list[int] = []
    stop = threading.Event()
    turn("192.0.2.0/24")
    reader = threading.Thread(
        target=lambda: [seen.append(len(from_file.reputation.lookup(TOR))) for _ in iter(stop.is_set, True)]
    )
    reader.start()
    for _ in range(10):
        turn(f"{TOR}/32")
        turn("192.0.2.0/24")
    stop.set()
    reader.join(10)

    assert set(seen) == {1}
