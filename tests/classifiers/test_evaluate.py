"""The results page: reads posts and pairs, names every target and every urgent miss."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.core.errors import CorpusError
from classifiers.assessor import ModelAssessor
from classifiers.evaluate import evaluate, measure
from classifiers.examples import load_split, read_labelled
from classifiers.training.data import Splits


def record(**changes: Any) -> dict[str, Any]:
    """A harmless labelled post."""
    fields: dict[str, Any] = {
        "id": "x-1",
        "text": "beans are up",
        "context": [],
        "concerns": [],
        "urgency": "routine",
        "experiencer": "generic",
        "status": "current",
        "tags": [],
        "family": "x/beans",
        "author": "x",
    }
    return {**fields, **changes}


GRAVE = {"concerns": ["relapse"], "urgency": "emergency", "experiencer": "self"}


def write(path: Path, *lines: Any) -> Path:
    """Write JSON lines."""
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def test_posts_and_pairs_are_measured_on_one_page(tiny_version: Path, tmp_path: Path) -> None:
    """Every target of the plan stands on the page with its verdict, and every urgent miss with its id."""
    grave = [record(id=f"g-{n}", text="cannot move my legs", family=f"x/g{n}", **GRAVE) for n in range(4)]
    posts = write(tmp_path / "posts.jsonl", *grave, *(record(id=f"h-{n}", family=f"x/h{n}") for n in range(4)))
    sides = {"a": record(), "b": record(**GRAVE)}
    pairs = write(tmp_path / "pairs.jsonl", {"id": "p-1", "kind": "contrast", "phenomenon": "tense", **sides})

    report = evaluate([posts, pairs], directory=tiny_version)

    assert (report.posts, report.urgent, report.pairs) == (8, 4, 1)
    names = {line.name for line in report.targets}
    assert len(names) == 15
    assert "contrast pairs both right" in names
    assert report.confusion is not None
    assert report.confusion.sum() == 8
    page = report.markdown()
    assert all(miss.id in page for miss in report.misses)
    assert "reached" in page
    console = Console(record=True, width=160, quiet=True)
    console.print(report.render())
    json.dumps(report.as_fields(), allow_nan=False)


def test_texts_of_misses_are_shown_only_on_request(assessor: ModelAssessor, tiny_splits: Splits) -> None:
    """A manifest carries ids, a page for authored files may carry words."""
    report = measure(assessor, posts=tiny_splits.dev)
    assert all(miss.text is None for miss in report.misses)


def test_baselines_are_held_at_the_same_urgent_recall(tiny_version: Path, tmp_path: Path) -> None:
    """Keyword rule and TF-IDF flag at least as many urgent posts as the model did."""
    lines = []
    for example in load_split("dev"):
        fields = record(id=example.id, text=example.text, family=example.family, kind=example.kind)
        fields |= {"concerns": sorted(example.concerns), "urgency": example.urgency.label}
        lines.append(fields)
    report = evaluate([write(tmp_path / "dev.jsonl", *lines)], baselines=True, directory=tiny_version)
    model = (report.urgent - len(report.misses)) / report.urgent
    recalls = [line.interval.value for line in report.baselines if line.name.endswith("urgent recall")]
    assert len(recalls) == 2
    assert all(recall >= model for recall in recalls)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        pytest.param("not json\n", ":1: Expecting value", id="not JSON"),
        pytest.param("[1]\n", "found a list", id="not an object"),
        pytest.param({"id": "x"}, "field 'text' is missing", id="missing field"),
        pytest.param(record(urgency="soonish"), "urgency is 'soonish'", id="unknown urgency"),
        pytest.param(record(urgency="soon"), "expected concerns exactly when", id="broken invariant"),
        pytest.param("", "no labelled line found", id="empty file"),
    ],
)
def test_a_bad_labelled_line_is_named(tmp_path: Path, line: Any, sentence: str) -> None:
    """File, line number, what was found and what was expected."""
    path = write(tmp_path / "bad.jsonl", line)
    with pytest.raises(CorpusError, match=r"bad\.jsonl") as refused:
        read_labelled(path)
    assert sentence in str(refused.value)
