"""What a list's bytes hold, and whether they may take the place of what was held before."""

import codecs
from typing import Final, NamedTuple

from auth0_elastic.log import clean
from auth0_elastic.reputation.entries import Entry, find_entries
from auth0_elastic.reputation.networks import read_networks

_SHOWN: Final = 80


class ListRefused(Exception):
    """The bytes are no list; the message says what they are instead."""


class Content(NamedTuple):
    """`networks` are in CIDR, each once; `first_unreadable` is told with its place, cleaned for a log."""

    networks: tuple[str, ...]
    unreadable: int
    first_unreadable: str


def read_content(body: bytes, *, may_be_empty: bool) -> Content:
    """Raises ListRefused for an HTML page and where nothing can be read.

    With `may_be_empty`, comments without a single entry are an empty list: somebody has emptied it on purpose.
    """
    text = _decoded(body)
    if text.lstrip().startswith("<"):
        raise ListRefused("it is an HTML or XML page, not a list")
    networks: dict[str, None] = {}
    unreadable: list[Entry] = []
    for entry in find_entries(text):
        try:
            networks.update(dict.fromkeys(read_networks(entry.text)))
        except ValueError:
            unreadable.append(entry)
    first = _shown(unreadable[0]) if unreadable else ""
    if not networks and not (may_be_empty and text.strip() and not unreadable):
        raise ListRefused(_nothing(first, may_be_empty))
    return Content(tuple(networks), len(unreadable), first)


def _decoded(body: bytes) -> str:
    is_utf_16 = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # what PowerShell's > writes
    return body.decode("utf-16" if is_utf_16 else "utf-8-sig", errors="replace")


def _shown(entry: Entry) -> str:
    return f"'{clean(entry.text[:_SHOWN])}' (number {entry.number})"


def _nothing(first: str, may_be_empty: bool) -> str:
    if first:
        return f"it holds no address or network; the first thing that is none: {first}"
    remedy = "; to empty it on purpose, leave a comment line in it" if may_be_empty else ""
    return f"it is empty{remedy}"
