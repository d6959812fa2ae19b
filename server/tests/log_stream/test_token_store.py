"""The tokens that the server makes itself."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auth0_elastic.errors import SpoolError
from auth0_elastic.tokens import TokenStore

NOW = 1_000_000.0


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_store(tmp_path: Path, clock: Clock) -> Callable[[], TokenStore]:
    return lambda: TokenStore(tmp_path / "spool", clock)


@pytest.fixture
def store(open_store: Callable[[], TokenStore]) -> TokenStore:
    return open_store()


def test_without_a_file_there_is_no_token_and_none_is_made(store: TokenStore) -> None:
    assert (store.valid(), store.current("acme"), store.path.exists()) == ((), None, False)


def test_a_token_is_valid_for_another_process_at_once(open_store: Callable[[], TokenStore]) -> None:
    reader = open_store()
    assert reader.valid() == ()
    first = open_store().add("acme")
    assert reader.valid() == (first,)
    second = open_store().add("acme")
    assert reader.valid() == (first, second)


def test_the_newest_lasting_token_of_a_tenant_is_its_current_one(store: TokenStore) -> None:
    store.add("acme")
    second = store.add("acme")
    store.add("beta")
    assert store.current("acme") == second
    store.retire(second, NOW + 60)
    assert store.current("acme") not in (None, second)


def test_a_retired_token_is_valid_until_its_end_and_then_forgotten(store: TokenStore, clock: Clock) -> None:
    old = store.add("acme")
    new = store.add("acme")
    assert store.retire_others("acme", new, NOW + 60) == 1
    assert set(store.valid()) == {old, new}
    clock.now = NOW + 60
    assert store.valid() == (new,)
    store.add("beta")
    assert old.reveal() not in store.path.read_text()


def test_retiring_never_makes_a_token_last_longer(store: TokenStore, clock: Clock) -> None:
    token = store.add("acme")
    store.retire(token, NOW + 60)
    store.retire(token, NOW + 600)
    clock.now = NOW + 61
    assert store.valid() == ()


def test_a_token_from_elsewhere_cannot_be_retired(store: TokenStore, tmp_path: Path) -> None:
    foreign = TokenStore(tmp_path / "other").add("acme")
    mine = store.add("acme")
    assert not store.retire(foreign, NOW)
    assert store.valid() == (mine,)


def test_only_the_owner_may_read_the_file(store: TokenStore) -> None:
    store.add("acme")
    assert {path.name: path.stat().st_mode & 0o777 for path in store.path.parent.iterdir()} == {
        "tokens.json": 0o600,
        "tokens.lock": 0o600,
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")
def test_the_file_belongs_to_whom_the_folder_belongs(store: TokenStore) -> None:
    store.path.parent.mkdir()
    os.chown(store.path.parent, 4711, 4711)
    store.add("acme")
    assert {path.stat().st_uid for path in store.path.parent.iterdir()} == {4711}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "nonsense",
        '{"version": 1}',
        '{"version": 1, "tokens": [{"tenant": "acme"}]}',
        '{"version": 1, "tokens": [{"tenant": "acme", "token": "hush-hush", "valid_until": "never"}]}',
        '{"version": 1, "tokens": [{"tenant": "acme", "token": 7, "valid_until": null}]}',
        '{"version": 2, "tokens": []}',
    ],
)
def test_a_damaged_file_is_an_error_that_says_how_to_go_on_and_quotes_nothing(store: TokenStore, content: str) -> None:
    store.path.parent.mkdir()
    store.path.write_text(content)
    for use in (store.valid, lambda: store.add("acme")):
        with pytest.raises(SpoolError, match=r"tokens\.json: .*; move it away, then run `auth0-elastic") as caught:
            use()
        assert "hush-hush" not in str(caught.value)
    assert store.path.read_text() == content


def test_a_crash_while_writing_leaves_the_old_file(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    token = store.add("acme")
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(SpoolError, match="No space left"):
        store.add("acme")
    assert store.valid() == (token,)
    assert sorted(path.name for path in store.path.parent.iterdir()) == ["tokens.json", "tokens.lock"]


def test_many_at_once_lose_no_token_and_agree_on_the_first(open_store: Callable[[], TokenStore]) -> None:
    with ThreadPoolExecutor(8) as pool:
        first = set(pool.map(lambda _: open_store().current_or_new("acme"), range(16)))
        added = list(pool.map(lambda _: open_store().add("beta"), range(16)))
    assert len(first) == 1
    assert set(open_store().valid()) == first | set(added)


def test_the_file_is_read_again_only_when_it_has_changed(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    token = store.add("acme")
    store.valid()
    monkeypatch.setattr(json, "loads", lambda text: pytest.fail("read again"))
    assert store.valid() == (token,)
