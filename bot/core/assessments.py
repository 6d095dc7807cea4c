"""What recognition says of a post: the handbook's four axes, with scores, evidence and version stamps.

Says nothing about what may be done with it; that is `policy`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Concern(StrEnum):
    """What is described as happening now (handbook, section 2)."""

    SECONDARY_AUTOIMMUNITY = "secondary_autoimmunity"
    RELAPSE = "relapse"
    OTHER_URGENT = "other_urgent"


class Urgency(IntEnum):
    """How soon a human should look; ordered, so that the maximum of two readings is the handbook's rule 1."""

    ROUTINE = 0
    SOON = 1
    SAME_DAY = 2
    EMERGENCY = 3

    @property
    def label(self) -> str:
        """The handbook's word, as files and the command line spell it."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> "Urgency":
        """Read the handbook's word; `ValueError` names the four that exist."""
        try:
            return cls[label.upper()]
        except KeyError:
            raise ValueError(f"urgency is {label!r}; expected one of {[u.label for u in cls]}") from None


class Experiencer(StrEnum):
    """Whom the health talk is about."""

    SELF = "self"
    OTHER = "other"
    GENERIC = "generic"


class Status(StrEnum):
    """The standing of what is told."""

    CURRENT = "current"
    PAST_RESOLVED = "past_resolved"
    HYPOTHETICAL = "hypothetical"
    NEGATED = "negated"


class Therapy(StrEnum):
    """Therapies that recognition can name; the first three are the core immune reconstitution therapies."""

    ALEMTUZUMAB = "alemtuzumab"
    AHSCT = "ahsct"
    CLADRIBINE = "cladribine"
    OTHER_DMT = "other_dmt"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters in the post's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"span is {self.start}:{self.end}; expected 0 <= start < end")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """One line of the red-flag lexicon that matched and was not negated."""

    rule: str
    """Id of the line in the lexicon, stable across versions."""
    urgency: Urgency
    concern: Concern
    topic: str
    """A `topics.Topic` value: what the education card would be about."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A therapy, or a time since therapy, that the post states; offsets only, so that no words are kept."""

    kind: str
    """A `Therapy` value, or `time_since`."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Versions that produced an assessment; with them every decision can be explained and replayed."""

    model: str
    thresholds: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The reading of one post. Probabilities are calibrated and lie in [0, 1]."""

    flagged: bool
    """A concern is present, current, and about a person whom the writer can act for."""
    score: float
    """Calibrated probability that a human rater would flag the post."""
    review: bool
    """The score lies between "surely not" and "surely": moderators' low-priority list."""
    concerns: frozenset[Concern]
    concern_p: Mapping[Concern, float]
    urgency: Urgency
    urgency_p: Mapping[Urgency, float]
    experiencer: Experiencer
    status: Status
    stamps: Stamps
    red_flags: tuple[RedFlag, ...] = ()
    spans: tuple[Span, ...] = ()
    topic_cues: tuple[str, ...] = ()
    """Topics (`topics.Topic` values) whose everyday words occur, most specific first."""
    mentions: tuple[Mention, ...] = ()
    crisis: bool = False
    """Self-harm or suicide: humans first."""
    model_down: bool = field(default=False)
    """Only the red-flag lexicon could read the post; the classifier was not available."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score is {self.score!r}; expected a probability between 0 and 1")
        if self.flagged and self.urgency is Urgency.ROUTINE:
            raise ValueError("a flagged assessment has urgency 'routine'; expected soon or above (handbook, invariant)")

    @property
    def therapies(self) -> frozenset[Therapy]:
        """Therapies named in the post."""
        known = {therapy.value: therapy for therapy in Therapy}
        return frozenset(known[m.kind] for m in self.mentions if m.kind in known)
