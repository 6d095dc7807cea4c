"""Asks whether the label can be guessed from style alone: length, punctuation, first words. It should not be.

Reads no meaning. A model that finds such a short cut looks good here and fails in a real channel.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training_data.duplicates import normalise
from training_data.records import Record

BOUND = 0.70
"""Balanced accuracy that a probe may reach at most; 0.5 is chance."""
_MARKS = ".,!?;:'\"()-…\n"
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")


def probe_all(records: Sequence[Record]) -> dict[str, float]:
    """Measure each probe's balanced accuracy at telling flagged from not flagged, cross-validated by family."""
    return {name: probe(records, features) for name, features in PROBES.items()}


def probe(records: Sequence[Record], features: Callable[[Record], dict[str, float]]) -> float:
    """Fit shallow models on the features of style; return the better one's balanced accuracy (5 folds by family)."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    labels: npt.NDArray[np.bool_] = np.array([record.flagged for record in records])
    rows = [features(record) for record in records]
    groups = [record.family for record in records]
    models: list[Any] = [
        make_pipeline(
            DictVectorizer(),
            StandardScaler(with_mean=False),
            LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000),
        ),
        make_pipeline(DictVectorizer(), DecisionTreeClassifier(max_depth=4, class_weight="balanced", random_state=0)),
    ]
    guesses = [cross_val_predict(model, rows, labels, groups=groups, cv=GroupKFold(5)) for model in models]
    return max(float(balanced_accuracy_score(labels, guess)) for guess in guesses)


def length(record: Record) -> dict[str, float]:
    """Characters, words, lines and context posts."""
    words = record.text.split()
    return {
        "characters": len(record.text),
        "words": len(words),
        "letters_per_word": len(record.text) / max(1, len(words)),
        "lines": record.text.count("\n"),
        "context": len(record.context),
    }


def punctuation(record: Record) -> dict[str, float]:
    """Marks, capitals, digits and emoji per character, and how the post ends."""
    size = len(record.text)
    shares = {f"share_{mark!r}": record.text.count(mark) / size for mark in _MARKS}
    return shares | {
        "capitals": sum(character.isupper() for character in record.text) / size,
        "digits": sum(character.isdigit() for character in record.text) / size,
        "emoji": float(len(_EMOJI.findall(record.text))),
        "begins_small": float(record.text[0].islower()),
        f"ends_{record.text.rstrip()[-1]!r}": 1.0,
    }


def first_words(record: Record) -> dict[str, float]:
    """The first three words, each with its place, and the first two together."""
    words = normalise(record.text).split()[:3]
    return {f"{place}:{word}": 1.0 for place, word in enumerate(words)} | {" ".join(words[:2]): 1.0}


PROBES: dict[str, Callable[[Record], dict[str, float]]] = {
    "length": length,
    "punctuation": punctuation,
    "first_words": first_words,
}


def distinct_openings(records: Sequence[Record]) -> float:
    """Share of posts of at least six words whose first four words nobody else uses."""
    openings = [tuple(words[:4]) for record in records if len(words := normalise(record.text).split()) >= 6]
    return len(set(openings)) / len(openings)


def type_token_ratio(records: Sequence[Record]) -> float:
    """Different words over all words, averaged over windows of 1,000 words so that size does not matter."""
    words = [word for record in records for word in normalise(record.text).split()]
    windows = [words[start : start + 1000] for start in range(0, max(1, len(words) - 999), 1000)]
    return float(np.mean([len(set(window)) / len(window) for window in windows]))
