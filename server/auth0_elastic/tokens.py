"""The tokens that the server makes itself: kept in the spool, shared by the command line and every process of it."""

import fcntl
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from auth0_elastic.errors import SpoolError
from auth0_elastic.secret import Secret

FILE: Final = "tokens.json"
_VERSION: Final = 1

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class StoredToken:
    """`valid_until` is in epoch seconds; None is for ever."""

    tenant: str
    token: Secret
    valid_until: float | None = None

    def valid_at(self, now: float) -> bool:
        return self.valid_until is None or now < self.valid_until


class TokenStore:
    """The tokens in `<folder>/tokens.json`. Every method raises SpoolError when the file cannot be used.

    Another process's change counts from the next call on. Writers wait for each other; readers need not, because the
    file is only ever replaced as a whole.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = folder / FILE
        self._clock = clock
        self._read: tuple[_Stamp | None, tuple[StoredToken, ...]] = (None, ())

    def valid(self) -> tuple[Secret, ...]:
        """All that are valid now. Costs a `stat`, unless the file has changed."""
        now = self._clock()
        return tuple(stored.token for stored in self._tokens() if stored.valid_at(now))

    def current(self, tenant: str) -> Secret | None:
        """The one that the tenant's log stream should have: the newest that is not retired."""
        return _current(self._tokens(), tenant)

    def add(self, tenant: str) -> Secret:
        """A new token, valid and the tenant's current one from now on."""
        with self._changing() as tokens:
            tokens.append(_new(tenant))
            return tokens[-1].token

    def current_or_new(self, tenant: str) -> Secret:
        """Two processes that ask at once get the same one."""
        found = self.current(tenant)
        if found is not None:
            return found
        with self._changing() as tokens:
            if _current(tokens, tenant) is None:
                tokens.append(_new(tenant))
            return _current(tokens, tenant) or tokens[-1].token

    def retire(self, token: Secret, valid_until: float) -> bool:
        """Ends a token at that moment, if it does not end before; whether it is one of these."""
        with self._changing() as tokens:
            found = [index for index, each in enumerate(tokens) if each.token == token]
            for index in found:
                ends = tokens[index].valid_until
                tokens[index] = replace(tokens[index], valid_until=min(valid_until, ends or valid_until))
            return bool(found)

    def retire_others(self, tenant: str, kept: Secret, valid_until: float) -> int:
        """Ends all other lasting tokens of the tenant at that moment; returns how many."""
        with self._changing() as tokens:
            others = [
                index
                for index, each in enumerate(tokens)
                if each.tenant == tenant and each.valid_until is None and each.token != kept
            ]
            for index in others:
                tokens[index] = replace(tokens[index], valid_until=valid_until)
            return len(others)

    def _tokens(self) -> tuple[StoredToken, ...]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unusable(error) from error
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._read[0] != stamp:
            self._read = (stamp, tuple(self._load()))
        return self._read[1]

    def _load(self) -> Iterator[StoredToken]:
        try:
            content = json.loads(self.path.read_bytes())
            version, entries = content["version"], content["tokens"]
            found = [_stored(entry) for entry in entries]
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error
        except (ValueError, TypeError, KeyError) as error:
            raise self._broken("is damaged") from error
        if version != _VERSION:
            raise self._broken("was written by another version of auth0-elastic")
        yield from found

    @contextmanager
    def _changing(self) -> Iterator[list[StoredToken]]:
        """The tokens as they are now, to be changed in place; those that have not ended are written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _give_to_owner_of(self.path.parent, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                tokens = list(self._load())
                yield tokens
                self._write([each for each in tokens if each.valid_at(self._clock())])
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._unusable(error) from error

    def _write(self, tokens: list[StoredToken]) -> None:
        entries = [
            {"tenant": each.tenant, "token": each.token.reveal(), "valid_until": each.valid_until} for each in tokens
        ]
        descriptor, name = tempfile.mkstemp(prefix=f"{FILE}.", dir=self.path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"version": _VERSION, "tokens": entries}, file, indent=2)
                file.flush()
                _give_to_owner_of(self.path.parent, descriptor)
                os.fsync(descriptor)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(self.path.parent)

    def _unusable(self, error: OSError) -> SpoolError:
        return SpoolError(f"{self.path}: cannot be used ({error.strerror}); run as the user of `auth0-elastic serve`")

    def _broken(self, what: str) -> SpoolError:
        remedy = "move it away, then run `auth0-elastic stream update`, which makes a new token and tells Auth0"
        return SpoolError(f"{self.path}: {what}; {remedy}")


def _new(tenant: str) -> StoredToken:
    return StoredToken(tenant, Secret(secrets.token_urlsafe(32)))


def _current(tokens: Sequence[StoredToken], tenant: str) -> Secret | None:
    lasting = [each.token for each in tokens if each.tenant == tenant and each.valid_until is None]
    return lasting[-1] if lasting else None


def _stored(entry: Any) -> StoredToken:
    """Raises ValueError, TypeError or KeyError for what is not an entry; none of them quotes it."""
    tenant, token, until = entry["tenant"], entry["token"], entry["valid_until"]
    if not (isinstance(tenant, str) and isinstance(token, str) and token):
        raise ValueError
    if until is not None and (isinstance(until, bool) or not isinstance(until, int | float)):
        raise ValueError
    return StoredToken(tenant, Secret(token), until)


def _give_to_owner_of(folder: Path, descriptor: int) -> None:
    """So that what root has written can still be read by the server, to which the folder belongs."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
