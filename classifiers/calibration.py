"""Turns the encoder's raw logits into probabilities that mean what they say, fitted on the calibration split.

Yes/no heads get Platt scaling (a slope and an offset each), the two softmax heads one temperature each. Order within a
head never changes by it; choosing thresholds is `thresholds`' work.
"""

from dataclasses import dataclass

import numpy as np

from classifiers.labels import BINARY, COLUMNS, SOFTMAX, WIDTH, Floats, Head

_TEMPERATURES = np.exp(np.linspace(np.log(0.25), np.log(8.0), 200))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Slope and offset of each yes/no column, temperature of each softmax head."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    temperatures: dict[str, float]

    @classmethod
    def identity(cls) -> "Calibration":
        """Leave probabilities as the encoder gives them."""
        width = BINARY.stop
        return cls(slopes=(1.0,) * width, offsets=(0.0,) * width, temperatures={head.value: 1.0 for head in SOFTMAX})

    def apply(self, logits: Floats) -> Floats:
        """Turn logits of shape (n, 15) into probabilities of the same shape.

        The urgency columns are made to fall from step to step, as "at least same day" implies "at least soon".
        """
        out = np.empty((len(logits), WIDTH))
        scaled = logits[:, BINARY] * np.asarray(self.slopes) + np.asarray(self.offsets)
        out[:, BINARY] = sigmoid(scaled)
        steps = COLUMNS[Head.URGENCY]
        out[:, steps] = np.minimum.accumulate(out[:, steps], axis=1)
        for head in SOFTMAX:
            out[:, COLUMNS[head]] = softmax(logits[:, COLUMNS[head]] / self.temperatures[head.value])
        return out


def fit(logits: Floats, targets: Floats) -> Calibration:
    """Fit every head on the calibration split; both arrays have shape (n, 15)."""
    lines = [platt(logits[:, column], targets[:, column]) for column in range(BINARY.stop)]
    return Calibration(
        slopes=tuple(slope for slope, _ in lines),
        offsets=tuple(offset for _, offset in lines),
        temperatures={head.value: temperature(logits[:, COLUMNS[head]], targets[:, COLUMNS[head]]) for head in SOFTMAX},
    )


def platt(logits: Floats, targets: Floats, *, rounds: int = 50) -> tuple[float, float]:
    """Fit slope and offset by Newton's method on the log loss, with Platt's smoothed targets (Platt 1999).

    The slope is kept above 0.05, so that calibration never reverses an order. Columns that hold a single class cannot
    be fitted and keep their logits.
    """
    positive = float(targets.sum())
    negative = len(targets) - positive
    if min(positive, negative) < 3:
        return 1.0, 0.0
    smoothed = np.where(targets > 0.5, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.column_stack([logits, np.ones_like(logits)])
    weights = np.array([1.0, 0.0])
    start = np.array([1.0, 0.0])
    # A weak pull towards the identity keeps separable data from sending the slope to infinity.
    pull = np.array([0.1, 0.01])

    def loss(at: Floats) -> float:
        z = design @ at
        return float((np.logaddexp(0.0, z) - smoothed * z).sum() + (pull * (at - start) ** 2).sum() / 2)

    for _ in range(rounds):
        p = sigmoid(design @ weights)
        gradient = design.T @ (p - smoothed) + pull * (weights - start)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(hessian, gradient)
        # Far from the optimum a full Newton step can overshoot: halve it until the loss falls.
        while loss(weights - step) > loss(weights) and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return max(0.05, float(weights[0])), float(weights[1])


def temperature(logits: Floats, targets: Floats) -> float:
    """Find the temperature with the least log loss on a fixed grid from 0.25 to 8."""
    losses = [-np.log(softmax(logits / each)[targets > 0.5] + 1e-12).mean() for each in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def sigmoid(x: Floats) -> Floats:
    """The logistic function, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), dtype=np.float64)


def softmax(x: Floats) -> Floats:
    """Normalise the last axis to probabilities."""
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float64)
