"""A tiny version, really trained: the real base model, a dozen steps, sixty invented posts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from classifiers.assessor import ModelAssessor
from classifiers.examples import Example, load_split
from classifiers.training.data import Splits
from classifiers.training.options import TrainOptions
from classifiers.training.train import train_on


def pick(split: str, *, flagged: int, harmless: int) -> tuple[Example, ...]:
    """Take the first short posts of a split, of both kinds."""
    short = [example for example in load_split(split) if len(example.text) < 300]
    chosen = [each for each in short if each.flagged][:flagged] + [each for each in short if not each.flagged][
        :harmless
    ]
    return tuple(chosen)


@pytest.fixture(scope="session")
def tiny_splits() -> Splits:
    """Sixty posts to train on, and a few for each other split."""
    held_out = pick("dev", flagged=12, harmless=12)
    return Splits(
        train=pick("train", flagged=30, harmless=30),
        dev=held_out,
        calibration=pick("calibration", flagged=20, harmless=20),
        test=held_out,
        corpus_hash="tiny",
    )


@pytest.fixture(scope="session")
def tiny_options(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainOptions]:
    """Options of a run of four epochs of three steps, in folders of their own."""
    base = tmp_path_factory.mktemp("training")

    def build(name: str, *, epochs: int = 4) -> TrainOptions:
        return TrainOptions(
            name="2026.01.0",
            epochs=epochs,
            batch_size=20,
            encoder_rate=2e-4,
            keep_checkpoint=True,
            runs=base / name / "runs",
            models=base / name / "models",
        )

    return build


@pytest.fixture(scope="session")
def tiny_version(tiny_splits: Splits, tiny_options: Callable[..., TrainOptions]) -> Path:
    """The folder of the tiny version."""
    return train_on(tiny_splits, tiny_options("tiny"), console=Console(quiet=True))


@pytest.fixture(scope="session")
def assessor(tiny_version: Path) -> ModelAssessor:
    """The tiny version, ready to read."""
    return ModelAssessor.load(tiny_version)
