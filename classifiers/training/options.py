"""What a training run can be told; every value is written into the version's manifest.

Holds no logic beyond naming the defaults.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifiers.manifest import MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """Options of `aftercare train`. The defaults are those of the shipped version."""

    name: str | None = None
    """Version to write, such as `2026.11.0`; by default the next free number of this month."""
    seed: int = 7
    epochs: int = 8
    batch_size: int = 24
    encoder_rate: float = 1e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    dropout: float = 0.1
    """Inside the encoder."""
    head_dropout: float = 0.2
    softmax_weight: float = 0.3
    """Weight of the experiencer and status heads beside the yes/no heads."""
    bury: float = 0.15
    drop_context: float = 0.1
    freeze_embeddings: bool = True
    """Keep the base model's word vectors: words that the corpus lacks stay comparable with those it has."""
    arithmetic: str = "auto"
    """`fp32`, `bf16`, or `auto`: bf16 products where the processor multiplies them natively; a third quicker there."""
    threads: int = 2
    keep_checkpoint: bool = False
    """Leave the finished run's checkpoint; by default only an interrupted run leaves one."""
    runs: Path = Path("runs")
    models: Path = MODELS

    @property
    def folder(self) -> Path:
        """Where the run keeps its checkpoint; the same name and options resume an interrupted run."""
        return self.runs / (self.name or "unnamed")

    def flags(self) -> dict[str, Any]:
        """Everything that shapes the weights; places and names do not."""
        chosen = asdict(self)
        for place in ("name", "runs", "models", "threads", "keep_checkpoint"):
            del chosen[place]
        return chosen
