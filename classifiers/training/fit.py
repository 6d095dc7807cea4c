"""The training loop: seeded, with a checkpoint after each epoch, so that a killed run resumes to the same weights.

Calibrates and exports nothing; `train` does that with what comes out of here.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bot.core.errors import ModelError
from classifiers.encoding import Encoding, Ints, Window, batches, pad
from classifiers.labels import WIDTH, Floats
from classifiers.runtime import join_posts
from classifiers.training import data
from classifiers.training.base_model import load_base_encoder
from classifiers.training.network import TriageNetwork, join_windows, loss_of
from classifiers.training.options import TrainOptions

CHECKPOINT = "checkpoint.pt"


def build_network(base: Path, options: TrainOptions) -> TriageNetwork:
    """Build the network on the base weights; the new layers follow from the seed."""
    torch.manual_seed(options.seed)
    network = TriageNetwork(load_base_encoder(base, dropout=options.dropout), dropout=options.head_dropout)
    if options.freeze_embeddings:
        network.encoder.embeddings.word_embeddings.weight.requires_grad = False
    return network


def resolve_arithmetic(options: TrainOptions) -> str:
    """Name the arithmetic that this machine will use; `ModelError` for an unknown name."""
    if options.arithmetic == "auto":
        return "bf16" if torch.cpu.get_capabilities().get("amx_bf16") else "fp32"
    if options.arithmetic not in {"fp32", "bf16"}:
        raise ModelError(f"arithmetic is {options.arithmetic!r}; expected 'auto', 'fp32' or 'bf16'")
    return options.arithmetic


def fit(splits: data.Splits, options: TrainOptions, *, base: Path, encoding: Encoding) -> TriageNetwork:
    """Train, or go on from the checkpoint of an interrupted run with the same options and corpus."""
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    # Filling fresh memory guards against reading it unset, which nothing here does, and costs a tenth of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    run = _Run(splits, options, base=base, encoding=encoding)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("loss {task.fields[loss]:.3f}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn()) as progress:
        task = progress.add_task(
            "training", total=run.per_epoch * options.epochs, completed=run.per_epoch * run.done, loss=float("nan")
        )
        for epoch in range(run.done, options.epochs):
            progress.update(task, description=f"epoch {epoch + 1} of {options.epochs}")
            for loss in run.train_epoch(epoch):
                progress.update(task, advance=1, loss=loss)
            run.save(epoch + 1)
    run.network.eval()
    return run.network


class _Run:
    """One training run: the network, its optimizer, and the checkpoint that both go to."""

    def __init__(self, splits: data.Splits, options: TrainOptions, *, base: Path, encoding: Encoding) -> None:
        self._examples, self._options, self._encoding = splits.train, options, encoding
        self._path = options.folder / CHECKPOINT
        self._half = resolve_arithmetic(options) == "bf16"
        self._fingerprint = {"flags": options.flags(), "half": self._half, "corpus": splits.corpus_hash}
        self.network = build_network(base, options)
        self._optimizer = _optimizer(self.network, options)
        targets = data.targets_of(splits.train)
        self._targets = torch.tensor(targets, dtype=torch.float32)
        self._weights = torch.tensor(data.positive_weights(targets), dtype=torch.float32)
        self.per_epoch = data.count_batches(len(splits.train), size=options.batch_size)
        self.done = self._resume()

    def train_epoch(self, epoch: int) -> Iterator[float]:
        """Train one epoch; yields the loss of each step. Nothing but seed and epoch decides what happens."""
        options = self._options
        torch.manual_seed(options.seed * 1000 + epoch)
        augmentation = data.Augmentation(bury=options.bury, drop_context=options.drop_context)
        readings = data.epoch_readings(self._examples, augmentation=augmentation, seed=options.seed, epoch=epoch)
        windows = self._encoding.windows(readings)
        self.network.train()
        order = data.epoch_batches(windows, size=options.batch_size, seed=options.seed, epoch=epoch)
        for number, rows in enumerate(order):
            self._optimizer.zero_grad(set_to_none=True)
            loss = sum(self._learn(part, windows, share=len(part) / len(rows)) for part in data.parts_of(rows, windows))
            self._step(share=(epoch + number / self.per_epoch) / options.epochs)
            yield loss

    def _learn(self, rows: Ints, windows: Sequence[Sequence[Window]], *, share: float) -> float:
        """Add the gradient of some posts of a batch; `share` is their part of it. Returns their part of the loss."""
        flat = [window for row in rows for window in windows[row]]
        owners = torch.tensor([post for post, row in enumerate(rows) for _ in windows[row]])
        batch = pad(flat, range(len(flat)))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
            logits = self.network(*(torch.from_numpy(each) for each in (batch.ids, batch.mask, batch.segments)))
        joined = join_windows(logits.float(), owners, posts=len(rows))
        loss = share * loss_of(
            joined,
            self._targets[torch.from_numpy(rows)],
            positive_weights=self._weights,
            softmax_weight=self._options.softmax_weight,
        )
        torch.autograd.backward(loss)
        return loss.item()

    def _step(self, *, share: float) -> None:
        """Warm up, then fall linearly to zero; `share` is the part of the run that is done."""
        scale = min(share / self._options.warm_up, 1.0, (1.0 - share) / (1.0 - self._options.warm_up))
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * max(scale, 1e-3)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()

    def save(self, done: int) -> None:
        """Write the checkpoint whole, or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".part")
        state = {"network": self.network.state_dict(), "optimizer": self._optimizer.state_dict()}
        torch.save({**state, "done": done, "fingerprint": self._fingerprint}, temporary)
        os.replace(temporary, self._path)

    def _resume(self) -> int:
        if not self._path.is_file():
            return 0
        state: dict[str, Any] = torch.load(self._path, weights_only=True)
        if state["fingerprint"] != self._fingerprint:
            raise ModelError(
                f"{self._path} was written with other options or another corpus; expected those of this run: "
                "choose another name, or delete the folder to start afresh"
            )
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        return int(state["done"])


def _optimizer(network: TriageNetwork, options: TrainOptions) -> torch.optim.AdamW:
    encoder = [each for each in network.encoder.parameters() if each.requires_grad]
    known = {id(each) for each in network.encoder.parameters()}
    new = [each for each in network.parameters() if id(each) not in known]
    groups = [
        {"params": encoder, "peak": options.encoder_rate, "lr": options.encoder_rate},
        {"params": new, "peak": options.head_rate, "lr": options.head_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=options.weight_decay)


def logits_of(network: TriageNetwork, windows: Sequence[Sequence[Window]]) -> Floats:
    """Read posts with the network as it stands in torch; returns raw logits of shape (posts, 15)."""
    flat = [window for each in windows for window in each]
    out = np.zeros((len(flat), WIDTH))
    network.eval()
    with torch.no_grad():
        for batch in batches(flat):
            arrays = (torch.from_numpy(each) for each in (batch.ids, batch.mask, batch.segments))
            out[batch.rows] = network(*arrays).numpy()
    return join_posts(out, windows)
