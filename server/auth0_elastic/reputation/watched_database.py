"""The anonymous-IP database, opened anew when its file changes."""

import os
import shutil
import tempfile
from pathlib import Path

from auth0_elastic.reputation.anonymous_ip import AnonymousIp, DatabaseRefused
from auth0_elastic.reputation.origin import file_signature
from auth0_elastic.reputation.troubles import Troubles


class WatchedDatabase:
    """Works on a copy in the cache: a mapped file that somebody writes into would end the process.

    `current` is the open database or None; it begins with the last good copy. Used by one thread.
    """

    def __init__(self, path: Path, cache: Path) -> None:
        self._path, self._copy = path, cache / "anonymous-ip.mmdb"
        self._signature = ""
        self._troubles = Troubles("reputation.anonymous_ip_database")
        self.current = self._resume()

    def refresh(self) -> bool:
        """True if `current` is another one now."""
        try:
            return self._refresh()
        except DatabaseRefused as error:
            self._failed(str(error))
        except OSError as error:
            self._signature = ""
            self._failed(f"it cannot be read or copied ({error.strerror})")
        return False

    def _refresh(self) -> bool:
        signature = file_signature(self._path)
        if signature == self._signature:
            return False
        descriptor, name = tempfile.mkstemp(dir=self._copy.parent, prefix=f".{self._copy.name}.")
        os.close(descriptor)
        scratch = Path(name)  # not one that another process may write into
        try:
            shutil.copyfile(self._path, scratch)
            self._signature = signature  # also of a file that is refused next, which is not copied again and again
            self.current = AnonymousIp(scratch)
            scratch.replace(self._copy)  # what is open stays readable
        finally:
            scratch.unlink(missing_ok=True)
        self._troubles.over()
        return True

    def _resume(self) -> AnonymousIp | None:
        try:
            return AnonymousIp(self._copy)
        except (DatabaseRefused, OSError):
            return None

    def _failed(self, problem: str) -> None:
        consequence = "the last good copy stays in use" if self.current else "until it can be read, only lists are used"
        self._troubles.met(f"{self._path}: {problem}", consequence)
