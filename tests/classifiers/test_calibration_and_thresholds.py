"""Calibration and the lines drawn on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.assessments import Experiencer, Status, Urgency
from bot.core.errors import ModelError
from classifiers import calibration, metrics, thresholds
from classifiers.decoding import Thresholds, decode, join_windows
from classifiers.examples import Example
from classifiers.labels import BINARY, WIDTH

LINES = Thresholds(
    surely=0.5,
    surely_not=0.2,
    secondary_autoimmunity=0.5,
    relapse=0.5,
    other_urgent=0.5,
    same_day=0.5,
    emergency=0.5,
    crisis=0.5,
)
rows = st.lists(st.floats(-30, 30), min_size=WIDTH, max_size=WIDTH).map(np.array)


def test_platt_scaling_makes_overconfident_logits_honest() -> None:
    """Logits three times too large come back to their true slope."""
    random = np.random.default_rng(0)
    honest = random.normal(0, 2, 4000)
    truth = (random.random(4000) < calibration.sigmoid(honest)).astype(float)
    slope, offset = calibration.platt(honest * 3 + 1, truth)
    p = calibration.sigmoid(slope * (honest * 3 + 1) + offset)
    assert metrics.calibration_error(p, truth > 0.5) < 0.03


@pytest.mark.parametrize("truth", [np.zeros(8), np.ones(8)], ids=["none true", "all true"])
def test_a_column_of_one_class_keeps_its_logits(truth: np.ndarray) -> None:
    """Nothing can be learnt from a class that never occurs."""
    assert calibration.platt(np.linspace(-1, 1, 8), truth) == (1.0, 0.0)


def test_the_temperature_of_sharp_wrong_logits_is_high() -> None:
    """A head that is sure and often wrong is cooled down."""
    logits = np.tile([[9.0, 0.0, 0.0]], (30, 1))
    targets = np.eye(3)[[0] * 15 + [1] * 15]
    assert calibration.temperature(logits, targets) > 2


@given(rows)
def test_probabilities_are_probabilities_and_urgency_steps_fall(row: np.ndarray) -> None:
    """Whatever the encoder says, "at least emergency" is never likelier than "at least soon"."""
    p = calibration.Calibration.identity().apply(row[None, :])[0]
    assert ((p >= 0) & (p <= 1)).all()
    assert p[4] >= p[5] >= p[6]


@given(rows)
def test_the_invariant_of_the_handbook_holds_on_every_reading(row: np.ndarray) -> None:
    """Concerns exactly when not routine; then current, and about somebody; flagged and review exclude each other."""
    reading = decode(calibration.Calibration.identity().apply(row[None, :])[0], LINES)
    assert bool(reading.concerns) == reading.flagged == (reading.urgency is not Urgency.ROUTINE)
    assert not (reading.flagged and reading.review)
    if reading.flagged:
        assert reading.status is Status.CURRENT
        assert reading.experiencer is not Experiencer.GENERIC
    assert sum(reading.urgency_p.values()) == pytest.approx(1.0)


@given(st.lists(rows, min_size=1, max_size=5))
def test_joining_windows_never_lowers_a_sign(windows: list[np.ndarray]) -> None:
    """The most urgent window wins."""
    joined = join_windows(np.stack(windows))
    assert (joined[BINARY] >= np.stack(windows)[:, BINARY].max(axis=0)).all()


def test_the_surely_not_line_keeps_the_promised_miss_rate_on_fresh_posts() -> None:
    """Over many draws of 200 calibration posts, the mean miss rate of new posts stays within the bound."""
    random = np.random.default_rng(1)
    missed = []
    for _ in range(400):
        bound = thresholds.surely_not_bound(random.beta(5, 2, 200), most_missed=0.03)
        missed.append((random.beta(5, 2, 500) < bound.line).mean())
        assert bound.held <= 0.03
    # Three standard errors of the simulation itself.
    assert np.mean(missed) <= 0.03 + 3 * np.std(missed) / np.sqrt(len(missed))


def test_too_few_urgent_posts_give_the_bound_that_does_hold() -> None:
    """Nine posts promise one miss in ten, whatever was asked for; none may lie below the line."""
    scores = np.linspace(0.4, 0.9, 9)
    bound = thresholds.surely_not_bound(scores, most_missed=0.015)
    assert bound.line == pytest.approx(0.4)
    assert bound.held == pytest.approx(0.1)


def example(number: int, urgency: Urgency) -> Example:
    """A labelled post without words."""
    from bot.core.assessments import Concern

    grave = urgency is not Urgency.ROUTINE
    return Example(
        id=str(number),
        text="",
        context=(),
        concerns=frozenset({Concern.RELAPSE}) if grave else frozenset(),
        urgency=urgency,
        experiencer=Experiencer.SELF,
        status=Status.CURRENT,
        tags=frozenset(),
        family=str(number),
        author="test",
        kind="",
    )


def test_separable_posts_get_lines_between_their_classes() -> None:
    """Harmless posts near 0.1, soon near 0.6 and emergencies near 0.9 are all read as labelled."""
    levels = [Urgency.ROUTINE] * 60 + [Urgency.SOON] * 30 + [Urgency.SAME_DAY] * 30 + [Urgency.EMERGENCY] * 30
    examples = [example(number, level) for number, level in enumerate(levels)]
    p = np.stack([each.targets() * 0.8 + 0.1 for each in examples])
    choice = thresholds.choose(p, examples)
    assert [decode(row, choice.thresholds).urgency for row in p] == levels
    assert 0.1 < choice.thresholds.surely_not <= choice.thresholds.surely


def test_a_calibration_split_without_urgent_posts_is_refused() -> None:
    """No line can be drawn from nothing."""
    examples = [example(number, Urgency.ROUTINE) for number in range(10)]
    with pytest.raises(ModelError, match="holds 0 urgent and 10 harmless"):
        thresholds.choose(np.full((10, WIDTH), 0.1), examples)
