"""The manifest of a model version: what it is, what it was made from, and the hash of every file beside it.

Runs no model. A version without a manifest that agrees with its files is refused, with one sentence that says why.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.core.errors import ModelError
from classifiers.calibration import Calibration
from classifiers.decoding import Thresholds
from classifiers.labels import BINARY, SOFTMAX, label_order

FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "encoder.onnx"
TOKENIZER = "tokenizer.json"
CURRENT = "current"
MODELS = Path(__file__).parent / "models"
MOST_BYTES = 50_000_000
"""A version may weigh 50 MB, so that the repository can carry it."""


class FileStamp(BaseModel):
    """Size and hash of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class CalibrationFields(BaseModel):
    """`calibration.Calibration` as it is written down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    temperatures: dict[str, float]


class Gates(BaseModel):
    """What a version must show before it may be promoted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passed: bool
    failures: tuple[str, ...] = ()
    urgent_hits: int
    """Urgent posts of the test split that were flagged; with `urgent_total` this is the urgent recall."""
    urgent_total: int

    @property
    def urgent_recall(self) -> float:
        """Share of the test split's urgent posts that were flagged; 0 when there were none."""
        return self.urgent_hits / self.urgent_total if self.urgent_total else 0.0


class Manifest(BaseModel):
    """Everything known about a version; written last, as the mark that the version is complete."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    version: str
    labels: dict[str, list[str]]
    base_model: str
    base_sha256: str
    corpus_hash: str
    flags: dict[str, Any]
    precision: str
    """How the weights are stored: `int8` or `fp16`."""
    calibration: CalibrationFields
    thresholds: Thresholds
    threshold_notes: dict[str, float | int | str]
    metrics: dict[str, Any]
    gates: Gates
    files: dict[str, FileStamp]

    def calibrated(self) -> Calibration:
        """The calibration as values."""
        return Calibration(
            slopes=self.calibration.slopes,
            offsets=self.calibration.offsets,
            temperatures=self.calibration.temperatures,
        )


def stamp(path: Path) -> FileStamp:
    """Measure and hash a file."""
    with path.open("rb") as file:
        return FileStamp(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def write(directory: Path, manifest: Manifest) -> None:
    """Write the manifest whole: readers see the old one or the new one, never half of one."""
    temporary = directory / f"{MANIFEST}.part"
    temporary.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    temporary.replace(directory / MANIFEST)


def load(directory: Path) -> Manifest:
    """Read and verify a version; `ModelError` says in one sentence what disagrees."""
    manifest = _parse(directory)
    _check_labels(directory, manifest)
    for name in (WEIGHTS, TOKENIZER):
        if name not in manifest.files:
            raise ModelError(
                f"{directory / MANIFEST} lists no {name!r}; expected its hash: train or restore the version"
            )
    for name, expected in manifest.files.items():
        _check_file(directory / name, expected)
    return manifest


def current_version(models: Path = MODELS) -> str:
    """Read which version is in use; `ModelError` when none is named."""
    path = models / CURRENT
    try:
        version = path.read_text(encoding="utf-8").strip()
    except OSError as wrong:
        raise ModelError(
            f"{path} is missing; expected one line naming the version in use: aftercare promote"
        ) from wrong
    if not version or "/" in version or version.startswith("."):
        raise ModelError(f"{path} holds {version!r}; expected a version such as '2026.11.0': aftercare promote")
    return version


def version_directory(version: str | None = None, *, models: Path = MODELS) -> Path:
    """The folder of a version, or of the one in use."""
    return models / (version if version is not None else current_version(models))


def _parse(directory: Path) -> Manifest:
    path = directory / MANIFEST
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise ModelError(
            f"{path} is missing; expected a model version there: restore it or run aftercare train"
        ) from wrong
    except ValueError as wrong:
        raise ModelError(f"{path} is not JSON ({wrong}); restore the version's files") from wrong
    found = fields.get("format") if isinstance(fields, dict) else None
    if found != FORMAT:
        raise ModelError(f"{path} has format {found!r}; this program reads format {FORMAT}: use a matching version")
    try:
        return Manifest.model_validate(fields)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelError(f"{path}: {where}: {first['msg']}; restore the version's files") from wrong


def _check_labels(directory: Path, manifest: Manifest) -> None:
    if manifest.labels != label_order():
        raise ModelError(
            f"{directory / MANIFEST} lists labels {manifest.labels!r}; expected {label_order()!r}: retrain the version"
        )
    calibration = manifest.calibration
    heads = {head.value for head in SOFTMAX}
    widths = {len(calibration.slopes), len(calibration.offsets)}
    if widths != {BINARY.stop} or set(calibration.temperatures) != heads:
        raise ModelError(f"{directory / MANIFEST} calibrates other heads than {sorted(heads)}; retrain the version")


def _check_file(path: Path, expected: FileStamp) -> None:
    if not path.is_file():
        raise ModelError(f"{path} is missing; expected {expected.size} bytes: restore the version's files")
    found = stamp(path)
    if found != expected:
        raise ModelError(
            f"{path} has sha256 {found.sha256[:12]}… ({found.size} bytes); expected {expected.sha256[:12]}… "
            f"({expected.size} bytes): restore the version's files"
        )
