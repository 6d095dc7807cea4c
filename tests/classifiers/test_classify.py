"""`aftercare classify`: one line in, one line out, all or nothing."""

import json
from pathlib import Path

import pytest

from bot.core.errors import CorpusError
from classifiers.assessor import ModelAssessor
from classifiers.classify import BLOCK, classify

FIELDS = [
    "id", "flagged", "concerns", "concern_p", "urgency", "urgency_p", "experiencer", "status",
    "red_flags", "spans", "review", "model",
]  # fmt: skip


def test_every_line_is_answered_in_order_by_the_contract(assessor: ModelAssessor, tmp_path: Path) -> None:
    """More than one block; ids may be strings or numbers; blank lines are passed over."""
    lines = [{"id": n if n % 2 else str(n), "text": f"post number {n}"} for n in range(BLOCK + 5)]
    lines[3]["context"] = ["what somebody said before"]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n\n".join(json.dumps(line) for line in lines))

    count = classify(source, target, assessor=assessor)

    answers = [json.loads(line) for line in target.read_text().splitlines()]
    assert count == len(answers) == len(lines)
    assert [answer["id"] for answer in answers] == [line["id"] for line in lines]
    assert list(answers[0]) == FIELDS
    assert sum(answers[0]["urgency_p"].values()) == pytest.approx(1.0, abs=0.001)


def test_without_an_output_file_the_answers_go_to_standard_output(
    assessor: ModelAssessor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the answers, so that they can be piped."""
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "a", "text": "hello"}\n')
    classify(source, None, assessor=assessor)
    assert json.loads(capsys.readouterr().out)["id"] == "a"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        pytest.param("{", "in.jsonl:2: is not JSON", id="not JSON"),
        pytest.param("[]", "in.jsonl:2: holds a list", id="not an object"),
        pytest.param('{"text": "x"}', "in.jsonl:2: id is None", id="no id"),
        pytest.param('{"id": true, "text": "x"}', "in.jsonl:2: id is True", id="odd id"),
        pytest.param('{"id": "x"}', "in.jsonl:2: text is a NoneType", id="no text"),
        pytest.param('{"id": "x", "text": "x", "context": "y"}', "in.jsonl:2: context is not a list", id="odd context"),
    ],
)
def test_a_bad_line_leaves_what_was_there_untouched(
    assessor: ModelAssessor, tmp_path: Path, line: str, sentence: str
) -> None:
    """One sentence with the line's number; nothing half-written."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(f'{{"id": "a", "text": "hello"}}\n{line}\n')
    target.write_text("earlier")
    with pytest.raises(CorpusError) as refused:
        classify(source, target, assessor=assessor)
    assert sentence in str(refused.value)
    assert target.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_missing_input_is_a_sentence(assessor: ModelAssessor, tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(CorpusError, match="cannot be read"):
        classify(tmp_path / "nowhere.jsonl", None, assessor=assessor)
