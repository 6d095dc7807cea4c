"""Two simple classifiers to be beaten: a keyword rule, and TF-IDF with logistic regression on our training split.

Their thresholds are set on the evaluated posts themselves, to the urgent recall that the model reached there: that
favours the baselines. Needs scikit-learn (the `train` extra).
"""

from collections.abc import Sequence

import numpy as np

from bot.core.errors import ModelError
from classifiers import metrics
from classifiers.evaluate_report import Line
from classifiers.examples import Example, families_of, load_split
from classifiers.labels import Floats
from classifiers.metrics import Rows

KEYWORDS = (
    "bleed", "blood", "bruis", "purple", "platelet", "itp", "numb", "tingl", "weak", "blur", "vision", "pain",
    "dizz", "fever", "temperature", "rash", "swoll", "swell", "breath", "chest", "heart", "headache", "neck", "stroke",
    "relapse", "flare", "thyroid", "graves", "kidney", "wee", "pee", "urine", "liver", "jaundice", "yellow",
    "infection", "pregnan", "suicid", "kill", "die", "overdose", "a&e", "hospital", "emergency",
    "collapse", "seizure", "faint",
)  # fmt: skip
"""Word beginnings that a moderator would type into an ordinary word filter."""


def baseline_lines(posts: Sequence[Example], *, urgent_hits: int) -> list[Line]:
    """Measure both baselines where they flag at least as many urgent posts as the model did."""
    lines = []
    for name, scores in (
        ("keyword rule", keyword_scores(posts)),
        ("TF-IDF + logistic regression", tfidf_scores(posts)),
    ):
        lines.extend(_lines(name, scores, posts, urgent_hits=urgent_hits))
    return lines


def keyword_scores(posts: Sequence[Example]) -> Floats:
    """Count the keywords that occur in each post."""
    lowered = [post.text.lower() for post in posts]
    return np.array([sum(word in text for word in KEYWORDS) for text in lowered], dtype=np.float64)


def tfidf_scores(posts: Sequence[Example]) -> Floats:
    """Score each post by a logistic regression over words and word pairs, trained on the training split."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
    except ImportError as wrong:
        raise ModelError(f"scikit-learn is missing ({wrong}); the baselines need it: pip install '.[train]'") from wrong
    train = load_split("train")
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000),
    )
    model.fit([example.text for example in train], [example.flagged for example in train])
    return np.asarray(model.predict_proba([post.text for post in posts])[:, 1], dtype=np.float64)


def _lines(name: str, scores: Floats, posts: Sequence[Example], *, urgent_hits: int) -> list[Line]:
    flagged = np.array([post.flagged for post in posts])
    urgent = np.array([post.urgent for post in posts])
    said = scores >= _line_for(scores[urgent], hits=urgent_hits)
    families = families_of(posts)

    def f1(rows: Rows) -> float:
        return metrics.f1_score(said[rows], flagged[rows])

    def precision(rows: Rows) -> float:
        truth, alarm = flagged[rows], said[rows]
        if truth.all() or not truth.any():
            return float("nan")
        return metrics.alert_precision(float(alarm[truth].mean()), float(alarm[~truth].mean()), prevalence=0.02)

    return [
        Line(name=f"{name}: urgent recall", interval=metrics.proportion(said, urgent).interval()),
        Line(name=f"{name}: false alarms", interval=metrics.proportion(said, ~flagged).interval()),
        Line(name=f"{name}: flagged F1", interval=metrics.bootstrap(f1, families)),
        Line(name=f"{name}: alert precision at 2 %", interval=metrics.bootstrap(precision, families)),
    ]


def _line_for(urgent_scores: Floats, *, hits: int) -> float:
    """The highest line at or above which at least `hits` urgent posts lie."""
    ordered = np.sort(urgent_scores)[::-1]
    if not len(ordered):
        return float("inf")
    return float(ordered[max(0, min(hits, len(ordered)) - 1)])
