"""Reading grade: known words, known texts, and what must make a text harder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responses.readability import reading_grade, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("call", 1),
        ("nurse", 1),
        ("people", 2),
        ("little", 2),
        ("called", 1),
        ("treated", 2),
        ("advised", 2),
        ("bruises", 2),
        ("signs", 1),
        ("doctor", 2),
        ("being", 2),
        ("trouble", 2),
        ("emergency", 4),
        ("transplant", 2),
        ("treatment", 2),
        ("medicine", 3),
        ("infection", 3),
        ("the", 1),
        ("hours", 1),
        ("don't", 1),
    ],
)
def test_counts_syllables(word: str, count: int) -> None:
    """Everyday words of the cards are counted as a dictionary would."""
    assert syllables(word) == count


def test_grades_simple_and_hard_text_apart() -> None:
    """A child's sentence is below grade 3, a lawyer's above grade 15."""
    assert reading_grade("The cat sat on the mat. It was fun.") < 3
    assert reading_grade("Notwithstanding considerable interdisciplinary variability, evaluation is obligatory.") > 15


def test_empty_text_has_grade_zero() -> None:
    """No words, no grade."""
    assert reading_grade(" \n- 12 ...") == 0


def test_list_items_end_sentences() -> None:
    """A list reads as short sentences, not as one long one."""
    assert reading_grade("- call the nurse\n- call the doctor") < reading_grade("call the nurse and call the doctor")


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1))
def test_every_word_has_a_syllable(word: str) -> None:
    """Law: never zero, whatever the letters."""
    assert syllables(word) >= 1
