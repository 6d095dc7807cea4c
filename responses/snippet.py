"""One snippet file: its front matter, its words, and the version that is the hash of its bytes.

Judges no wording (that is `check`) and chooses nothing (that is `library`).
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot.core.answers import SnippetStatus, SourceLink
from bot.core.assessments import Concern
from bot.core.topics import Topic
from responses.findings import Finding
from responses.located_yaml import Located, model_findings, read_located
from responses.referrals import Region

MAX_TITLE = 256
"""Discord's limit for the title of an embed."""
_FENCE = "---\n"

PlainText = Annotated[str, Field(min_length=1)]
DateText = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, date | int) else value)]


class SnippetAudience(StrEnum):
    """Whom the wording speaks to; `any` suits both."""

    SELF = "self"
    CARER = "carer"
    ANY = "any"


class Source(BaseModel):
    """Where the statements of a snippet come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: PlainText
    reference: PlainText
    date: DateText
    """Year, month or day of the source; `undated` where the copy that was read shows none."""


class FrontMatter(BaseModel):
    """The head of a snippet file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    topic: Topic
    audience: SnippetAudience
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
    concerns: Annotated[tuple[Concern, ...], Field(min_length=1)]
    regions: Literal["all"] | tuple[Region, ...]
    sources: tuple[Source, ...]
    reviewed_by: PlainText | None
    reviewed_on: date | None
    review_due: date
    status: SnippetStatus

    @model_validator(mode="after")
    def _approval_names_its_reviewer(self) -> "FrontMatter":
        if self.status is SnippetStatus.APPROVED and (self.reviewed_by is None or self.reviewed_on is None):
            raise ValueError("status 'approved' needs reviewed_by and reviewed_on: name the clinician and the day")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A snippet as its file holds it."""

    file: str
    """Relative to the responses folder, for messages."""
    raw: bytes = field(repr=False)
    head: FrontMatter
    located: Located = field(repr=False)
    body: str
    body_line: int
    """Line of the file on which the body begins."""

    @property
    def version(self) -> str:
        """First 12 hex digits of the SHA-256 of the file's bytes."""
        return hashlib.sha256(self.raw).hexdigest()[:12]

    @property
    def template(self) -> str:
        """`<snippet id>@<version>`, as it is stored with every card that was sent."""
        return f"{self.head.id}@{self.version}"

    @property
    def is_signed(self) -> bool:
        """Has a clinician approved this wording?"""
        return self.head.status is SnippetStatus.APPROVED

    @property
    def source_links(self) -> tuple[SourceLink, ...]:
        """The sources as a card shows them."""
        return tuple(SourceLink(title=s.title, reference=s.reference, date=s.date) for s in self.head.sources)

    def is_overdue(self, today: date) -> bool:
        """Has the day come on which the wording must have been reviewed again?"""
        return self.head.review_due <= today

    def fits(self, regions: tuple[str, ...]) -> bool:
        """Is the wording meant for at least one of these regions?"""
        return self.head.regions == "all" or not set(self.head.regions).isdisjoint(regions)


def read_snippet(path: Path) -> Snippet | tuple[Finding, ...]:
    """Read a snippet file; what is wrong with its form comes back as findings."""
    file = f"{path.parent.name}/{path.name}"
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        return (_bad(file, 1, f"a file that cannot be read as UTF-8 text ({type(error).__name__})"),)
    parts = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    if not text.startswith(_FENCE) or len(parts) != 3:
        return (_bad(file, 1, "no front matter between two lines of ---"),)
    _, front, body = parts
    located = read_located(front, file=file, first_line=2)
    if isinstance(located, Finding):
        return (located,)
    try:
        head = FrontMatter.model_validate(located.data)
    except ValidationError as error:
        return model_findings(error, model=FrontMatter, located=located, file=file)
    body_line = 3 + front.count("\n") + len(body[: len(body) - len(body.lstrip())].splitlines())
    if head.id != path.stem:
        return (_bad(file, located.line_of(("id",)), f"id {head.id!r} in a file named {path.name!r}"),)
    if not body.strip():
        return (_bad(file, body_line, "no words below the front matter"),)
    return Snippet(file=file, raw=raw, head=head, located=located, body=body.strip(), body_line=body_line)


def _bad(file: str, line: int, found: str) -> Finding:
    return Finding(
        file=file,
        line=line,
        rule="form",
        found=found,
        why="Expected: UTF-8, front matter between two lines of ---, an id equal to the file's name, then the words.",
        todo="Compare with another snippet and repair it.",
    )
