"""Turns readings of labelled posts into the lines of the results page: targets first, then what explains them.

The definitions are those of the published systems that the plan names; each line's note says which posts it counts.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.assessments import Assessment, Concern
from classifiers import metrics
from classifiers.evaluate_report import Line
from classifiers.examples import CHAT, HARD_NEGATIVE, Example, Pair, PairKind, families_of
from classifiers.labels import CONCERNS, Floats
from classifiers.metrics import Flags, Interval, Levels, Rows

PREVALENCES = (0.005, 0.01, 0.02, 0.05, 0.10)
TARGET_PREVALENCE = 0.02
HARD_SHARE = 0.10
"""Share of hard negatives among the harmless posts of an ordinary channel: an assumption, stated beside the figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Labels and readings side by side, as arrays over posts."""

    posts: Sequence[Example]
    readings: Sequence[Assessment]
    families: Sequence[str]
    flagged: Flags
    urgent: Flags
    levels: Levels
    said: Flags
    listed: Flags
    """On the review list."""
    graded: Levels
    score: Floats
    encoder_said: Flags
    """Flagged by the encoder alone."""

    @classmethod
    def of(cls, posts: Sequence[Example], readings: Sequence[Assessment], *, surely: float) -> "Measured":
        """Line labels and readings up; `surely` is the encoder's own line."""
        score = np.array([reading.score for reading in readings])
        return cls(
            posts=posts,
            readings=readings,
            families=families_of(posts),
            flagged=np.array([post.flagged for post in posts]),
            urgent=np.array([post.urgent for post in posts]),
            levels=np.array([int(post.urgency) for post in posts]),
            said=np.array([reading.flagged for reading in readings]),
            listed=np.array([reading.review for reading in readings]),
            graded=np.array([int(reading.urgency) for reading in readings]),
            score=score,
            encoder_said=score >= surely,
        )

    def interval(self, statistic: Callable[[Rows], float]) -> Interval:
        """A statistic with its interval, resampling families."""
        return metrics.bootstrap(statistic, self.families)


def target_lines(m: Measured) -> list[Line]:
    """The design's targets that single posts can show."""
    recall = metrics.proportion(m.said, m.urgent).interval()
    reached_human = metrics.proportion(m.said | m.listed, m.urgent).interval()
    precision = m.interval(lambda rows: _alert_precision(m, rows, prevalence=TARGET_PREVALENCE))
    f1 = m.interval(lambda rows: metrics.f1_score(m.said[rows], m.flagged[rows]))
    macro = m.interval(lambda rows: metrics.macro_f1(m.graded[rows], m.levels[rows]))
    under = metrics.under_triaged(m.graded, m.levels).interval()
    safe = metrics.safe_within_one(m.graded, m.levels).interval()
    error = m.interval(lambda rows: metrics.calibration_error(m.score[rows], m.flagged[rows]))
    return [
        _recall_line("urgent posts flagged (recall)", recall, "alert raised"),
        _recall_line("urgent posts that reach a moderator", reached_human, "alert or review list"),
        _line(
            "alert precision at 2 % prevalence", precision, at_least=0.70, note="harmless posts as mixed in the file"
        ),
        _line("flagged F1", f1, at_least=0.90),
        _line("macro-F1 of the three non-routine levels", macro, at_least=0.75),
        _line("non-routine posts under-triaged", under, at_most=0.04),
        _line("non-routine posts safe within one level", safe, at_least=0.99),
        *_concern_lines(m),
        _line("calibration error (15 equal-mass bins)", error, at_most=0.03, note="encoder's score against flagged"),
    ]


def plain_lines(m: Measured) -> list[Line]:
    """Figures without a target: precision and recall, prevalences, the review band."""
    harmless = ~m.flagged
    lines = [
        Line(name="flagged precision", interval=metrics.proportion(m.flagged, m.said).interval()),
        Line(name="flagged recall", interval=metrics.proportion(m.said, m.flagged).interval()),
        Line(name="false alarms among harmless posts", interval=metrics.proportion(m.said, harmless).interval()),
        Line(name="review band, share of all posts", interval=metrics.proportion(m.listed).interval()),
        Line(name="review band, share of harmless posts", interval=metrics.proportion(m.listed, harmless).interval()),
    ]
    for prevalence in PREVALENCES:
        value = m.interval(lambda rows, at=prevalence: _alert_precision(m, rows, prevalence=at))  # type: ignore[misc]
        lines.append(Line(name=f"alert precision at {prevalence:.1%} prevalence", interval=value))
    kinds = np.array([post.kind for post in m.posts])
    if (kinds == CHAT).any() and (kinds == HARD_NEGATIVE).any():
        value = m.interval(lambda rows: _mixed_precision(m, kinds, rows))
        note = f"harmless posts weighed as {HARD_SHARE:.0%} hard negatives, {1 - HARD_SHARE:.0%} chat"
        lines.append(Line(name="alert precision at 2 % in a channel's mix", interval=value, note=note))
        for kind in (HARD_NEGATIVE, CHAT):
            share = metrics.proportion(m.said, kinds == kind).interval()
            lines.append(Line(name=f"false alarms among {kind.replace('_', ' ')} posts", interval=share))
    return lines


def encoder_lines(m: Measured) -> list[Line]:
    """What each layer does alone."""
    words = np.array([bool(reading.red_flags) or reading.crisis for reading in m.readings])
    return [
        Line(name="encoder alone: urgent recall", interval=metrics.proportion(m.encoder_said, m.urgent).interval()),
        Line(
            name="encoder alone: flagged F1",
            interval=m.interval(lambda rows: metrics.f1_score(m.encoder_said[rows], m.flagged[rows])),
        ),
        Line(name="encoder alone: false alarms", interval=metrics.proportion(m.encoder_said, ~m.flagged).interval()),
        Line(name="red flags alone: urgent recall", interval=metrics.proportion(words, m.urgent).interval()),
        Line(name="red flags alone: false alarms", interval=metrics.proportion(words, ~m.flagged).interval()),
    ]


def pair_lines(pairs: Sequence[Pair], right: Sequence[bool]) -> list[Line]:
    """Pairs judged right, by kind and by phenomenon; only contrast pairs have a target."""
    by_kind: dict[PairKind, list[bool]] = defaultdict(list)
    by_phenomenon: dict[str, list[bool]] = defaultdict(list)
    for pair, good in zip(pairs, right, strict=True):
        by_kind[pair.kind].append(good)
        by_phenomenon[f"{pair.kind.value}: {pair.phenomenon}"].append(good)
    lines = []
    for kind, values in by_kind.items():
        share = metrics.proportion(np.array(values)).interval()
        if kind is PairKind.CONTRAST:
            lines.append(_line("contrast pairs both right", share, at_least=0.85, note=f"{len(values)} pairs"))
        else:
            lines.append(Line(name=f"{kind.value} pairs right", interval=share, note=f"{len(values)} pairs"))
    for name, values in sorted(by_phenomenon.items()):
        share = metrics.proportion(np.array(values)).interval()
        lines.append(Line(name=f"pairs, {name}", interval=share, note=f"{len(values)} pairs"))
    return lines


def _concern_lines(m: Measured) -> list[Line]:
    lines = []
    for concern in CONCERNS:
        truth = np.array([concern in post.concerns for post in m.posts])
        said = np.array([concern in reading.concerns for reading in m.readings])
        name = _spoken(concern)
        lines.append(_line(f"{name}: recall", metrics.proportion(said, truth).interval(), at_least=0.92))
        lines.append(_line(f"{name}: specificity", metrics.proportion(~said, ~truth).interval(), at_least=0.97))
    return lines


def _spoken(concern: Concern) -> str:
    return concern.value.replace("_", " ")


def _alert_precision(m: Measured, rows: Rows, *, prevalence: float) -> float:
    said, flagged = m.said[rows], m.flagged[rows]
    if not flagged.any() or flagged.all():
        return float("nan")
    return metrics.alert_precision(float(said[flagged].mean()), float(said[~flagged].mean()), prevalence=prevalence)


def _mixed_precision(m: Measured, kinds: np.ndarray, rows: Rows) -> float:
    said, flagged, kind = m.said[rows], m.flagged[rows], kinds[rows]
    hard, chat = ~flagged & (kind == HARD_NEGATIVE), ~flagged & (kind == CHAT)
    if not (flagged.any() and hard.any() and chat.any()):
        return float("nan")
    alarms = HARD_SHARE * float(said[hard].mean()) + (1 - HARD_SHARE) * float(said[chat].mean())
    return metrics.alert_precision(float(said[flagged].mean()), alarms, prevalence=TARGET_PREVALENCE)


def _recall_line(name: str, interval: Interval, note: str) -> Line:
    reached = interval.value >= 0.985 and interval.low is not None and interval.low >= 0.96
    return Line(name=name, interval=interval, target="≥ 0.985, low ≥ 0.96", reached=reached, note=note)


def _line(
    name: str, interval: Interval, *, at_least: float | None = None, at_most: float | None = None, note: str = ""
) -> Line:
    if at_least is not None:
        return Line(
            name=name, interval=interval, target=f"≥ {at_least:.2f}", reached=interval.value >= at_least, note=note
        )
    if at_most is None:
        raise ValueError(f"{name!r} has neither a least nor a most value; give one")
    return Line(name=name, interval=interval, target=f"≤ {at_most:.2f}", reached=interval.value <= at_most, note=note)
