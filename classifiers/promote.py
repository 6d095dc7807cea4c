"""Makes a model version the one in use: `aftercare promote`.

Trains and measures nothing; it believes the manifest, after checking every file against it.
"""

from pathlib import Path

from bot.core.errors import ModelError
from classifiers import manifest
from classifiers.manifest import CURRENT, MODELS, Gates

MOST_LOST = 0.01
"""Urgent recall that a new version may have less than the one in use: within the noise of a test split of this size."""


def promote(version: str, *, models: Path = MODELS) -> Path:
    """Point `current` at a version and return its folder.

    `ModelError` when its files disagree with its manifest, when a gate failed, or when its urgent recall on the test
    split is more than one point lower than that of the version in use.
    """
    directory = models / version
    candidate = manifest.load(directory)
    if candidate.version != version:
        raise ModelError(f"{directory} holds version {candidate.version!r}; expected {version!r}: rename the folder")
    if not candidate.gates.passed:
        found = "; ".join(candidate.gates.failures)
        raise ModelError(f"version {version} did not pass its gates ({found}); train a better one")
    if (models / CURRENT).exists():
        _compare(candidate.gates, manifest.load(manifest.version_directory(models=models)).gates, version=version)
    temporary = models / f"{CURRENT}.part"
    temporary.write_text(f"{version}\n", encoding="utf-8")
    temporary.replace(models / CURRENT)
    return directory


def _compare(candidate: Gates, in_use: Gates, *, version: str) -> None:
    if candidate.urgent_recall < in_use.urgent_recall - MOST_LOST:
        raise ModelError(
            f"version {version} flags {candidate.urgent_recall:.3f} of the urgent test posts; expected at least "
            f"{in_use.urgent_recall - MOST_LOST:.3f}, as the version in use does: train a better one"
        )
