"""A copy of the shipped responses folder that a test may damage."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from responses.library import SHIPPED

TODAY = date(2026, 11, 22)
DUE = "2027-05-22"


@pytest.fixture
def today() -> date:
    """A day on which no shipped snippet is overdue."""
    return TODAY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A private copy of what ships."""
    copy = tmp_path / "responses"
    copy.mkdir()
    shutil.copytree(SHIPPED / "snippets", copy / "snippets")
    for name in ("referrals.yaml", "phrases.yaml"):
        shutil.copy(SHIPPED / name, copy / name)
    return copy


@pytest.fixture
def rewrite(folder: Path) -> Callable[[str, str, str], Path]:
    """Replace a piece of one file in the copy; the piece must be there."""

    def replace(name: str, old: str, new: str) -> Path:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return replace
