"""Cuts the corpus into train, dev, calibration and test, by author and by scenario, the same way every time.

Draws no random numbers: a family's place follows from its name alone, so that adding posts moves no older ones.
"""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum

from training_data.records import Record

TEST_AUTHORS = frozenset({"lantern", "saltmarsh"})
"""Authors whose briefs and voices training never sees (handbook, section 2, `author`)."""
DEV_SHARE = 0.08
CALIBRATION_SHARE = 0.12


class Split(StrEnum):
    """The four parts, and what each may be used for."""

    TRAIN = "train"
    DEV = "dev"
    """Choosing the epoch and the settings of training."""
    CALIBRATION = "calibration"
    """Fitting probabilities and thresholds."""
    TEST = "test"
    """Reporting; nothing is chosen on it."""


def split_of(*, author: str, family: str) -> Split:
    """Name the split of a scenario; every post of a family gets the same one."""
    if author in TEST_AUTHORS:
        return Split.TEST
    place = int.from_bytes(hashlib.sha256(family.encode()).digest()[:8]) / 2**64
    if place < DEV_SHARE:
        return Split.DEV
    return Split.CALIBRATION if place < DEV_SHARE + CALIBRATION_SHARE else Split.TRAIN


def cut(records: Iterable[Record]) -> Mapping[Split, tuple[Record, ...]]:
    """Cut records into the four splits, keeping their order."""
    parts: dict[Split, list[Record]] = {split: [] for split in Split}
    for record in records:
        parts[split_of(author=record.author, family=record.family)].append(record)
    return {split: tuple(part) for split, part in parts.items()}
