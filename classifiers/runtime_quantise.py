"""Stores an exported encoder in 8-bit integers, with onnxruntime's dynamic quantisation.

Judges nothing: whether the decisions hold is checked by `training.export`. Used while training only.
"""

import logging
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic


def quantise(source: Path, target: Path) -> None:
    """Write `source` with int8 weights to `target`; activations stay in floating point until they are multiplied."""
    root = logging.getLogger()
    level = root.level
    # onnxruntime advises on pre-processing through the root logger; the export has already done it.
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    finally:
        root.setLevel(level)
