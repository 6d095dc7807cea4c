"""One problem of a content file as a value: where it is, what was found, why it matters, what to do.

Reads no file and decides nothing; loading turns findings into a `ContentError`, the check prints them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from bot.core.errors import ContentError


class Severity(StrEnum):
    """Does the finding fail the check?"""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem at one line of a content file."""

    file: str
    """Relative to the responses folder."""
    line: int
    rule: str
    found: str
    why: str
    todo: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.severity.value} [{self.rule}] found {self.found}. {self.why} {self.todo}"
        )


def content_error(findings: Iterable[Finding]) -> ContentError:
    """Build the error that lists every problem, in the order of the files."""
    return ContentError([str(f) for f in sorted(findings, key=lambda f: (f.file, f.line, f.rule))])


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest valid name, or list the valid ones."""
    names = sorted(str(name) for name in known)
    close = get_close_matches(word, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Use one of: {', '.join(names)}."
