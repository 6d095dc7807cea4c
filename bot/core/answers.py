"""What a member may be shown, as data: the rendered card and where its words come from."""

from dataclasses import dataclass
from enum import StrEnum


class SnippetStatus(StrEnum):
    """Life cycle of a snippet in the files; only `approved` carries a clinician's sign-off."""

    DRAFT = "draft-for-clinical-review"
    APPROVED = "approved"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLink:
    """Where a statement comes from: a title and a DOI, PMID or official page."""

    title: str
    reference: str
    """`doi:10.…`, `pmid:…` or `https://…`."""
    date: str

    @property
    def url(self) -> str:
        """The address that a reader can open."""
        if self.reference.startswith("doi:"):
            return f"https://doi.org/{self.reference.removeprefix('doi:')}"
        if self.reference.startswith("pmid:"):
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.reference.removeprefix('pmid:')}/"
        return self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """A vetted card as members see it: general education, never about the person who wrote.

    `template` is `<snippet id>@<version>`; it is stored with every card sent, the words are not.
    """

    template: str
    topic: str
    title: str
    body: str
    contacts: tuple[str, ...]
    """Lines such as "Emergency: 999 or 112 (UK)"; only verified numbers."""
    sources: tuple[SourceLink, ...]
    footer: str
    """"Automated message, not medical advice", and what silence does not mean."""
    signed: bool
    """Has a clinician approved this wording?"""
