"""What the red-flag lexicon finds, what it leaves alone, and why it can never run away."""

import re._parser as parser  # the only place where Python shows the structure of a compiled pattern
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.assessments import Urgency
from bot.core.errors import ContentError
from bot.core.topics import Topic
from classifiers import red_flags
from classifiers.lexicon.folding import fold
from classifiers.red_flags import RedFlagLexicon
from tests.classifiers.red_flag_examples import HITS, MISSES, QUIET

MOST_STEPS = 1_000_000
"""Backtracking steps that one pattern may need at one place of a text, counted from its structure."""


@pytest.fixture(scope="module")
def lexicon() -> RedFlagLexicon:
    """The lexicon as it ships."""
    return RedFlagLexicon.load()


def pairs(table: dict[str, tuple[str, ...]]) -> list[object]:
    """Spread a table of examples into parameters with readable ids."""
    return [
        pytest.param(rule, text, id=f"{rule}-{number}")
        for rule, texts in table.items()
        for number, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(("rule", "text"), pairs(HITS))
def test_a_described_sign_hits_its_rule(lexicon: RedFlagLexicon, rule: str, text: str) -> None:
    """Every rule finds its sign in everyday words, at its own urgency."""
    hits = {hit.rule: hit for hit in lexicon.find(text)}

    assert rule in hits


@pytest.mark.parametrize(("rule", "text"), pairs(MISSES))
def test_a_harmless_neighbour_does_not_hit(lexicon: RedFlagLexicon, rule: str, text: str) -> None:
    """The same words, denied, imagined, long past or meant otherwise, leave the rule alone."""
    assert rule not in {hit.rule for hit in lexicon.find(text)}


@pytest.mark.parametrize("text", QUIET, ids=range(len(QUIET)))
def test_ordinary_talk_hits_nothing(lexicon: RedFlagLexicon, text: str) -> None:
    """Chat, news and settled histories raise no flag at all."""
    assert lexicon.find(text) == ()


def test_every_rule_has_examples_on_both_sides(lexicon: RedFlagLexicon) -> None:
    """No rule is added without sentences that show what it is for and where it ends."""
    rules = {rule.id for rule in lexicon.rules}

    assert rules == set(HITS) == set(MISSES)


def test_every_rule_names_its_source(lexicon: RedFlagLexicon) -> None:
    """A reviewer can look each line up in the clinical facts."""
    assert [rule.id for rule in lexicon.rules if not rule.source[0].isdigit()] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ok so my gums keep bleeding lol", "gums keep bleeding"),
        ("I can’t breathe", "can’t breathe"),
        ("blee\u200beding gums", "blee\u200beding gums"),
        ("my nose WON'T STOP", "nose WON'T STOP"),
        ("🙂 she has **yellow** eyes", "yellow** eyes"),
        ("I can't   breeeeathe, can't breathe", "can't breathe"),
    ],
    ids=["plain", "curly-quote", "zero-width", "capitals", "markup-and-emoji", "second-try"],
)
def test_a_span_marks_the_original_characters(lexicon: RedFlagLexicon, text: str, found: str) -> None:
    """Offsets point into the text as it was written, whatever folding removed."""
    spans = [text[hit.span.start : hit.span.end] for hit in lexicon.find(text)]

    assert found in spans


def test_crisis_words_are_a_crisis(lexicon: RedFlagLexicon) -> None:
    """Only lines about self-harm count, and plans are an emergency."""
    intent = lexicon.find("I have written the goodbye notes and I'm going to kill myself")

    assert lexicon.is_crisis("I just don't want to be alive anymore")
    assert not lexicon.is_crisis("chest pain since noon")
    assert max(hit.urgency for hit in intent) is Urgency.EMERGENCY


def test_topic_cues_come_most_specific_first(lexicon: RedFlagLexicon) -> None:
    """The card is chosen by the first cue: an infusion before bleeding, bleeding before monitoring."""
    assert lexicon.topic_cues("bruises and my monthly bloods are due") == (Topic.BLEEDING, Topic.MONITORING)
    assert lexicon.topic_cues("nine days late, graves, numb toes")[0] == Topic.PREGNANCY
    assert lexicon.topic_cues("who wants cake") == ()


@given(st.text(max_size=300))
def test_any_text_gives_spans_inside_it(text: str) -> None:
    """Whatever is typed, spans are non-empty, inside the text, and ordered."""
    hits = SHARED.find(text)

    assert all(0 <= hit.span.start < hit.span.end <= len(text) for hit in hits)
    assert list(hits) == sorted(hits, key=lambda hit: hit.span.start)


@given(st.text(max_size=200))
def test_folding_keeps_every_place(text: str) -> None:
    """Each folded character knows a place of the original, never going back."""
    folded = fold(text)

    assert len(folded.text) == len(folded.places)
    assert list(folded.places) == sorted(folded.places)
    assert all(0 <= place < len(text) for place in folded.places)


SHARED = RedFlagLexicon.load()


def test_no_pattern_can_run_away() -> None:
    """No repetition stands inside another, none is unbounded, and the steps at one place are bounded."""
    for rule in SHARED.rules:
        for pattern in rule.patterns:
            steps = steps_of(parser.parse(pattern.regex.pattern), inside=False)

            assert steps <= MOST_STEPS, (rule.id, pattern.source, steps)


def steps_of(parsed: object, *, inside: bool) -> int:
    """Bound the ways a pattern can be tried at one place: repetitions multiply along it."""
    steps = 1
    for name, value in parsed:  # type: ignore[attr-defined]
        match str(name):
            case "MAX_REPEAT":
                _, most, body = value
                assert most is not parser.MAXREPEAT, "unbounded repetition"
                assert most <= 1 or not inside, "a repetition inside a repetition"
                steps *= (int(most) + 1) * steps_of(body, inside=inside or most > 1)
            case "BRANCH":
                steps *= max(steps_of(branch, inside=inside) for branch in value[1])
            case "SUBPATTERN":
                steps *= steps_of(value[-1], inside=inside)
    return steps


@pytest.mark.parametrize(
    "text",
    [
        "no blood " * 444,
        "pee " * 1000,
        "a" * 4000,
        "bleeding " * 444,
        "> " * 2000,
        "'" * 4000,
        "\u200b" * 4000,
        "38." * 1333,
    ],
    ids=["denials", "one-word", "one-letter", "signs", "quotes", "apostrophes", "zero-width", "numbers"],
)
def test_a_hostile_text_is_read_to_its_end(lexicon: RedFlagLexicon, text: str) -> None:
    """The longest message Discord allows, made to provoke, still ends in an answer."""
    assert isinstance(lexicon.find(text), tuple)
    assert isinstance(lexicon.topic_cues(text), tuple)


def test_the_version_follows_the_files(tmp_path: Path) -> None:
    """The stamp changes with any byte of the three files, and only then."""
    folder = copy(tmp_path)
    before = RedFlagLexicon.load(folder).version
    with (folder / "topic_cues.yaml").open("a", encoding="utf-8") as file:
        file.write("# reviewed\n")

    assert RedFlagLexicon.load(folder).version != before == RedFlagLexicon.load().version
    assert len(before) == 12


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("urgency: emergency", "urgency: panic", "urgency is 'panic'"),
        ("urgency: emergency", "urgency: soon", "expected 'same_day' or 'emergency'"),
        ("topic: bleeding", "topic: blood", "'blood' is not a valid Topic"),
        ("concern: secondary_autoimmunity", "concern: sa", "'sa' is not a valid Concern"),
        ('source: "2.4"', 'sauce: "2.4"', "field 'sauce' found"),
        ("<bleed>", "<bleeds>", "vocabulary <bleeds> is unknown"),
        ('"non blanching"', '"(non blanching"', "expected balanced brackets"),
        ('"non blanching"', '"non ~ "', "a gap begins or ends the pattern"),
        ('"non blanching"', '"(non blanching)? "', "an optional group ends the pattern"),
        ('"non blanching"', '"bl[a-z]+"', "found '['"),
        ("needs: [low_immunity]", "needs: [luck]", "needs 'luck'"),
        ("id: nosebleed-long", "id: heavy-period", "'heavy-period' stands twice"),
        ("needs: [bloods]", "needs: [no]", "found False; expected text"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A mistake in the file is told with file, rule, found and expected."""
    folder = copy(tmp_path)
    path = folder / "red_flags.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ContentError) as wrong:
        RedFlagLexicon.load(folder)

    assert any("red_flags.yaml" in problem and told in problem for problem in wrong.value.problems)


@pytest.mark.parametrize(
    ("content", "told"),
    [("- a list", "expected a mapping"), ("rules: [", "cannot be read"), ("topics: {sky: [blue]}", "found 'sky'")],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """A file that is no mapping, no YAML, or names an unknown topic never loads in part."""
    folder = copy(tmp_path)
    (folder / "topic_cues.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(ContentError, match=told):
        RedFlagLexicon.load(folder)


def copy(tmp_path: Path) -> Path:
    """Copy the shipped lexicon to a place where it may be broken."""
    folder = tmp_path / "lexicon"
    folder.mkdir()
    for name in red_flags.FILES:
        shutil.copy(red_flags.FOLDER / name, folder / name)
    return folder
