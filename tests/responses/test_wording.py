"""What certain cards and sentences must say, and where the crisis card has no crisis line to show."""

import re

import pytest

from bot.core.topics import Audience
from responses.library import SnippetLibrary
from responses.referrals import Region
from tests.responses.conftest import TODAY

LIBRARY = SnippetLibrary.load(today=TODAY)
BODIES = {snippet.head.id: " ".join(snippet.body.split()) for snippet in LIBRARY.snippets}
EMERGENCY_LINE = "The usual advice is to call the emergency number"

AT_ANY_HOUR = (
    "stem cell transplant",
    "two months after an infusion course",
    "now, at any hour",
    "emergency department",
)
WHEN_MS_IS_WORSE = ("first months after a stem cell transplant", "in pregnancy", "three months after a birth")


@pytest.mark.parametrize(
    ("snippet", "words"),
    [
        ("infection", AT_ANY_HOUR),
        ("infection-carer", AT_ANY_HOUR),
        ("relapse", WHEN_MS_IS_WORSE),
        ("relapse-carer", WHEN_MS_IS_WORSE),
        ("after-alemtuzumab", (*WHEN_MS_IS_WORSE, "day-and-night line now", "New signs in later years")),
        ("muscles", ("Numbness or tingling that climbs up both legs",)),
        ("thyroid", ("fever or a bad sore throat while on tablets",)),
        ("bleeding-carer", ("calls and asks someone to come in, the advice is to go",)),
        ("liver", ("an out-of-hours doctor can help",)),
    ],
)
def test_says_when_to_call_the_team(snippet: str, words: tuple[str, ...]) -> None:
    """The advice to call now or on the same day names each time in which it holds."""
    before = BODIES[snippet].partition(EMERGENCY_LINE)[0]

    assert [part for part in words if part not in before] == []


WORST_SIGNS = (
    "weakness that spreads within hours",
    "fever with a stiff neck",
    "sudden severe headache",
    "new neck pain in the days after an infusion",
    "seizure",
    "new confusion",
    "sudden loss of sight",
    "both legs weak",
    "no urine",
)


@pytest.mark.parametrize(
    ("snippet", "signs"),
    [
        ("relapse", WORST_SIGNS),
        ("relapse-carer", WORST_SIGNS),
        ("after-alemtuzumab", WORST_SIGNS),
        ("muscles", ("weakness that gets worse over hours or days",)),
        ("thyroid", ("shivering while on tablets", "very cold and hard to wake")),
        ("liver", ("easy bruising",)),
        ("bleeding", ("a tense, swollen, painful arm or leg with numbness",)),
        ("bleeding-carer", ("a tense, swollen, painful arm or leg with numbness",)),
    ],
)
def test_says_when_to_call_the_emergency_number(snippet: str, signs: tuple[str, ...]) -> None:
    """The gravest signs stand in the emergency part of the card, and nowhere before it."""
    before, _, after = BODIES[snippet].partition(EMERGENCY_LINE)

    assert [sign for sign in signs if sign not in after or sign in before] == []


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("region", Region)
def test_the_crisis_card_holds_with_and_without_a_crisis_line(audience: Audience, region: Region) -> None:
    """The body promises no line, and a region is named exactly when its card shows the emergency line alone."""
    card = LIBRARY.card(topic="crisis", audience=audience, regions=(region,), language="en")

    alone = all(line.startswith("Emergency: ") for line in card.contacts)
    assert not re.search(r"\b(?:below|contacts)\b", card.body)
    assert LIBRARY.regions_without_crisis_line([region.value]) == ([region.value] if alone else [])


@pytest.mark.parametrize(
    ("regions", "without"),
    [
        (["uk", "ie", "us", "ca", "au", "de"], []),
        (["uk", "nz", "at", "nz"], ["nz", "at"]),
        (["eu", "unknown"], ["eu", "unknown"]),
        (["atlantis"], ["atlantis"]),
        ([], ["unknown"]),
    ],
    ids=["all have one", "some lack one", "none has one", "a region that does not exist", "no region named"],
)
def test_names_the_regions_without_a_crisis_line(regions: list[str], without: list[str]) -> None:
    """Regions come back once, in the community's order, as they were written."""
    assert LIBRARY.regions_without_crisis_line(regions) == without


@pytest.mark.parametrize("region", [region for region in Region if region is not Region.NZ])
def test_a_lone_111_stays_in_new_zealand(region: Region) -> None:
    """No other region's line shows 111 unless it says whose service it is."""
    lines = LIBRARY.card(topic="general", audience="self", regions=(region,), language="en").contacts

    assert not re.search(r"(?<!NHS )(?<!\d)(?<!\d )111(?! ?\d)", " ".join(lines))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("automated_footer", ("not medical advice", "If the bot says nothing, that does not mean all is well.")),
        ("privacy_summary", ("ID numbers, times, scores, what was done", "none of the post's words and no names")),
        ("opt_out_done", ("show a post of yours to the moderators", "the bot does not read it")),
        ("why_explanation", ("Not about me removes the card.", "/privacy opt-out")),
    ],
)
def test_a_sentence_says_what_it_must(key: str, words: tuple[str, ...]) -> None:
    """Members learn what is kept, what silence means, and how to get rid of a card."""
    assert [part for part in words if part not in LIBRARY.phrase(key, language="en")] == []


def test_no_draft_is_called_vetted() -> None:
    """Nothing that the library says claims a review that has not taken place."""
    footer = LIBRARY.phrase("automated_footer", language="en")

    assert not re.search("vetted|approved|reviewed", " ".join((*BODIES.values(), footer)), re.IGNORECASE)
