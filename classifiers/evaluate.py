"""Measures a model version on labelled files, against the targets of the project's plan.

Draws no conclusions beyond "reached" or "not reached", trains nothing (the baselines aside), and changes no file.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.core.assessments import Assessment
from classifiers import metrics
from classifiers.assessor import ModelAssessor
from classifiers.encoding import Reading
from classifiers.evaluate_figures import Measured, encoder_lines, pair_lines, plain_lines, target_lines
from classifiers.evaluate_report import Line, Miss, Report
from classifiers.examples import Example, Pair, read_labelled
from classifiers.metrics import Side


def evaluate(
    files: Sequence[Path], *, baselines: bool = False, directory: Path | None = None, show_texts: bool = True
) -> Report:
    """Measure the version in use (or the one in `directory`) on files of posts, of pairs, or of both.

    `CorpusError` names every bad line of the files, `ModelError` what is wrong with the version.
    """
    read = [read_labelled(path) for path in files]
    posts = [post for each in read for post in each.posts]
    pairs = [pair for each in read for pair in each.pairs]
    assessor = ModelAssessor.load(directory)
    sources = [each.path.name for each in read]
    report = measure(assessor, posts=posts, pairs=pairs, sources=sources, show_texts=show_texts)
    if not baselines or not posts:
        return report
    # Imported here because it needs scikit-learn, which serving does not install.
    from classifiers.baselines import baseline_lines

    flagged_urgent = report.urgent - len(report.misses)
    return replace(report, baselines=tuple(baseline_lines(posts, urgent_hits=flagged_urgent)))


def measure(
    assessor: ModelAssessor,
    *,
    posts: Sequence[Example],
    pairs: Sequence[Pair] = (),
    sources: Sequence[str] = (),
    show_texts: bool = False,
) -> Report:
    """Measure an assessor on labelled posts and pairs."""
    measured = _measure(assessor, posts) if posts else None
    lines = [*(target_lines(measured) if measured else ()), *(_pair_lines(assessor, pairs) if pairs else ())]
    further = [*plain_lines(measured), *encoder_lines(measured)] if measured else []
    return Report(
        model=assessor.stamps.model,
        rules=assessor.stamps.rules,
        sources=tuple(sources),
        posts=len(posts),
        urgent=sum(post.urgent for post in posts),
        pairs=len(pairs),
        targets=tuple(line for line in lines if line.target),
        figures=(*further, *(line for line in lines if not line.target)),
        confusion=metrics.confusion(measured.graded, measured.levels) if measured else None,
        misses=_misses(measured, show_texts=show_texts) if measured else (),
    )


def _measure(assessor: ModelAssessor, posts: Sequence[Example]) -> Measured:
    return Measured.of(posts, _read(assessor, posts), surely=assessor.thresholds.surely)


def _read(assessor: ModelAssessor, posts: Sequence[Example]) -> list[Assessment]:
    return assessor.read([Reading(post.text, post.context) for post in posts], evidence=False)


def _pair_lines(assessor: ModelAssessor, pairs: Sequence[Pair]) -> list[Line]:
    first, second = (_read(assessor, side) for side in ([pair.a for pair in pairs], [pair.b for pair in pairs]))
    right = [
        metrics.pair_is_right(pair.kind, _side(pair.a, a), _side(pair.b, b))
        for pair, a, b in zip(pairs, first, second, strict=True)
    ]
    return pair_lines(pairs, right)


def _side(example: Example, reading: Assessment) -> Side:
    return Side(
        flagged=example.flagged,
        urgency=example.urgency,
        said_flagged=reading.flagged,
        said_urgency=reading.urgency,
    )


def _misses(measured: Measured, *, show_texts: bool) -> tuple[Miss, ...]:
    return tuple(
        Miss(id=post.id, urgency=post.urgency, review=reading.review, text=post.text if show_texts else None)
        for post, reading in zip(measured.posts, measured.readings, strict=True)
        if post.urgent and not reading.flagged
    )
