"""Draws the lines on calibrated probabilities, on the calibration split alone.

Measures nothing on the test split, and promises nothing about posts unlike those of the split. `choose` holds the
rules; each line's reason is in its function.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.assessments import Urgency
from bot.core.errors import ModelError
from classifiers.decoding import Thresholds
from classifiers.examples import Example
from classifiers.labels import COLUMNS, CONCERNS, CRISIS_TAG, Floats, Head

Flags = npt.NDArray[np.bool_]

MOST_MISSED = 0.05
"""Share of urgent posts that may go silently away. The design asks for 0.015; with the encoder of this first corpus
that line puts three quarters of ordinary chat on the review list, which nobody would read (figures: model card)."""
MOST_UNDER_TRIAGED = 0.04
LEAST_CONCERN_RECALL, LEAST_CONCERN_SPECIFICITY = 0.92, 0.97
_GRID = np.round(np.arange(0.05, 0.96, 0.01), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The lines, with what they rest on."""

    thresholds: Thresholds
    notes: dict[str, float | int | str]


def choose(probabilities: Floats, examples: Sequence[Example]) -> Choice:
    """Draw every line; `probabilities` has shape (n, 15) and belongs to the calibration split."""
    score = probabilities[:, 0]
    flagged = np.array([example.flagged for example in examples])
    urgent = np.array([example.urgent for example in examples])
    if not urgent.any() or flagged.all():
        raise ModelError(
            f"the calibration split holds {int(urgent.sum())} urgent and {int((~flagged).sum())} harmless posts; "
            "expected some of both: enlarge the corpus"
        )
    surely = choose_surely(score, flagged=flagged)
    bound = surely_not_bound(score[urgent], most_missed=MOST_MISSED)
    crisis_truth = np.array([CRISIS_TAG in example.tags for example in examples])
    steps = _urgency_lines(probabilities, examples, said=score >= surely)
    lines = {
        concern.value: concern_line(
            probabilities[:, COLUMNS[Head.CONCERNS]][:, index],
            np.array([concern in example.concerns for example in examples]),
            said=score >= surely,
        )
        for index, concern in enumerate(CONCERNS)
    }
    thresholds = Thresholds(
        surely=surely,
        surely_not=min(bound.line, surely),
        same_day=steps[0],
        emergency=steps[1],
        crisis=f1_line(probabilities[:, COLUMNS[Head.CRISIS]][:, 0], crisis_truth),
        **lines,
    )
    notes: dict[str, float | int | str] = {
        "calibration_posts": len(examples),
        "calibration_urgent": int(urgent.sum()),
        "most_missed_asked": MOST_MISSED,
        "most_missed_held": bound.held,
    }
    return Choice(thresholds=thresholds, notes=notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A line, and the expected miss rate that it holds."""

    line: float
    held: float


def surely_not_bound(urgent_scores: Floats, *, most_missed: float) -> Bound:
    """Find the highest line below which an urgent post falls with probability at most `most_missed`.

    Conformal risk control (Angelopoulos et al. 2022) with the miss as a 0/1 loss: of n urgent calibration posts, k
    below the line give the bound (k + 1) / (n + 1) on the expected miss rate of the next urgent post.
    Assumption: that next urgent post is exchangeable with the calibration split's urgent posts, that is, written by the
    same kind of authors. Posts by other people, or about things that no author thought of, are outside the promise; and
    posts of one family are alike, so that the effective n is smaller than the count.
    When n is too small for `most_missed`, no post may be missed and the bound that does hold, 1 / (n + 1), is returned.
    """
    ordered = np.sort(urgent_scores)
    allowed = max(0, int(np.floor(most_missed * (len(ordered) + 1) + 1e-9)) - 1)
    return Bound(line=float(ordered[min(allowed, len(ordered) - 1)]), held=(allowed + 1) / (len(ordered) + 1))


def choose_surely(score: Floats, *, flagged: Flags) -> float:
    """Take the line with the best flagged F1: what lies below it is not lost, it goes to review.

    The middle of the plateau within 0.005 of the best F1 is taken, because the single best point is luck.
    """
    values = np.array([f1(score >= line, flagged) for line in _GRID])
    return float(np.median(_GRID[values >= values.max() - 0.005]))


def concern_line(p: Floats, truth: Flags, *, said: Flags) -> float:
    """Take the line that comes nearest to the design's recall and specificity, each in units of what it may lack."""
    if not truth.any() or truth.all():
        return 0.5

    def shortfall(line: float) -> float:
        named = said & (p >= line)
        recall, specificity = float(named[truth].mean()), float((~named[~truth]).mean())
        return max(
            (LEAST_CONCERN_RECALL - recall) / (1 - LEAST_CONCERN_RECALL),
            (LEAST_CONCERN_SPECIFICITY - specificity) / (1 - LEAST_CONCERN_SPECIFICITY),
        )

    return _middle_of_least(shortfall)


def f1_line(p: Floats, truth: Flags) -> float:
    """Take the line with the best F1; one half when the split holds fewer than three positives."""
    if truth.sum() < 3:
        return 0.5
    return _middle_of_least(lambda line: -f1(p >= line, truth))


def f1(said: Flags, truth: Flags) -> float:
    """F1 of a yes/no reading; 0 when nothing is found."""
    hits = int((said & truth).sum())
    return 2 * hits / max(1, int(said.sum()) + int(truth.sum()))


def _urgency_lines(probabilities: Floats, examples: Sequence[Example], *, said: Flags) -> tuple[float, float]:
    """Take the two grading lines with the best macro-F1 among those that keep under-triage within the design's 4 %.

    Where none does, each further point of under-triage costs a point of macro-F1. A higher price would grade most
    same-day posts as emergencies, and a role that is pinged for everything answers nothing.
    """
    truth = np.array([int(example.urgency) for example in examples])
    _, at_least_same_day, at_least_emergency = probabilities[:, COLUMNS[Head.URGENCY]].T
    best, chosen = -np.inf, (0.5, 0.5)
    for same_day in _GRID[::3]:
        for emergency in _GRID[::3]:
            graded = np.where(at_least_same_day >= same_day, int(Urgency.SAME_DAY), int(Urgency.SOON))
            graded = np.where(at_least_emergency >= emergency, int(Urgency.EMERGENCY), graded)
            value = _graded_value(np.where(said, graded, int(Urgency.ROUTINE)), truth)
            if value > best:
                best, chosen = value, (float(same_day), float(emergency))
    return chosen


def _graded_value(graded: npt.NDArray[np.int_], truth: npt.NDArray[np.int_]) -> float:
    grave = truth > 0
    under = float((graded[grave] < truth[grave]).mean())
    scores = [f1(graded == level, truth == level) for level in (1, 2, 3)]
    return float(np.mean(scores)) - max(0.0, under - MOST_UNDER_TRIAGED)


def _middle_of_least(cost: Callable[[float], float]) -> float:
    costs = np.array([cost(float(line)) for line in _GRID])
    return float(np.median(_GRID[costs <= costs.min() + 1e-9]))
