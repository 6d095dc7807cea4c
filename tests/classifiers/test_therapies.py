"""Which words name a therapy or a time since it, and which only look like one."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.assessments import Therapy
from bot.core.errors import ContentError
from classifiers import therapies
from classifiers.therapies import TIME_SINCE, TherapyLexicon, find_mentions


def found(text: str) -> list[tuple[str, str]]:
    """List kind and words of each mention."""
    return [(mention.kind, text[mention.span.start : mention.span.end]) for mention in find_mentions(text)]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("started Lemtrada", Therapy.ALEMTUZUMAB, "Lemtrada"),
        ("lemtrata gave me a rash", Therapy.ALEMTUZUMAB, "lemtrata"),
        ("second week of lem, nurse is lovely", Therapy.ALEMTUZUMAB, "lem"),
        ("my stem cell transplant", Therapy.AHSCT, "stem cell transplant"),
        ("HSCT for my ms", Therapy.AHSCT, "HSCT"),
        ("Mavenclad year two", Therapy.CLADRIBINE, "Mavenclad"),
        ("clad and my lymphocytes", Therapy.CLADRIBINE, "clad"),
        ("on ty infusion, neuro is pleased", Therapy.OTHER_DMT, "ty infusion"),
        ("Ocrevus day", Therapy.OTHER_DMT, "Ocrevus"),
    ],
)
def test_a_therapy_is_found_in_its_many_names(text: str, kind: str, words: str) -> None:
    """Generic, brand, slang, abbreviation and misspelling lead to the same therapy."""
    assert (kind, words) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Lemmy from Motorhead, what a voice",
        "ty so much everyone",
        "plex is down again, no films",
        "new rtx card arrived",
        "mav won the match",
        "fully clad in wool",
        "the cop was kind",
        "SCT bus timetable",
        "day 0 exploit in the router",
        "ty all, my infusion went well",
    ],
)
def test_a_word_that_means_something_else_is_left_alone(text: str) -> None:
    """Without a sign of MS beside it, an ambiguous word is no therapy."""
    assert [kind for kind, _ in found(text) if kind != TIME_SINCE] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("14 months after round 2 of lemtrada", "14 months after round 2"),
        ("lemtrada, year 3", "year 3"),
        ("hsct since march, neuro happy", "since march"),
        ("day +11 after my stem cell transplant", "day +11"),
        ("3 weeks post lem and my bloods are fine", "3 weeks post lem"),
    ],
)
def test_a_time_since_therapy_is_found(text: str, words: str) -> None:
    """The words of time are marked, for the moderators' card."""
    assert (TIME_SINCE, words) in found(text)


def test_a_time_without_ms_is_no_time_since() -> None:
    """Talk of gardens and jobs has dates too."""
    assert found("year 3 of the allotment, since march we have slugs") == []


@given(st.text(max_size=300))
def test_every_span_lies_inside_the_text(text: str) -> None:
    """Whatever is typed, mentions are ordered, non-empty and inside."""
    mentions = find_mentions(text)

    assert all(0 <= mention.span.start < mention.span.end <= len(text) for mention in mentions)
    assert list(mentions) == sorted(mentions, key=lambda mention: mention.span.start)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_name_is_found_between_any_two_texts(before: str, after: str) -> None:
    """Emoji, accents and right-to-left words around a name neither hide it nor shift its place."""
    text = f"{before} lemtrada {after}"

    assert "lemtrada" in [words.lower() for kind, words in found(text) if kind == Therapy.ALEMTUZUMAB]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  alemtuzumab:\n", "  alemtuzumabb:\n", "found 'alemtuzumabb'"),
        ("    certain: [alemtuz", "    sure: [alemtuz", "found 'sure'"),
        ("certain: [alemtuz*", "certain: [alemtuz+!", "found '!'"),
        ("strangers: [", "strangers: nobody # [", "expected a list"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A mistake in the file is told with file, place, found and expected."""
    content = (therapies.FOLDER / therapies.FILE).read_text(encoding="utf-8")
    shutil.copy(therapies.FOLDER / therapies.FILE, tmp_path)
    (tmp_path / therapies.FILE).write_text(content.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ContentError, match=told):
        TherapyLexicon.load(tmp_path)
