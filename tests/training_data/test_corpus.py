"""Reading corpus files, cutting them into splits, and refusing what is broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import CorpusError
from tests.training_data.making import chat, fields
from training_data.corpus import corpus_hash, load_all, load_split
from training_data.splits import TEST_AUTHORS, Split, split_of


def write(folder: Path, *records: dict[str, Any], name: str = "harbour") -> Path:
    """Write a corpus file."""
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return path


def test_files_are_read_in_order(tmp_path: Path) -> None:
    """Names and lines give the order, blank lines are skipped."""
    write(tmp_path, fields(2), chat(1)).write_text(
        json.dumps(fields(2)) + "\n\n" + json.dumps(chat(1)) + "\n", encoding="utf-8"
    )

    assert [record.id for record in load_all(tmp_path)] == ["harbour-0002", "harbour-0001"]


def test_every_bad_line_is_listed_with_its_place(tmp_path: Path) -> None:
    """All problems come at once, each with file and line, found and expected."""
    path = write(tmp_path, fields(1, urgency="routine"), fields(2, mood="blue"), fields(3), fields(3))
    path.write_text(path.read_text(encoding="utf-8") + "{oops\n[]\n", encoding="utf-8")

    with pytest.raises(CorpusError) as wrong:
        load_all(tmp_path)

    places = [problem.split(": ")[0] for problem in wrong.value.problems]
    assert places == ["harbour.jsonl:1", "harbour.jsonl:2", "harbour.jsonl:4", "harbour.jsonl:5", "harbour.jsonl:6"]
    assert all("expected" in problem for problem in wrong.value.problems)


def test_a_file_holds_its_own_author_only(tmp_path: Path) -> None:
    """The name of the file is the author; a stray record is refused."""
    write(tmp_path, fields(1), name="prairie")

    with pytest.raises(CorpusError, match="author is 'harbour'; expected 'prairie'"):
        load_all(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 give a sentence, not a traceback."""
    (tmp_path / "harbour.jsonl").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CorpusError, match=r"harbour.jsonl: cannot be read"):
        load_all(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """No file is a mistake of the installation, not an empty corpus."""
    with pytest.raises(CorpusError, match="expected one per author"):
        load_all(tmp_path)


def test_an_unknown_split_is_refused() -> None:
    """The four names are told."""
    with pytest.raises(CorpusError, match="expected one of"):
        load_split("validation")


def test_the_hash_names_the_exact_content(tmp_path: Path) -> None:
    """Same files, same hash; any byte or name changes it."""
    write(tmp_path, fields(1))
    before = corpus_hash(tmp_path)

    assert corpus_hash(tmp_path) == before
    write(tmp_path, fields(1, text="my gums bled on the toast once more"))
    assert corpus_hash(tmp_path) != before


def test_the_splits_are_the_whole_corpus() -> None:
    """Each record stands in exactly one split."""
    parts = [{record.id for record in load_split(split.value)} for split in Split]

    assert sum(map(len, parts)) == len(set().union(*parts)) == len(load_all())


def test_test_authors_are_seen_nowhere_else() -> None:
    """Test posts come from other authors than training, development and calibration."""
    authors = {split: {record.author for record in load_split(split.value)} for split in Split}

    assert authors[Split.TEST] == TEST_AUTHORS
    assert not TEST_AUTHORS & (authors[Split.TRAIN] | authors[Split.DEV] | authors[Split.CALIBRATION])


@given(st.from_regex(r"[a-z]{1,9}/[a-z]{1,12}", fullmatch=True))
def test_a_familys_place_follows_from_its_name(family: str) -> None:
    """The same family always lands in the same split, and test authors in test."""
    assert split_of(author="harbour", family=family) is split_of(author="prairie", family=family)
    assert split_of(author="lantern", family=family) is Split.TEST
