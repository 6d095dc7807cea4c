"""One labelled post of the corpus, with the handbook's rules that a single record can break.

Rules between records (duplicates, splits, artefacts) live in `duplicates`, `splits` and `checks`.
"""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator, model_validator

from bot.core.assessments import Concern, Experiencer, Status, Urgency
from bot.core.posts import MAX_CONTEXT

MAX_CHARACTERS = 4000
"""Discord's longest message."""

EXPOSURES = ("alemtuzumab", "ahsct", "cladribine", "other_dmt", "unknown")
DISORDERS = (
    "thyroid", "itp", "renal", "haemolytic", "neutropenia", "hepatitis", "haemophilia", "hlh", "ttp", "encephalitis",
    "skin_hair", "diabetes", "sarcoid", "neuromuscular", "colitis", "other",
)  # fmt: skip
SITUATIONS = (
    "monitoring_gap", "dosing_request", "med_stop", "pregnancy", "infusion_period", "neutropenia_risk", "crisis",
    "known_under_care", "clinician_contacted", "third_person", "humour", "typos", "non_native",
)  # fmt: skip
TAGS = frozenset(
    [f"exposure:{name}" for name in EXPOSURES] + [f"disorder:{name}" for name in DISORDERS] + list(SITUATIONS)
)
"""Every tag of the handbook, section 2."""


class Kind(StrEnum):
    """What a record is in the corpus for."""

    FLAGGED = "flagged"
    HARD_NEGATIVE = "hard_negative"
    """Alarming words or the same subject, and yet nothing to flag."""
    CHAT = "chat"


def _urgency(value: Any) -> Urgency:
    return value if isinstance(value, Urgency) else Urgency.from_label(str(value))


UrgencyLabel = Annotated[
    Urgency, BeforeValidator(_urgency), PlainSerializer(lambda urgency: urgency.label, return_type=str)
]


class Record(BaseModel):
    """One invented post with its labels (handbook, section 2); JSON uses the handbook's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z]+-\d{4}$")
    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    context: tuple[str, ...] = Field(max_length=MAX_CONTEXT)
    concerns: tuple[Concern, ...]
    urgency: UrgencyLabel
    experiencer: Experiencer
    status: Status
    tags: tuple[str, ...]
    family: str = Field(pattern=r"^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$")
    author: str = Field(pattern=r"^[a-z]+$")
    kind: Kind

    @property
    def flagged(self) -> bool:
        """Is a concern present, current, and about someone the writer can act for?"""
        return bool(self.concerns)

    @field_validator("tags")
    @classmethod
    def _known_tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(tags) - TAGS)
        if unknown:
            raise ValueError(f"tags {unknown} are unknown; expected tags of the handbook, section 2")
        return tags

    @model_validator(mode="after")
    def _invariant(self) -> Self:
        problems = list(self._broken_rules())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _broken_rules(self) -> list[str]:
        rules = [
            (
                self.flagged != (self.urgency is not Urgency.ROUTINE),
                f"concerns {[c.value for c in self.concerns]} with urgency {self.urgency.label!r}; "
                "expected concerns exactly when the urgency is not routine (handbook, invariant)",
            ),
            (
                self.flagged and (self.status is not Status.CURRENT or self.experiencer is Experiencer.GENERIC),
                f"a flagged post is {self.status.value}/{self.experiencer.value}; "
                "expected current, and self or other (handbook, invariant)",
            ),
            (
                self.flagged != (self.kind is Kind.FLAGGED),
                f"kind is {self.kind.value!r} with {len(self.concerns)} concerns; "
                "expected 'flagged' exactly with concerns",
            ),
            (len(set(self.concerns)) != len(self.concerns), "a concern stands twice; expected each once"),
            (len(set(self.tags)) != len(self.tags), "a tag stands twice; expected each once"),
            (
                not self.family.startswith(f"{self.author}/"),
                f"family is {self.family!r}; expected it to begin with '{self.author}/'",
            ),
            (
                not self.id.startswith(f"{self.author}-"),
                f"id is {self.id!r}; expected it to begin with '{self.author}-'",
            ),
            (not self.text.strip(), "text is blank; expected words"),
        ]
        return [sentence for broken, sentence in rules if broken]
