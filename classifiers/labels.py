"""The order of the encoder's outputs: one row of 15 logits holds every head, side by side.

Decides nothing about thresholds or meaning; the handbook does, and `decoding` reads the rows.
"""

from collections.abc import Collection
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bot.core.assessments import Concern, Experiencer, Status, Urgency

Floats = npt.NDArray[np.float64]

CONCERNS: tuple[Concern, ...] = tuple(Concern)
STEPS: tuple[Urgency, ...] = (Urgency.SOON, Urgency.SAME_DAY, Urgency.EMERGENCY)
"""Urgency is ordinal: column k is the logit of "at least STEPS[k]"."""
EXPERIENCERS: tuple[Experiencer, ...] = tuple(Experiencer)
STATUSES: tuple[Status, ...] = tuple(Status)
CRISIS_TAG = "crisis"
"""The handbook's tag (rule 19): set for intent, and for despair that only a moderator should glance at."""


class Head(StrEnum):
    """The heads, in column order."""

    FLAGGED = "flagged"
    CONCERNS = "concerns"
    URGENCY = "urgency"
    CRISIS = "crisis"
    EXPERIENCER = "experiencer"
    STATUS = "status"


COLUMNS: dict[Head, slice] = {
    Head.FLAGGED: slice(0, 1),
    Head.CONCERNS: slice(1, 4),
    Head.URGENCY: slice(4, 7),
    Head.CRISIS: slice(7, 8),
    Head.EXPERIENCER: slice(8, 11),
    Head.STATUS: slice(11, 15),
}
WIDTH = 15
BINARY = slice(0, 8)
"""Columns that are independent yes/no questions; the two last heads are softmax groups."""
SOFTMAX: tuple[Head, ...] = (Head.EXPERIENCER, Head.STATUS)


def label_order() -> dict[str, list[str]]:
    """Name every column, as the manifest of a version records it."""
    return {
        Head.FLAGGED.value: ["flagged"],
        Head.CONCERNS.value: [concern.value for concern in CONCERNS],
        Head.URGENCY.value: [f"at_least_{step.label}" for step in STEPS],
        Head.CRISIS.value: [CRISIS_TAG],
        Head.EXPERIENCER.value: [experiencer.value for experiencer in EXPERIENCERS],
        Head.STATUS.value: [status.value for status in STATUSES],
    }


def target_row(
    *,
    concerns: Collection[Concern],
    urgency: Urgency,
    experiencer: Experiencer,
    status: Status,
    tags: Collection[str],
) -> Floats:
    """Turn labels into one row of targets, shape (15,), each 0 or 1."""
    row = np.zeros(WIDTH)
    row[COLUMNS[Head.FLAGGED]] = bool(concerns)
    row[COLUMNS[Head.CONCERNS]] = [concern in concerns for concern in CONCERNS]
    row[COLUMNS[Head.URGENCY]] = [urgency >= step for step in STEPS]
    row[COLUMNS[Head.CRISIS]] = CRISIS_TAG in tags
    row[COLUMNS[Head.EXPERIENCER]] = [experiencer is each for each in EXPERIENCERS]
    row[COLUMNS[Head.STATUS]] = [status is each for each in STATUSES]
    return row
