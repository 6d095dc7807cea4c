"""Runs the encoder with onnxruntime: texts in, calibrated probabilities out, in batches of similar length.

Imports neither torch nor transformers, draws no conclusions, and keeps no text. Safe to call from several threads.
"""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import onnxruntime

from bot.core.errors import ModelError
from classifiers.decoding import join_windows
from classifiers.encoding import Encoding, Reading, Window, batches
from classifiers.labels import WIDTH, Floats
from classifiers.manifest import TOKENIZER, WEIGHTS, Manifest, load

THREADS = 2
"""The machine that the numbers are promised for has two cores."""


class OnnxEncoder:
    """An exported network and its session."""

    def __init__(self, weights: Path, *, threads: int = THREADS) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle worker threads must sleep: spinning would take a core from the event loop between posts.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        except Exception as wrong:  # onnxruntime raises its own unrelated classes
            raise ModelError(f"{weights} cannot be run ({wrong}); restore the version's files") from wrong

    def logits(self, windows: Sequence[Window]) -> Floats:
        """Run windows in length-sorted batches; returns shape (windows, 15) in the order given."""
        out = np.zeros((len(windows), WIDTH))
        for batch in batches(windows):
            feed = {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.segments}
            try:
                out[batch.rows] = self._session.run(["logits"], feed)[0]
            except Exception as wrong:  # onnxruntime raises its own unrelated classes
                raise ModelError(
                    f"the encoder failed on {len(batch.rows)} windows ({wrong}); restart the bot"
                ) from wrong
        if not np.isfinite(out).all():
            raise ModelError("the encoder returned numbers that are not finite; restore the version's files")
        return out


class EncoderRuntime:
    """A verified model version, ready to read."""

    def __init__(self, *, manifest: Manifest, encoding: Encoding, encoder: OnnxEncoder) -> None:
        self.manifest = manifest
        self.encoding = encoding
        self._encoder = encoder
        self._calibration = manifest.calibrated()

    @classmethod
    def load(cls, directory: Path, *, threads: int = THREADS) -> "EncoderRuntime":
        """Verify and load a version; `ModelError` when anything disagrees."""
        manifest = load(directory)
        return cls(
            manifest=manifest,
            encoding=Encoding.load(directory / TOKENIZER),
            encoder=OnnxEncoder(directory / WEIGHTS, threads=threads),
        )

    def probabilities(self, readings: Sequence[Reading]) -> Floats:
        """Read posts; returns calibrated probabilities of shape (posts, 15)."""
        if not readings:
            return np.zeros((0, WIDTH))
        per_post = self.encoding.windows(readings)
        logits = self._encoder.logits([window for each in per_post for window in each])
        return self._calibration.apply(join_posts(logits, per_post))


def join_posts(rows: Floats, per_post: Sequence[Sequence[Window]]) -> Floats:
    """Join the rows of each post's windows; returns shape (posts, 15)."""
    ends = list(accumulate(len(each) for each in per_post))
    starts = [0, *ends[:-1]]
    return np.stack([join_windows(rows[start:end]) for start, end in zip(starts, ends, strict=True)])
