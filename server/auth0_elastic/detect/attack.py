"""Names of MITRE ATT&CK's tactics and techniques, and which techniques a rule's tags name for which tactic."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

_PREFIX: Final = "attack."


@cache
def attack_names() -> dict[str, str]:
    """Tactics by their tag (credential-access), to `id name`; techniques by their id (T1110.003), to their name."""
    lines = Path(__file__).with_name("attack.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))


def by_tactic(tags: Iterable[str]) -> dict[str, list[str]]:
    """The ids of techniques by the tactic that their tags follow; what is not in the table is left out."""
    found: dict[str, list[str]] = {}
    techniques: list[str] = []
    for tag in (tag.removeprefix(_PREFIX) for tag in tags if tag.startswith(_PREFIX)):
        if re.match(r"t\d", tag) is None:
            techniques = found.setdefault(tag.replace("_", "-"), [])
        else:
            techniques.append(tag.upper())
    names = attack_names()
    return {tactic: [each for each in own if each in names] for tactic, own in found.items() if tactic in names}
