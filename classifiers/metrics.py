"""The figures of triage: proportions with exact intervals, F1, alert precision, calibration error, pairs.

Pure numpy on arrays of labels and scores; reads no file and runs no model. Levels are 0 (routine) to 3 (emergency).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
import numpy.typing as npt

from bot.core.assessments import Urgency
from classifiers.examples import PairKind
from classifiers.labels import Floats

Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]

LEVELS = tuple(int(level) for level in Urgency)
GRAVE = LEVELS[1:]
"""The three levels that are not routine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value with its 95 % interval; the bounds are None where the sample gives none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """Hits out of a total."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """The share; not a number when there was nothing to count."""
        return self.hits / self.total if self.total else float("nan")

    def interval(self) -> Interval:
        """The share with its exact 95 % interval."""
        if not self.total:
            return Interval(value=float("nan"))
        low, high = clopper_pearson(self.hits, self.total)
        return Interval(value=self.value, low=low, high=high)


def proportion(hits: Flags, among: Flags | None = None) -> Proportion:
    """Count hits, among all or among the chosen."""
    chosen = hits if among is None else hits[among]
    return Proportion(hits=int(chosen.sum()), total=len(chosen))


def clopper_pearson(hits: int, total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Give the exact interval of a proportion (Clopper and Pearson 1934), by bisection on the binomial tails."""
    if not 0 <= hits <= total or total == 0:
        raise ValueError(f"{hits} hits of {total}; expected 0 <= hits <= total and total > 0")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _bisect(lambda p: _at_least(hits, total, p) < tail)
    high = 1.0 if hits == total else _bisect(lambda p: 1 - _at_least(hits + 1, total, p) > tail)
    return low, high


def f1_score(said: Flags, truth: Flags) -> float:
    """F1 of a yes/no reading; 0 when nothing is said and nothing is true."""
    hits = int((said & truth).sum())
    both = int(said.sum()) + int(truth.sum())
    return 2 * hits / both if both else 0.0


def macro_f1(graded: Levels, truth: Levels) -> float:
    """Mean F1 of the three levels that are not routine, as the four-level triage papers report it."""
    return float(np.mean([f1_score(graded == level, truth == level) for level in GRAVE]))


def confusion(graded: Levels, truth: Levels) -> Rows:
    """Count posts by true level (rows) and graded level (columns), shape (4, 4)."""
    table = np.zeros((len(LEVELS), len(LEVELS)), dtype=np.int64)
    np.add.at(table, (truth, graded), 1)
    return table


def under_triaged(graded: Levels, truth: Levels) -> Proportion:
    """Share of the non-routine posts that were graded too low."""
    return proportion(graded < truth, truth > 0)


def safe_within_one(graded: Levels, truth: Levels) -> Proportion:
    """Share of the non-routine posts that were graded at most one level too low; too high is safe."""
    return proportion(graded >= truth - 1, truth > 0)


def alert_precision(sensitivity: float, false_alarms: float, *, prevalence: float) -> float:
    """Precision of an alert at a given prevalence, by Bayes' rule; 0 when nothing would be alerted."""
    true, false = sensitivity * prevalence, false_alarms * (1 - prevalence)
    return true / (true + false) if true + false else 0.0


def calibration_error(p: Floats, truth: Flags, *, bins: int = 15) -> float:
    """Expected calibration error over bins that hold equally many posts each (Nixon et al. 2019)."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(float(p[part].mean()) - float(truth[part].mean())) * len(part) for part in parts]
    return sum(gaps) / len(p)


def bootstrap(
    statistic: Callable[[Rows], float], families: Sequence[str], *, rounds: int = 1000, seed: int = 7
) -> Interval:
    """Give a statistic with its 95 % percentile interval, resampling whole families.

    `statistic` takes row numbers, repeats included. Posts of a family are alike, so that resampling single posts would
    promise more than the sample holds.
    """
    groups: dict[str, list[int]] = {}
    for row, family in enumerate(families):
        groups.setdefault(family, []).append(row)
    members = [np.array(rows) for rows in groups.values()]
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(rounds):
        chosen = random.integers(len(members), size=len(members))
        draws.append(statistic(np.concatenate([members[index] for index in chosen])))
    whole = statistic(np.arange(len(families)))
    finite = np.array(draws)[np.isfinite(draws)]
    if not len(finite):
        return Interval(value=whole)
    low, high = np.quantile(finite, [0.025, 0.975])
    return Interval(value=whole, low=float(low), high=float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a pair: labels and reading."""

    flagged: bool
    urgency: Urgency
    said_flagged: bool
    said_urgency: Urgency

    @property
    def right(self) -> bool:
        """Was the flag read as labelled?"""
        return self.flagged == self.said_flagged


def pair_is_right(kind: PairKind, a: Side, b: Side) -> bool:
    """Judge a pair; both sides must be flagged as labelled, and besides:

    - contrast: the urgencies read differ in the direction in which the labels differ (or not at all);
    - invariance: both sides are read with the same urgency;
    - directional: the urgencies read do not differ against the direction of the labels.
    """
    if not (a.right and b.right):
        return False
    labelled, said = _sign(b.urgency - a.urgency), _sign(b.said_urgency - a.said_urgency)
    match kind:
        case PairKind.CONTRAST:
            return said == labelled
        case PairKind.INVARIANCE:
            return said == 0
        case PairKind.DIRECTIONAL:
            return said * labelled >= 0


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _at_least(hits: int, total: int, p: float) -> float:
    """P(X >= hits) of a binomial, summed in logarithms."""
    if p <= 0.0 or p >= 1.0:
        return float(p >= 1.0 or hits == 0)
    counts = np.arange(hits, total + 1)
    choose = np.array([lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1) for k in counts])
    return float(np.exp(choose + counts * np.log(p) + (total - counts) * np.log1p(-p)).sum())


def _bisect(below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2
