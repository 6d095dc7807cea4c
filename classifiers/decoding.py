"""Reads calibrated probabilities with a version's thresholds: flagged or not, how urgent, about whom.

Pure arithmetic on one row at a time; red flags are merged later, by the assessor. The handbook's invariant holds on
every result: concerns are present exactly when the urgency is not routine, and then somebody is concerned now.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from bot.core.assessments import Concern, Experiencer, Status, Urgency
from classifiers.labels import COLUMNS, CONCERNS, EXPERIENCERS, STATUSES, Floats, Head

Probability = Field(ge=0.0, le=1.0)


class Thresholds(BaseModel):
    """Where the lines are drawn on calibrated probabilities; chosen by `thresholds`, kept in the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    surely: float = Probability
    """At or above it a post is flagged."""
    surely_not: float = Probability
    """Below it nobody is told; between the two a post goes to the moderators' low-priority list."""
    secondary_autoimmunity: float = Probability
    relapse: float = Probability
    other_urgent: float = Probability
    same_day: float = Probability
    emergency: float = Probability
    crisis: float = Probability

    @property
    def version(self) -> str:
        """A short fingerprint for an assessment's stamps."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def of(self, concern: Concern) -> float:
        """The line of one concern."""
        return float(getattr(self, concern.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The encoder's reading of one post."""

    flagged: bool
    score: float
    review: bool
    concerns: frozenset[Concern]
    concern_p: dict[Concern, float]
    urgency: Urgency
    urgency_p: dict[Urgency, float]
    experiencer: Experiencer
    status: Status
    crisis: bool


def decode(row: Floats, thresholds: Thresholds) -> Decoded:
    """Read one row of calibrated probabilities, shape (15,).

    A crisis that is not flagged (despair without intent, handbook rule 19) goes to review: a moderator glances, the bot
    stays silent.
    """
    score = float(row[0])
    flagged = score >= thresholds.surely
    crisis = float(row[COLUMNS[Head.CRISIS]][0]) >= thresholds.crisis
    concern_p = {concern: float(p) for concern, p in zip(CONCERNS, row[COLUMNS[Head.CONCERNS]], strict=True)}
    concerns = decode_concerns(concern_p, thresholds) if flagged else frozenset()
    if flagged and crisis:
        concerns |= {Concern.OTHER_URGENT}
    urgency_p = level_probabilities(row[COLUMNS[Head.URGENCY]])
    return Decoded(
        flagged=flagged,
        score=score,
        review=not flagged and (score >= thresholds.surely_not or crisis),
        concerns=concerns,
        concern_p=concern_p,
        urgency=decode_urgency(row, thresholds, crisis=crisis) if flagged else Urgency.ROUTINE,
        urgency_p=urgency_p,
        experiencer=decode_experiencer(row, flagged=flagged),
        status=Status.CURRENT if flagged else STATUSES[int(np.argmax(row[COLUMNS[Head.STATUS]]))],
        crisis=flagged and crisis,
    )


def decode_concerns(concern_p: dict[Concern, float], thresholds: Thresholds) -> frozenset[Concern]:
    """Name every concern above its line; the one nearest to its line when none is."""
    above = frozenset(concern for concern, p in concern_p.items() if p >= thresholds.of(concern))
    return above or frozenset({max(concern_p, key=lambda concern: concern_p[concern] - thresholds.of(concern))})


def decode_urgency(row: Floats, thresholds: Thresholds, *, crisis: bool = False) -> Urgency:
    """Grade a flagged post: the highest step whose probability reaches its line, at least `soon`.

    A flagged crisis is never less than same day: humans first.
    """
    _, same_day, emergency = row[COLUMNS[Head.URGENCY]]
    if emergency >= thresholds.emergency:
        return Urgency.EMERGENCY
    return Urgency.SAME_DAY if same_day >= thresholds.same_day or crisis else Urgency.SOON


def decode_experiencer(row: Floats, *, flagged: bool) -> Experiencer:
    """Whom it is about; a flagged post is about the writer or someone the writer can act for, never nobody."""
    p = row[COLUMNS[Head.EXPERIENCER]]
    if flagged:
        return Experiencer.SELF if p[0] >= p[1] else Experiencer.OTHER
    return EXPERIENCERS[int(np.argmax(p))]


def level_probabilities(steps: Floats) -> dict[Urgency, float]:
    """Turn "at least" probabilities, shape (3,) and falling, into one probability for each of the four levels."""
    soon, same_day, emergency = (float(p) for p in steps)
    return {
        Urgency.ROUTINE: 1.0 - soon,
        Urgency.SOON: soon - same_day,
        Urgency.SAME_DAY: same_day - emergency,
        Urgency.EMERGENCY: emergency,
    }


def join_windows(rows: Floats) -> Floats:
    """Join the logits of one long post's windows, shape (windows, 15), into one row: the most urgent window wins.

    Yes/no columns take their maximum (handbook, rule 1); whom and when are read where the flag is strongest.
    """
    if len(rows) == 1:
        return np.asarray(rows[0], dtype=np.float64)
    strongest = int(np.argmax(rows[:, 0]))
    joined = rows.max(axis=0)
    for head in (Head.EXPERIENCER, Head.STATUS):
        joined[COLUMNS[head]] = rows[strongest, COLUMNS[head]]
    return np.asarray(joined, dtype=np.float64)
