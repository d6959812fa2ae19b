"""What a rule finds, and the form that every rule has."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from auth0_elastic.package_check.package import Package


class Problem(NamedTuple):
    """What is wrong in which file (relative to the package), and how to mend it."""

    file: str
    what: str
    remedy: str


Rule = Callable[[Package], Iterator[Problem]]
"""Yields every problem; a rule's docstring is the rule in one sentence. It may rely on what earlier stages checked."""
