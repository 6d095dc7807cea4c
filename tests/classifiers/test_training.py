"""Training: seeded, resumable, and served by onnxruntime as torch left it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from bot.core.errors import ModelError
from classifiers.encoding import Encoding, Reading
from classifiers.labels import WIDTH, label_order
from classifiers.manifest import MOST_BYTES, TOKENIZER, WEIGHTS, load
from classifiers.runtime import OnnxEncoder, join_posts
from classifiers.training import base_model, data
from classifiers.training.fit import CHECKPOINT, fit, logits_of
from classifiers.training.options import TrainOptions

Options = Callable[..., TrainOptions]


def test_a_run_killed_between_epochs_resumes_to_the_same_weights(
    tiny_splits: data.Splits, tiny_options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two epochs, a kill, two more: bit for bit what four epochs give."""
    base = base_model.find_base_model()
    encoding = Encoding.load(base / TOKENIZER)
    few = data.Splits(train=tiny_splits.train[24:36], dev=(), calibration=(), test=(), corpus_hash="few")
    whole = fit(few, tiny_options("whole", epochs=2), base=base, encoding=encoding)
    epochs = data.epoch_readings

    def killed(*args: object, epoch: int, **options: object) -> list[Reading]:
        if epoch == 1:
            raise KeyboardInterrupt
        return epochs(*args, epoch=epoch, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(data, "epoch_readings", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(few, tiny_options("killed", epochs=2), base=base, encoding=encoding)
    monkeypatch.setattr(data, "epoch_readings", epochs)
    resumed = fit(few, tiny_options("killed", epochs=2), base=base, encoding=encoding)

    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


def test_a_checkpoint_of_another_corpus_is_refused(
    tiny_version: Path, tiny_splits: data.Splits, tiny_options: Options
) -> None:
    """Going on with other data would make a version that no manifest describes."""
    assert tiny_version.is_dir()
    other = data.Splits(train=tiny_splits.train, dev=(), calibration=(), test=(), corpus_hash="another")
    base = base_model.find_base_model()
    with pytest.raises(ModelError, match="other options or another corpus"):
        fit(other, tiny_options("tiny"), base=base, encoding=Encoding.load(base / TOKENIZER))


def test_the_served_logits_are_those_of_torch(
    tiny_version: Path, tiny_splits: data.Splits, tiny_options: Options
) -> None:
    """The finished run's checkpoint in torch, against the stored weights in onnxruntime."""
    base = base_model.find_base_model()
    encoding = Encoding.load(tiny_version / TOKENIZER)
    network = fit(tiny_splits, tiny_options("tiny"), base=base, encoding=encoding)
    windows = data.plain_windows(encoding, tiny_splits.dev)

    expected = logits_of(network, windows)
    served = OnnxEncoder(tiny_version / WEIGHTS).logits([window for each in windows for window in each])

    tolerance = 0.02 if load(tiny_version).precision == "fp16" else 0.5
    assert np.abs(join_posts(served, windows) - expected).max() < tolerance


def test_a_dozen_steps_already_learn_something(tiny_version: Path, tiny_splits: data.Splits) -> None:
    """Flagged training posts score higher than harmless ones."""
    encoding = Encoding.load(tiny_version / TOKENIZER)
    windows = data.plain_windows(encoding, tiny_splits.train)
    logits = OnnxEncoder(tiny_version / WEIGHTS).logits([window for each in windows for window in each])
    score = join_posts(logits, windows)[:, 0]
    flagged = np.array([example.flagged for example in tiny_splits.train])
    assert score[flagged].mean() > score[~flagged].mean() + 0.2


def test_a_version_is_small_enough_for_the_repository(tiny_version: Path) -> None:
    """At most 50 MB."""
    assert sum(path.stat().st_size for path in tiny_version.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("damage", ["missing", "another file"])
def test_other_base_weights_are_refused(tmp_path: Path, damage: str) -> None:
    """Only the published weights, byte for byte."""
    path = tmp_path / "model.safetensors"
    if damage == "another file":
        path.write_bytes(b"not the weights")
    with pytest.raises(ModelError, match="is missing" if damage == "missing" else "has sha256"):
        base_model.check_weights(path)


def test_every_column_of_the_heads_is_named() -> None:
    """The manifest's labels cover the row of logits."""
    assert sum(len(names) for names in label_order().values()) == WIDTH


def test_an_epoch_shows_every_post_once_in_an_order_of_its_own(tiny_version: Path, tiny_splits: data.Splits) -> None:
    """Same seed and epoch, same order; another epoch, another."""
    windows = data.plain_windows(Encoding.load(tiny_version / TOKENIZER), tiny_splits.train)
    first, again, later = (
        np.concatenate(list(data.epoch_batches(windows, size=7, seed=1, epoch=epoch))) for epoch in (0, 0, 1)
    )
    assert sorted(first) == list(range(len(windows)))
    assert first.tolist() == again.tolist() != later.tolist()
    assert len(list(data.epoch_batches(windows, size=7, seed=1, epoch=0))) == data.count_batches(len(windows), size=7)


def test_a_moved_tokenizer_is_a_sentence(tiny_version: Path, tmp_path: Path) -> None:
    """A damaged tokenizer file is refused like any other."""
    shutil.copyfile(tiny_version / WEIGHTS, tmp_path / TOKENIZER)
    with pytest.raises(ModelError, match="cannot be read as a tokenizer"):
        Encoding.load(tmp_path / TOKENIZER)


def test_the_checkpoint_lies_in_the_run_folder(tiny_version: Path, tiny_options: Options) -> None:
    """Where a killed run is taken up again."""
    assert tiny_version.is_dir()
    assert (tiny_options("tiny").folder / CHECKPOINT).is_file()
