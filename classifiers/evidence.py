"""Which stretches of a post drove the encoder's reading: each clause is left out (long posts: read alone) once.

Explains the score only; it does not say why a human would worry. Used for posts that a moderator will see.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np

from bot.core.assessments import Span
from classifiers.encoding import Reading
from classifiers.labels import Floats

MOST_CLAUSES = 16
"""Bounds the extra readings of one post; neighbouring clauses of a longer post are joined."""
MOST_SPANS = 3
LONG = 1000
"""Characters above which clauses are read alone, not left out: that costs one more reading, not one per clause."""
LEAST_DROP = 0.5
"""Drop of the flagged log-odds below which a clause is not evidence."""
LEAST_SHARE = 0.4
"""Part of the strongest clause's drop that a further clause must reach."""

_BREAK = re.compile(r"(?:[.!?;…]+|,|\n)\s*|\s+(?=(?:but|and|also|though|although|because)\s)", re.IGNORECASE)


def clauses(text: str) -> list[Span]:
    """Cut a text into at most `MOST_CLAUSES` stretches that hold something to read, in order."""
    ends = [*(match.end() for match in _BREAK.finditer(text)), len(text)]
    spans, start = [], 0
    for end in ends:
        piece = text[start:end]
        lead = len(piece) - len(piece.lstrip())
        if sum(character.isalnum() for character in piece) >= 2:
            spans.append(Span(start + lead, start + len(piece.rstrip())))
            start = end
        elif not piece.strip():
            start = end
    if len(spans) <= MOST_CLAUSES:
        return spans
    groups = np.array_split(np.arange(len(spans)), MOST_CLAUSES)
    return [Span(spans[int(group[0])].start, spans[int(group[-1])].end) for group in groups]


def find_evidence(
    readings: Sequence[Reading], scores: Floats, *, read: Callable[[Sequence[Reading]], Floats]
) -> list[tuple[Span, ...]]:
    """Name up to three stretches per post, in order of the text.

    `scores`, shape (posts,), are the flagged probabilities of the whole posts; `read` gives those of other readings
    and is called once for all posts together.
    """
    cut = [clauses(reading.text) for reading in readings]
    asked = [
        _without(reading, span) if len(reading.text) <= LONG else _alone(reading, span)
        for reading, spans in zip(readings, cut, strict=True)
        if len(spans) > 1
        for span in spans
    ]
    answers = iter(read(asked)) if asked else iter(())
    found = []
    for reading, score, spans in zip(readings, scores, cut, strict=True):
        if len(spans) < 2:
            found.append(tuple(spans) if reading.text.strip() else ())
            continue
        odds = _log_odds(np.array([next(answers) for _ in spans]))
        drops = _log_odds(np.array([score])) - odds if len(reading.text) <= LONG else odds - odds.min()
        found.append(_strongest(spans, drops))
    return found


def join_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Sort spans and join those that overlap."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _without(reading: Reading, span: Span) -> Reading:
    return Reading(reading.text[: span.start] + reading.text[span.end :], reading.context)


def _alone(reading: Reading, span: Span) -> Reading:
    return Reading(reading.text[span.start : span.end])


def _strongest(spans: Sequence[Span], drops: Floats) -> tuple[Span, ...]:
    order = np.argsort(-drops, kind="stable")
    least = max(LEAST_DROP, LEAST_SHARE * float(drops[order[0]]))
    kept = [int(index) for index in order[:MOST_SPANS] if drops[index] >= least]
    # A sign told twice survives each single omission: then the strongest clause alone is shown.
    return tuple(spans[index] for index in sorted(kept or [int(order[0])]))


def _log_odds(p: Floats) -> Floats:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))
