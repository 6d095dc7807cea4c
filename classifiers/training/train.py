"""Trains a model version from the corpus: `aftercare train`.

Fit, export, calibrate, draw the thresholds, measure, write the version's folder; in this order, top to bottom. Makes no
version the one in use; that is `promote`.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from classifiers import calibration, manifest, thresholds
from classifiers.assessor import ModelAssessor
from classifiers.calibration import Calibration
from classifiers.decoding import Decoded, Thresholds, decode
from classifiers.encoding import Encoding
from classifiers.evaluate import measure
from classifiers.evaluate_report import Report
from classifiers.examples import Example
from classifiers.labels import Floats, label_order
from classifiers.manifest import TOKENIZER, WEIGHTS, CalibrationFields, Gates, Manifest, stamp
from classifiers.runtime import OnnxEncoder, join_posts
from classifiers.runtime_quantise import quantise
from classifiers.training import base_model, data, export
from classifiers.training.fit import CHECKPOINT, fit, resolve_arithmetic
from classifiers.training.options import TrainOptions

LEAST = {"urgent posts that reach a moderator": 0.95, "flagged F1": 0.80}
"""What a version must show on the test split before it may be promoted: floors, below the design's targets."""


def train(options: TrainOptions, *, console: Console | None = None) -> Path:
    """Train on the project's corpus and return the new version's folder; the same options resume a killed run."""
    return train_on(data.load_splits(), options, console=console)


def train_on(splits: data.Splits, options: TrainOptions, *, console: Console | None = None) -> Path:
    """Train on given splits and return the new version's folder."""
    say = (console or Console(stderr=True)).print
    say(f"{len(splits.train)} posts to train on, {len(splits.calibration)} to calibrate with")
    base = base_model.find_base_model()
    encoding = Encoding.load(base / TOKENIZER)
    network = fit(splits, options, base=base, encoding=encoding)

    staging = options.folder / "version"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    shutil.copyfile(base / TOKENIZER, staging / TOKENIZER)
    exact = staging.parent / "exact.onnx"
    export.export_onnx(network, exact)
    stored = _store(exact, staging, splits, encoding=encoding, threads=options.threads)
    say(f"weights stored as {stored.precision}: {stored.note}")

    version = options.name or next_version(options.models, today=datetime.now(UTC))
    export.check_size([staging / WEIGHTS, staging / TOKENIZER])
    draft = _manifest(version, stored, splits, options, staging=staging)
    final, reports = _measured(staging, draft, splits)
    for report in reports.values():
        say(report.render())
    manifest.write(staging, final)
    manifest.load(staging)
    target = options.models / version
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)
    exact.unlink()
    if not options.keep_checkpoint:
        (options.folder / CHECKPOINT).unlink()
    say(f"version {version} lies in {target}")
    return target


def next_version(models: Path, *, today: datetime) -> str:
    """Name the next free version of the month, such as `2026.11.0`."""
    taken = {path.name for path in models.iterdir()} if models.is_dir() else set()
    number = 0
    while f"{today.year}.{today.month:02d}.{number}" in taken:
        number += 1
    return f"{today.year}.{today.month:02d}.{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """The weights as they will be shipped, with what was drawn from them."""

    precision: str
    note: str
    calibration: Calibration
    choice: thresholds.Choice


def _store(exact: Path, staging: Path, splits: data.Splits, *, encoding: Encoding, threads: int) -> _Stored:
    """Ship int8 if no decision of note changes against fp32 on calibration and test posts, otherwise fp16."""
    judged = [*splits.calibration, *splits.test]
    before = _logits(exact, judged, encoding=encoding, threads=threads)
    drawn, choice = _draw(before, splits)
    read_before = _decide(before, drawn, choice.thresholds)
    target = staging / WEIGHTS
    quantise(exact, target)
    after = _decide(_logits(target, judged, encoding=encoding, threads=threads), drawn, choice.thresholds)
    compared = export.compare(read_before, after, examples=judged)
    note = f"int8 changes {compared.changed} of {compared.total} decisions"
    if compared.holds:
        return _Stored(precision="int8", note=note, calibration=drawn, choice=choice)
    export.store_fp16(exact, target)
    drawn, choice = _draw(_logits(target, judged, encoding=encoding, threads=threads), splits)
    return _Stored(precision="fp16", note=note, calibration=drawn, choice=choice)


def _draw(logits: Floats, splits: data.Splits) -> tuple[Calibration, thresholds.Choice]:
    """Calibrate and draw thresholds on the calibration posts, which come first in `logits`."""
    own = logits[: len(splits.calibration)]
    fitted = calibration.fit(own, data.targets_of(splits.calibration))
    return fitted, thresholds.choose(fitted.apply(own), splits.calibration)


def _logits(weights: Path, examples: Sequence[Example], *, encoding: Encoding, threads: int) -> Floats:
    per_post = data.plain_windows(encoding, examples)
    flat = [window for each in per_post for window in each]
    return join_posts(OnnxEncoder(weights, threads=threads).logits(flat), per_post)


def _decide(logits: Floats, fitted: Calibration, lines: Thresholds) -> list[Decoded]:
    return [decode(row, lines) for row in fitted.apply(logits)]


def _manifest(version: str, stored: _Stored, splits: data.Splits, options: TrainOptions, *, staging: Path) -> Manifest:
    return Manifest(
        format=manifest.FORMAT,
        version=version,
        labels=label_order(),
        base_model=base_model.NAME,
        base_sha256=base_model.WEIGHTS_SHA256,
        corpus_hash=splits.corpus_hash,
        flags={**options.flags(), "arithmetic": resolve_arithmetic(options)},
        precision=stored.precision,
        calibration=CalibrationFields(**asdict(stored.calibration)),
        thresholds=stored.choice.thresholds,
        threshold_notes=stored.choice.notes,
        metrics={},
        gates=Gates(passed=False, failures=("not measured",), urgent_hits=0, urgent_total=0),
        files={name: stamp(staging / name) for name in (WEIGHTS, TOKENIZER)},
    )


def _measured(staging: Path, draft: Manifest, splits: data.Splits) -> tuple[Manifest, dict[str, Report]]:
    """Measure the version as it will serve, on the dev split and on the test split where it holds posts."""
    manifest.write(staging, draft)
    assessor = ModelAssessor.load(staging)
    kept = {"dev": splits.dev, "test": splits.test}
    reports = {name: measure(assessor, posts=posts, sources=[name]) for name, posts in kept.items() if posts}
    fields: dict[str, Any] = {name: report.as_fields() for name, report in reports.items()}
    return draft.model_copy(update={"metrics": fields, "gates": gates_of(reports.get("test"))}), reports


def gates_of(report: Report | None) -> Gates:
    """Judge a version by its results on the test split; without one it passes nothing."""
    if report is None:
        return Gates(passed=False, failures=("there is no test split to judge by",), urgent_hits=0, urgent_total=0)
    values = {line.name: line.interval.value for line in report.targets}
    failures = tuple(
        f"{name} is {values[name]:.3f}; expected at least {least}"
        for name, least in LEAST.items()
        if not values[name] >= least
    )
    hits = report.urgent - len(report.misses)
    return Gates(passed=not failures, failures=failures, urgent_hits=hits, urgent_total=report.urgent)
