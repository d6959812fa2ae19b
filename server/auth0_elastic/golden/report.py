"""What came out of a test run."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CaseReport:
    """Of one test. Problems are told by the document's number, from 1."""

    name: str
    documents: int
    differences: dict[int, str] = field(default_factory=dict)
    """A unified diff, or other lines about what is wrong with the document."""
    not_indexed: dict[int, str] = field(default_factory=dict)
    """Why an engine did not take the document, or that it did not find it again."""
    updated: bool = False
    """Whether the file of expectations was written anew."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.differences and not self.not_indexed

    @property
    def status(self) -> str:
        problems = [text for text, found in (("diff", self.differences), ("not indexed", self.not_indexed)) if found]
        return ", ".join(problems) or ("updated" if self.updated else "ok")


@dataclass(frozen=True)
class Report:
    """Of all tests of a run."""

    cases: tuple[CaseReport, ...]

    @property
    def ok(self) -> bool:
        return all(case.ok for case in self.cases)
