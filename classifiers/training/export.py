"""Exports the trained network to ONNX and stores its weights small: int8 where the decisions hold, otherwise fp16.

Trains nothing and chooses no thresholds.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from bot.core.assessments import Urgency
from bot.core.errors import ModelError
from classifiers.decoding import Decoded
from classifiers.examples import Example
from classifiers.manifest import MOST_BYTES
from classifiers.training.network import TriageNetwork

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MOST_CHANGED = 0.005
"""Share of decisions that int8 may change before it is given up."""


def export_onnx(network: TriageNetwork, path: Path) -> None:
    """Write the network to `path` in fp32; inputs are int64 of shape (windows, tokens), both dynamic."""
    network.eval()
    ids = torch.randint(1000, 2000, (2, 9))
    with warnings.catch_warnings(), torch.no_grad():
        # The tracing exporter warns that it is the older one; the newer needs a further package and gains nothing here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (ids, torch.ones_like(ids), torch.zeros_like(ids)),
            str(path),
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes={name: {0: "windows", 1: "tokens"} for name in INPUTS} | {"logits": {0: "windows"}},
            opset_version=OPSET,
            dynamo=False,
        )


def store_fp16(source: Path, target: Path) -> None:
    """Halve the file: large weights are stored in fp16 and cast back to fp32 when the session is built.

    Arithmetic stays in fp32, which every CPU runs well.
    """
    model = onnx.load(str(source))
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < 1024:
            continue
        name, half = weight.name, f"{weight.name}_fp16"
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT, name=f"{half}_cast"))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.save(model, str(target))


def check_size(files: Sequence[Path]) -> int:
    """Return the version's size in bytes; `ModelError` when it is more than the repository may carry."""
    size = sum(path.stat().st_size for path in files)
    if size > MOST_BYTES:
        raise ModelError(f"the version weighs {size} bytes; expected at most {MOST_BYTES}: store the weights smaller")
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What storing the weights smaller did to the decisions."""

    changed: int
    total: int
    urgent_hits_before: int
    urgent_hits_after: int

    @property
    def holds(self) -> bool:
        """Is the smaller storage good enough to ship?"""
        return self.urgent_hits_before == self.urgent_hits_after and self.changed <= MOST_CHANGED * self.total


def compare(before: Sequence[Decoded], after: Sequence[Decoded], *, examples: Sequence[Example]) -> Comparison:
    """Compare two readings of the same posts: flagged, review, urgency and concerns."""
    changed = sum(_decision(a) != _decision(b) for a, b in zip(before, after, strict=True))
    urgent = [example.urgent for example in examples]
    hits = [sum(each.flagged for each, red in zip(side, urgent, strict=True) if red) for side in (before, after)]
    return Comparison(changed=changed, total=len(examples), urgent_hits_before=hits[0], urgent_hits_after=hits[1])


def _decision(decoded: Decoded) -> tuple[bool, bool, Urgency, frozenset[str]]:
    return decoded.flagged, decoded.review, decoded.urgency, frozenset(decoded.concerns)
