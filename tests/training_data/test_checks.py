"""The corpus as it ships passes every check, and each check notices what it is for."""

from pathlib import Path

import pytest

from tests.training_data.making import chat, record
from training_data import artefacts, checks
from training_data.corpus import load_all
from training_data.duplicates import near_duplicates, normalise
from training_data.records import Kind, Record


@pytest.fixture(scope="module")
def corpus() -> tuple[Record, ...]:
    """The corpus as it ships."""
    return load_all()


def test_the_corpus_passes_every_check(corpus: tuple[Record, ...]) -> None:
    """Sizes, families, duplicates, artefacts and variety hold together."""
    assert checks.problems_of(corpus) == []


@pytest.mark.parametrize("name", sorted(artefacts.PROBES))
def test_style_does_not_tell_the_label(corpus: tuple[Record, ...], name: str) -> None:
    """Length, punctuation or first words alone stay near chance."""
    assert 0.4 < artefacts.probe(corpus, artefacts.PROBES[name]) <= artefacts.BOUND


def test_a_give_away_is_found(corpus: tuple[Record, ...]) -> None:
    """If flagged posts ended in their own mark, the probe would say so."""
    marked = [each.model_copy(update={"text": each.text + ("!!" if each.flagged else "")}) for each in corpus[:600]]

    assert artefacts.probe(marked, artefacts.punctuation) > artefacts.BOUND


def test_kinds_reach_their_numbers(corpus: tuple[Record, ...]) -> None:
    """The sizes that the first corpus was asked for."""
    counts = {kind: sum(each.kind is kind for each in corpus) for kind in Kind}

    assert len(corpus) >= 1200
    assert counts[Kind.FLAGGED] >= 500
    assert counts[Kind.HARD_NEGATIVE] >= 400
    assert counts[Kind.CHAT] >= 300


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("my gums bled on the toast again this morning", "My gums BLED on the toast, again, this morning!"),
        ("my gums bled on the toast again this morning", "so my gums bled on the toast again this morning, sigh"),
        ("cola pee since monday", "cola pee since Mondays"),
    ],
    ids=["same-words", "contained", "short"],
)
def test_near_duplicates_are_found(first: str, second: str) -> None:
    """Case, marks and a word more or less hide nothing."""
    found = near_duplicates([record(1, text=first), record(2, text=second, family="harbour/other")])

    assert [(pair.first, pair.second, pair.is_pair) for pair in found] == [("harbour-0001", "harbour-0002", False)]


def test_different_posts_are_no_duplicates() -> None:
    """Sharing a subject is not sharing words."""
    texts = ("gums bled on the toast", "my nose has been going since the post came", "legs gone since lunch")

    assert near_duplicates([record(n, text=text) for n, text in enumerate(texts, start=1)]) == []


def test_a_contrast_pair_may_be_close() -> None:
    """Two sides of one family with different labels are meant."""
    flagged = record(1)
    harmless = Record.model_validate(chat(2, text="my gums never bled on the toast again this morning"))

    assert [pair.is_pair for pair in near_duplicates([flagged, harmless])] == [True]


def test_a_duplicate_across_splits_is_told() -> None:
    """The same words in training and test would flatter every figure."""
    leaked = record(1)
    test = Record.model_validate(
        leaked.model_dump(mode="json") | {"id": "lantern-0001", "author": "lantern", "family": "lantern/toast"}
    )

    assert any("across splits" in problem for problem in checks.problems_of([*load_all(), leaked, test]))


def test_too_few_posts_are_told(corpus: tuple[Record, ...]) -> None:
    """A corpus of one author and a hundred posts is refused with every number."""
    harbour = [each for each in corpus if each.author == "harbour"][:100]

    problems = checks.problems_of(harbour)

    assert "100 posts; expected at least 1200" in problems
    assert "1 authors; expected at least 5" in problems


def test_the_report_prints_counts_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints what the data card shows, and exits with 0."""
    assert checks.main() == 0
    printed = capsys.readouterr().out

    assert "flagged" in printed
    assert "balanced accuracy" in printed
    assert printed.endswith("0 problems\n")


def test_a_broken_corpus_exits_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad lines are printed, and the exit code says so."""
    (tmp_path / "harbour.jsonl").write_text("{}\n", encoding="utf-8")

    assert checks.main(tmp_path) == 1
    assert "harbour.jsonl:1" in capsys.readouterr().out


def test_the_data_card_shows_the_corpus_as_it_is(corpus: tuple[Record, ...], tmp_path: Path) -> None:
    """The card's counts are the ones that the command prints; writing them again changes none of them."""
    shown = checks.CARD.read_text(encoding="utf-8")
    again = tmp_path / "card.md"
    again.write_text(shown, encoding="utf-8")

    checks.write_card(corpus, again)

    def counts(card: str) -> str:
        return card.partition(checks.BEGIN)[2].partition("label guessed")[0]

    assert counts(again.read_text(encoding="utf-8")) == counts(shown) != ""
    assert again.read_text(encoding="utf-8").partition(checks.END)[2] == shown.partition(checks.END)[2]


def test_normalising_leaves_plain_words() -> None:
    """Accents, quotes and marks go; words stay."""
    assert normalise("It’s  CAFÉ-time!!") == "its cafe time"
