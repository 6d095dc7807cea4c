"""A version whose files disagree with its manifest is refused, with one sentence each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ModelError
from classifiers import manifest
from classifiers.manifest import CURRENT, MANIFEST, TOKENIZER, WEIGHTS
from classifiers.promote import promote
from classifiers.training.export import check_size


@pytest.fixture
def version(tiny_version: Path, tmp_path: Path) -> Path:
    """A copy of the tiny version that a test may damage."""
    return Path(shutil.copytree(tiny_version, tmp_path / "models" / "2026.01.0"))


def rewrite(directory: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the fields of a manifest."""
    fields = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    change(fields)
    (directory / MANIFEST).write_text(json.dumps(fields), encoding="utf-8")


def flip_a_byte(path: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no manifest": (lambda v: (v / MANIFEST).unlink(), "manifest.json is missing"),
    "not JSON": (lambda v: (v / MANIFEST).write_text("{"), "is not JSON"),
    "a list": (lambda v: (v / MANIFEST).write_text("[]"), "has format None"),
    "unknown format": (
        lambda v: rewrite(v, lambda m: m.update(format=99)),
        "has format 99; this program reads format 1",
    ),
    "missing field": (lambda v: rewrite(v, lambda m: m.pop("thresholds")), "thresholds: Field required"),
    "threshold above one": (lambda v: rewrite(v, lambda m: m["thresholds"].update(surely=1.5)), "thresholds.surely"),
    "other labels": (lambda v: rewrite(v, lambda m: m["labels"]["concerns"].reverse()), "lists labels"),
    "other heads": (lambda v: rewrite(v, lambda m: m["calibration"]["slopes"].pop()), "calibrates other heads"),
    "weights not listed": (lambda v: rewrite(v, lambda m: m["files"].pop(WEIGHTS)), "lists no 'encoder.onnx'"),
    "missing weights": (lambda v: (v / WEIGHTS).unlink(), "encoder.onnx is missing"),
    "missing tokenizer": (lambda v: (v / TOKENIZER).unlink(), "tokenizer.json is missing"),
    "flipped byte in weights": (lambda v: flip_a_byte(v / WEIGHTS), "encoder.onnx has sha256"),
    "flipped byte in tokenizer": (lambda v: flip_a_byte(v / TOKENIZER), "tokenizer.json has sha256"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_is_refused_with_one_sentence(version: Path, damage: str) -> None:
    """Every way in which a version can disagree with itself."""
    act, sentence = DAMAGES[damage]
    act(version)
    with pytest.raises(ModelError, match=sentence) as refused:
        manifest.load(version)
    assert "\n" not in str(refused.value)


def test_a_whole_version_loads(version: Path) -> None:
    """The manifest names base model, corpus, flags, thresholds, metrics and files."""
    loaded = manifest.load(version)
    assert loaded.corpus_hash == "tiny"
    assert set(loaded.files) == {WEIGHTS, TOKENIZER}
    assert {"dev", "test"} <= set(loaded.metrics)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "current is missing", id="no file"),
        pytest.param("\n", "holds ''", id="empty"),
        pytest.param("../elsewhere", "expected a version", id="a path"),
    ],
)
def test_an_unreadable_current_is_refused(tmp_path: Path, content: str | None, sentence: str) -> None:
    """`current` is one line that names a version."""
    if content is not None:
        (tmp_path / CURRENT).write_text(content)
    with pytest.raises(ModelError, match=sentence):
        manifest.current_version(tmp_path)


def test_a_version_that_passes_its_gates_becomes_current(version: Path) -> None:
    """Promotion writes one line."""
    rewrite(version, lambda m: m.update(gates=gates(hits=95)))
    assert promote("2026.01.0", models=version.parent) == version
    assert manifest.current_version(version.parent) == "2026.01.0"


def test_a_version_that_failed_a_gate_is_not_promoted(version: Path) -> None:
    """The refusal says which gate."""
    rewrite(version, lambda m: m.update(gates={**gates(hits=95), "passed": False, "failures": ["flagged F1 is 0.1"]}))
    with pytest.raises(ModelError, match=r"did not pass its gates \(flagged F1 is 0.1\)"):
        promote("2026.01.0", models=version.parent)


@pytest.mark.parametrize(("hits", "taken"), [(94, True), (93, False)], ids=["within the margin", "below the margin"])
def test_a_version_with_less_urgent_recall_is_not_promoted(version: Path, hits: int, taken: bool) -> None:
    """One point less than the version in use is noise, two are not."""
    later = version.parent / "2026.01.1"
    shutil.copytree(version, later)
    rewrite(version, lambda m: m.update(gates=gates(hits=95)))
    rewrite(later, lambda m: m.update(version="2026.01.1", gates=gates(hits=hits)))
    promote("2026.01.0", models=version.parent)
    if taken:
        promote("2026.01.1", models=version.parent)
    else:
        with pytest.raises(ModelError, match="of the urgent test posts"):
            promote("2026.01.1", models=version.parent)
    assert manifest.current_version(version.parent) == ("2026.01.1" if taken else "2026.01.0")


def test_a_version_above_fifty_megabytes_is_refused(tmp_path: Path) -> None:
    """The repository carries every version."""
    with (tmp_path / "big").open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(ModelError, match="weighs 50000001 bytes; expected at most 50000000"):
        check_size([tmp_path / "big"])


def gates(*, hits: int) -> dict[str, Any]:
    """Passed gates with so many of 100 urgent posts flagged."""
    return {"passed": True, "failures": [], "urgent_hits": hits, "urgent_total": 100}
