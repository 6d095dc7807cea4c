"""Finds posts that say the same thing in nearly the same words, within a split and across splits.

Compares words, not meaning. The two sides of a contrast pair (same family, different label) are meant to be close.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from training_data.records import Record
from training_data.splits import split_of

SHINGLE = 3
"""Words of one shingle."""
MOST_SHARED = 0.5
"""Share of the shorter post's shingles above which two posts count as near-duplicates."""
SHORT_WORDS = 8
"""Posts up to this many words hold too few shingles, and are compared by letters as well."""
LETTERS = 4
MOST_SHORT_OVERLAP = 0.6
"""Jaccard overlap of letter groups above which two short posts count as near-duplicates."""


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two posts that are too close."""

    first: str
    second: str
    overlap: float
    crosses_splits: bool
    is_pair: bool
    """Two sides of a contrast pair: allowed."""


def near_duplicates(records: Sequence[Record]) -> list[NearDuplicate]:
    """List every pair of posts that is identical after normalising, or nearly so."""
    words = [normalise(record.text).split() for record in records]
    overlaps: dict[tuple[int, int], float] = {}
    for pair, overlap in [*_by_shingles(words), *_by_letters(words)]:
        overlaps[pair] = max(overlap, overlaps.get(pair, 0.0))
    return [_judge(records[a], records[b], overlap) for (a, b), overlap in sorted(overlaps.items())]


def normalise(text: str) -> str:
    """Fold a text to small letters, digits and single spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’\u0300-\u036f]", "", plain)).strip()


def _by_shingles(words: Sequence[list[str]]) -> Iterator[tuple[tuple[int, int], float]]:
    shingles = [
        {tuple(each[start : start + SHINGLE]) for start in range(max(1, len(each) - SHINGLE + 1))} for each in words
    ]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, own in enumerate(shingles):
        for shingle in own:
            holders[shingle].append(index)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for indices in holders.values():
        for pair in combinations(indices, 2):
            shared[pair] += 1
    for (a, b), count in shared.items():
        overlap = count / min(len(shingles[a]), len(shingles[b]))
        # Two very short posts may share their only shingle by chance; letters judge those.
        if overlap > MOST_SHARED and min(len(shingles[a]), len(shingles[b])) > SHINGLE:
            yield (a, b), overlap


def _by_letters(words: Sequence[list[str]]) -> Iterator[tuple[tuple[int, int], float]]:
    short = [(index, _letter_groups(" ".join(each))) for index, each in enumerate(words) if len(each) <= SHORT_WORDS]
    for (a, own), (b, other) in combinations(short, 2):
        if own == other:
            yield (a, b), 1.0
        elif own and other and (overlap := len(own & other) / len(own | other)) > MOST_SHORT_OVERLAP:
            yield (a, b), overlap


def _letter_groups(text: str) -> set[str]:
    return {text[start : start + LETTERS] for start in range(max(1, len(text) - LETTERS + 1))}


def _judge(first: Record, second: Record, overlap: float) -> NearDuplicate:
    labels = [(each.flagged, each.urgency, each.experiencer, each.status, each.concerns) for each in (first, second)]
    # A reply may use the same few words under another context, and mean something else.
    is_pair = first.family == second.family and (labels[0] != labels[1] or first.context != second.context)
    return NearDuplicate(
        first=first.id,
        second=second.id,
        overlap=round(overlap, 2),
        crosses_splits=split_of(author=first.author, family=first.family)
        is not split_of(author=second.author, family=second.family),
        is_pair=is_pair,
    )
