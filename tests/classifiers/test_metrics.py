"""The figures of triage against tables worked out by hand and published values."""

import numpy as np
import pytest

from bot.core.assessments import Urgency
from classifiers import metrics
from classifiers.examples import PairKind
from classifiers.metrics import Side

TRUTH = np.array([0, 0, 0, 0, 1, 1, 2, 2, 3, 3])
GRADED = np.array([0, 0, 1, 3, 1, 0, 2, 3, 3, 1])


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        pytest.param(0, 10, 0.0, 0.3085, id="none of ten"),
        pytest.param(10, 10, 0.6915, 1.0, id="ten of ten"),
        pytest.param(5, 10, 0.1871, 0.8129, id="half of ten"),
        pytest.param(98, 100, 0.9296, 0.9976, id="98 of 100"),
        pytest.param(1, 20, 0.0013, 0.2487, id="one of twenty"),
    ],
)
def test_the_exact_interval_agrees_with_published_tables(hits: int, total: int, low: float, high: float) -> None:
    """Clopper-Pearson values as statistics packages print them."""
    assert metrics.clopper_pearson(hits, total) == pytest.approx((low, high), abs=1e-4)


def test_the_exact_interval_agrees_with_the_beta_quantiles() -> None:
    """The bounds are quantiles of beta distributions (Clopper and Pearson 1934)."""
    from scipy.stats import beta

    for hits, total in [(3, 17), (290, 301), (1, 400)]:
        expected = beta.ppf(0.025, hits, total - hits + 1), beta.ppf(0.975, hits + 1, total - hits)
        assert metrics.clopper_pearson(hits, total) == pytest.approx(expected, abs=1e-9)


def test_an_impossible_proportion_is_refused() -> None:
    """More hits than posts is a mistake of the caller."""
    with pytest.raises(ValueError, match="11 hits of 10"):
        metrics.clopper_pearson(11, 10)


def test_the_confusion_matrix_counts_labelled_rows_and_graded_columns() -> None:
    """Ten posts, counted by hand."""
    expected = [[2, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1]]
    assert metrics.confusion(GRADED, TRUTH).tolist() == expected


def test_macro_f1_leaves_the_routine_level_out() -> None:
    """By hand: soon 2·1/(3+2), same day 2·1/(1+2), emergency 2·1/(3+2)."""
    assert metrics.macro_f1(GRADED, TRUTH) == pytest.approx((2 / 5 + 2 / 3 + 2 / 5) / 3)


def test_under_triage_and_safety_count_the_non_routine_posts() -> None:
    """Of six, a soon post was lost and an emergency fell two levels: four right, five within one."""
    under, safe = metrics.under_triaged(GRADED, TRUTH), metrics.safe_within_one(GRADED, TRUTH)
    assert (under.hits, under.total) == (2, 6)
    assert (safe.hits, safe.total) == (5, 6)


@pytest.mark.parametrize(
    ("sensitivity", "false_alarms", "prevalence", "expected"),
    [
        pytest.param(0.9, 0.009, 0.02, 0.018 / (0.018 + 0.00882), id="two percent"),
        pytest.param(1.0, 0.0, 0.005, 1.0, id="no false alarm"),
        pytest.param(0.0, 0.0, 0.02, 0.0, id="nothing alerted"),
    ],
)
def test_alert_precision_follows_bayes(
    sensitivity: float, false_alarms: float, prevalence: float, expected: float
) -> None:
    """Precision at a prevalence that the file does not have."""
    assert metrics.alert_precision(sensitivity, false_alarms, prevalence=prevalence) == pytest.approx(expected)


def test_calibration_error_weighs_equal_bins() -> None:
    """Two bins of two: gaps of |0.15 - 0| and |0.85 - 0.5|."""
    p, truth = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, False])
    assert metrics.calibration_error(p, truth, bins=2) == pytest.approx((0.15 + 0.35) / 2)


def test_the_bootstrap_resamples_whole_families() -> None:
    """One family of equal posts leaves nothing to vary; many families do."""
    values = np.array([0.0, 1.0] * 20)
    alone = metrics.bootstrap(lambda rows: float(values[rows].mean()), ["same"] * 40, rounds=50)
    apart = metrics.bootstrap(lambda rows: float(values[rows].mean()), [str(row) for row in range(40)], rounds=200)
    assert (alone.low, alone.high) == (0.5, 0.5)
    assert apart.low is not None
    assert apart.high is not None
    assert apart.low < 0.45 < 0.55 < apart.high


def side(labelled: Urgency, said: Urgency) -> Side:
    """A side of a pair by its two urgencies."""
    return Side(flagged=labelled > 0, urgency=labelled, said_flagged=said > 0, said_urgency=said)


R, S, D, E = Urgency


@pytest.mark.parametrize(
    ("kind", "a", "b", "right"),
    [
        pytest.param(PairKind.CONTRAST, (R, R), (D, D), True, id="contrast read as labelled"),
        pytest.param(PairKind.CONTRAST, (R, R), (D, S), True, id="contrast graded lower but in the right direction"),
        pytest.param(PairKind.CONTRAST, (R, S), (D, D), False, id="contrast with a false alarm"),
        pytest.param(PairKind.CONTRAST, (S, D), (E, D), False, id="contrast between levels not seen"),
        pytest.param(PairKind.INVARIANCE, (D, D), (D, D), True, id="invariance kept"),
        pytest.param(PairKind.INVARIANCE, (D, D), (D, E), False, id="invariance broken in urgency"),
        pytest.param(PairKind.DIRECTIONAL, (S, D), (E, D), True, id="direction not reversed"),
        pytest.param(PairKind.DIRECTIONAL, (S, E), (E, D), False, id="direction reversed"),
    ],
)
def test_a_pair_is_judged_by_its_kind(
    kind: PairKind, a: tuple[Urgency, Urgency], b: tuple[Urgency, Urgency], right: bool
) -> None:
    """Each side as (labelled, read)."""
    assert metrics.pair_is_right(kind, side(*a), side(*b)) is right
