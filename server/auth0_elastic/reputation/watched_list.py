"""One list, kept fresh: asked for when it is due, replaced only by something better than nothing."""

import hashlib
import logging
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from auth0_elastic.config.reputation_settings import ListSource
from auth0_elastic.reputation.content import ListRefused, read_content
from auth0_elastic.reputation.last_good import LastGood
from auth0_elastic.reputation.origin import Fetched, ListUnavailable, Origin, Validators
from auth0_elastic.reputation.troubles import Troubles

_log = logging.getLogger(__name__)

FILE_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 60.0


class WatchedList:
    """Begins with its last good copy; `networks` are what is known now. Used by one thread.

    A URL that fails is asked again after one minute, two, four … up to its usual interval. Of the processes that share
    the cache, one asks it, and the others take what that one has got.
    """

    def __init__(
        self, source: ListSource, origin: Origin, cache: Path, refresh: float, clock: Callable[[], float]
    ) -> None:
        """`clock` gives epoch seconds, because the copy outlives this process."""
        self.kind, self.name = source.kind, source.name
        self.networks: tuple[str, ...] = ()
        self._origin, self._clock, self._is_file = origin, clock, source.path is not None
        self._interval = FILE_SECONDS if self._is_file else refresh
        self._copy = LastGood(cache, source.name, source.location)
        self._subject = f"reputation.lists.{source.name}"
        self._troubles, self._copy_troubles = Troubles(self._subject), Troubles(f"{self._subject}, its copy")
        self._validators, self._digest, self._failures = Validators(), b"", 0
        self._checked: float | None = None
        self._resume()

    def refresh(self) -> bool:
        """Asks for the list if that is due; True if the networks are others now."""
        before = self.networks
        if self.due_in() <= 0:
            with nullcontext() if self._is_file else self._copy.locked():
                if self._is_file or not self._took_others_copy():
                    self._ask()
        return self.networks is not before

    def due_in(self) -> float:
        """Seconds; 0 also when the clock has been set back."""
        if self._checked is None or self._clock() < self._checked:
            return 0.0
        retry = RETRY_SECONDS * 2 ** min(self._failures - 1, 10) if self._failures else self._interval
        return max(0.0, self._checked + min(retry, self._interval) - self._clock())

    def _resume(self) -> bool:
        """True if there is a copy that can be read."""
        copy = self._copy.load()
        if copy is None:
            return False
        try:
            self._read(copy.body)
        except ListRefused:
            return False
        self._validators = copy.validators
        self._checked = None if self._is_file else self._copy.checked_at()
        return True

    def _took_others_copy(self) -> bool:
        """Whether another process has asked within the interval, and its copy is now this one's."""
        checked = self._copy.checked_at()
        is_fresh = checked is not None and 0 <= self._clock() - checked < self._interval
        if not (is_fresh and self._resume()):
            return False
        self._succeeded()
        return True

    def _ask(self) -> None:
        self._checked = self._clock()
        try:
            self._take(self._origin.fetch(self._validators))
        except (ListUnavailable, ListRefused) as error:
            self._failures += 1
            self._troubles.met(str(error), self._consequence())
        else:
            self._succeeded()

    def _succeeded(self) -> None:
        self._failures = 0
        self._troubles.over()

    def _take(self, fetched: Fetched | None) -> None:
        if fetched is not None:
            self._read(fetched.body)
            self._validators = fetched.validators
        self._save(fetched)

    def _read(self, body: bytes) -> None:
        """Raises ListRefused. What has been read before is not read again, so that a warning comes once."""
        digest = hashlib.sha256(body).digest()
        if digest == self._digest:
            return
        content = read_content(body, may_be_empty=self._is_file)
        self.networks, self._digest = content.networks, digest
        if content.unreadable:
            _log.warning(
                "%s: %d of its entries cannot be read and are left out, the first is %s",
                *(self._subject, content.unreadable, content.first_unreadable),
            )
        _log.info("%s: %d networks", self._subject, len(content.networks))

    def _save(self, fetched: Fetched | None) -> None:
        try:
            if fetched is None:
                self._copy.touch(self._clock())
            else:
                self._copy.save(fetched, self._clock())
            self._copy_troubles.over()
        except OSError as error:
            self._copy_troubles.met(
                f"cannot be written ({error.strerror})", "after a restart the list is asked for anew"
            )

    def _consequence(self) -> str:
        if self._digest:
            return f"the last good copy stays in use ({len(self.networks)} networks)"
        return "until it can be read, nothing is on it"
