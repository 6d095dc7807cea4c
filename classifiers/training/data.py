"""The training data as the network wants it: splits, windows, class weights, and the order of each epoch.

Checks nothing about the corpus; `training_data` does. Every random choice follows from seed and epoch alone, so that an
interrupted run resumes exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.encoding import Encoding, Ints, Reading, Window
from classifiers.examples import CHAT, Example, load_split
from classifiers.labels import BINARY, Floats

POOL = 8
"""Batches are cut from pools of this many batches, sorted by length: little padding, still mixed."""
PART_TOKENS = 1536
"""Tokens that go through the network at once: larger tensors are handed back to the system and faulted in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The corpus, cut by family and author, with the hash that names its exact content."""

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    calibration: tuple[Example, ...]
    test: tuple[Example, ...]
    corpus_hash: str


def load_splits() -> Splits:
    """Load the project's corpus."""
    from training_data.corpus import corpus_hash

    train, dev, calibration, test = (tuple(load_split(name)) for name in ("train", "dev", "calibration", "test"))
    return Splits(train=train, dev=dev, calibration=calibration, test=test, corpus_hash=corpus_hash())


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Shares of an epoch's posts that are read in another dress; labels stay as the handbook would give them."""

    bury: float
    """Joined with an ordinary chat post, before or after: the label is the graver of the two."""
    drop_context: float
    """Read without context, only where the label does not lean on it (posts of more than 20 words)."""


def epoch_readings(examples: Sequence[Example], *, augmentation: Augmentation, seed: int, epoch: int) -> list[Reading]:
    """Choose how each example is read in this epoch; same seed and epoch, same choice."""
    random = np.random.default_rng([seed, epoch, 1])
    chat = [example.text for example in examples if example.kind == CHAT and not example.tags]
    readings = []
    for example in examples:
        text, context = example.text, example.context
        if context and len(text.split()) > 20 and random.random() < augmentation.drop_context:
            context = ()
        if chat and random.random() < augmentation.bury:
            other = chat[int(random.integers(len(chat)))]
            text = f"{other}\n{text}" if random.random() < 0.5 else f"{text}\n{other}"
        readings.append(Reading(text, context))
    return readings


def epoch_batches(windows: Sequence[Sequence[Window]], *, size: int, seed: int, epoch: int) -> Iterator[Ints]:
    """Yield index arrays of about `size` posts of similar length, in an order fixed by seed and epoch."""
    random = np.random.default_rng([seed, epoch, 2])
    order = random.permutation(len(windows))
    lengths = np.array([sum(len(window.ids) for window in each) for each in windows])
    cut: list[Ints] = []
    for start in range(0, len(order), size * POOL):
        pool = order[start : start + size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        cut.extend(pool[first : first + size] for first in range(0, len(pool), size))
    for index in random.permutation(len(cut)):
        yield cut[index]


def parts_of(rows: Ints, windows: Sequence[Sequence[Window]]) -> Iterator[Ints]:
    """Cut a batch into parts of at most `PART_TOKENS` padded tokens (or one post), in its order."""
    part: list[int] = []
    lines = longest = 0
    for row in rows:
        own, length = len(windows[row]), max(len(window.ids) for window in windows[row])
        if part and (lines + own) * max(longest, length) > PART_TOKENS:
            yield np.array(part)
            part, lines, longest = [], 0, 0
        part.append(int(row))
        lines, longest = lines + own, max(longest, length)
    yield np.array(part)


def count_batches(examples: int, *, size: int) -> int:
    """Count the batches of one epoch."""
    whole, rest = divmod(examples, size * POOL)
    return whole * POOL + -(-rest // size)


def targets_of(examples: Sequence[Example]) -> Floats:
    """Stack the examples' target rows, shape (n, 15)."""
    return np.stack([example.targets() for example in examples])


def positive_weights(targets: Floats, *, most: float = 6.0) -> Floats:
    """Weigh the positives of each yes/no column by the root of their rarity, between 1 and `most`.

    The root, not the full ratio: the full one pushes rare columns (crisis) into constant false alarms on few examples.
    """
    positive = targets[:, BINARY].sum(axis=0)
    ratio = (len(targets) - positive) / np.maximum(positive, 1.0)
    return np.asarray(np.clip(np.sqrt(ratio), 1.0, most))


def plain_windows(encoding: Encoding, examples: Sequence[Example]) -> list[list[Window]]:
    """Cut the examples as serving would read them."""
    return encoding.windows([Reading(example.text, example.context) for example in examples])
