"""The library: which card is chosen, what it shows, and what is never shown."""

import re
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import MemberCard
from bot.core.errors import ContentError
from bot.core.ports import AnswerLibrary
from bot.core.topics import Audience, Topic
from bot.gateway.wording import PHRASES
from responses.library import SnippetLibrary
from responses.phrases import REQUIRED
from responses.referrals import ContactKind, Region

Rewrite = Callable[[str, str, str], Path]
TODAY = date(2026, 11, 22)
LIBRARY = SnippetLibrary.load(today=TODAY)
CARERS = {Topic.GENERAL, Topic.EMERGENCY, Topic.RELAPSE, Topic.BLEEDING, Topic.INFECTION, Topic.CRISIS}


def _card(library: AnswerLibrary, topic: str = "bowel", **changes: object) -> MemberCard:
    asked: dict[str, object] = {"topic": topic, "audience": "self", "regions": ("uk",), "language": "en", **changes}
    return library.card(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_combination_has_a_live_card(topic: Topic, audience: Audience, language: str) -> None:
    """Topic x audience x region x language always renders that topic's own card, emergency line first."""
    for region in Region:
        card = _card(LIBRARY, topic, audience=audience, regions=(region.value,), language=language)

        assert card.topic == topic
        assert card.contacts[0].startswith("Emergency: ")
        assert "not medical advice" in card.footer
        assert not card.signed


@pytest.mark.parametrize("topic", sorted(CARERS))
def test_carers_get_their_own_wording(topic: Topic) -> None:
    """The six gravest topics speak to carers in other words."""
    assert _card(LIBRARY, topic, audience="carer").template != _card(LIBRARY, topic).template


def test_a_card_is_the_same_for_everyone() -> None:
    """The same question gives the same card, and the template names the exact bytes."""
    assert _card(LIBRARY) == _card(SnippetLibrary.load(today=TODAY))
    assert re.fullmatch(r"bowel@[0-9a-f]{12}", _card(LIBRARY).template)


def test_version_changes_with_the_words(folder: Path, rewrite: Rewrite) -> None:
    """Any edit of the file is a new version."""
    rewrite("snippets/bowel.md", "fainting", "falling")

    assert _card(SnippetLibrary.load(folder, today=TODAY)).template != _card(LIBRARY).template


@pytest.mark.parametrize(
    ("regions", "first", "absent"),
    [
        (
            ("uk",),
            ["Emergency: 999 (UK)", "Medical advice by phone: NHS 111 in England, Scotland and Wales (UK)"],
            "116 123",
        ),
        (("ie",), ["Emergency: 112 or 999 (Ireland)"], "116 123"),
        (("de",), ["Emergency: 112 (Germany)", "Ärztlicher Bereitschaftsdienst: 116 117 (Germany)"], "911"),
        (("us",), ["Emergency: 911 (USA)"], "222-1222"),
        (("nz",), ["Emergency: 111 (New Zealand)"], "1737"),
        (("au",), ["Emergency: 000 (Australia)"], "022 222"),
        (("at",), ["Emergency: your local emergency number (for example 112, 911, 999 or 000)"], "144"),
        (("unknown",), ["Emergency: your local emergency number (for example 112, 911, 999 or 000)"], "111"),
        ((), ["Emergency: your local emergency number (for example 112, 911, 999 or 000)"], "111"),
        (("atlantis",), ["Emergency: your local emergency number (for example 112, 911, 999 or 000)"], "111"),
        (
            ("at", "nz"),
            [
                "Emergency: your local emergency number (for example 112, 911, 999 or 000)",
                "Emergency: 111 (New Zealand)",
            ],
            "1450",
        ),
        (("uk", "de"), ["Emergency: 999 (UK)", "Emergency: 112 (Germany)"], "911"),
    ],
)
def test_contacts_follow_the_region(regions: tuple[str, ...], first: list[str], absent: str) -> None:
    """Verified numbers of the region come first; an unverified one gives way to the neutral line."""
    contacts = _card(LIBRARY, "kidney", regions=regions).contacts

    assert list(contacts[: len(first)]) == first
    assert absent not in " ".join(contacts)


def test_the_crisis_card_shows_crisis_lines_only() -> None:
    """Emergency first, then crisis lines, and neither medical advice lines nor charities."""
    assert _card(LIBRARY, "crisis").contacts == (
        "Emergency: 999 (UK)",
        "Samaritans: 116 123 (UK)",
        "Lifeline Northern Ireland: 0808 808 8000 (UK)",
    )


def _lines(regions: tuple[str, ...], *, verified: bool) -> set[str]:
    entries = [LIBRARY.referrals.regions[Region(region)] for region in regions]
    return {c.line(e.name) for e in entries for c in e.contacts if c.verified is verified}


@given(
    topic=st.sampled_from(list(Topic)),
    audience=st.sampled_from(list(Audience)),
    regions=st.lists(st.sampled_from(list(Region)), unique=True).map(tuple),
    language=st.sampled_from(["en", "de", "fr"]),
)
def test_no_card_breaks_a_limit_or_shows_an_unverified_number(
    topic: Topic, audience: Audience, regions: tuple[str, ...], language: str
) -> None:
    """Law: every card fits one Discord embed, and every digit of a contact was verified or is the neutral line."""
    card = _card(LIBRARY, topic, audience=audience, regions=regions, language=language)

    sources = [f"{s.title} ({s.date}) {s.url}" for s in card.sources]
    description = "\n".join((card.body, *card.contacts, *sources))
    assert len(card.title) <= 256
    assert len(description) <= 4096
    assert len(card.footer) <= 2048
    assert len(card.title) + len(description) + len(card.footer) <= 6000
    assert set(card.contacts) <= _lines(regions, verified=True) | {LIBRARY.referrals.neutral_emergency_line}
    assert not re.search(r"\d{3}", card.title + card.body)


@pytest.mark.parametrize("region", Region)
def test_no_region_loses_its_emergency_line(region: Region) -> None:
    """Together with any other region, each region still brings its own emergency line."""
    for other in Region:
        alone = _card(LIBRARY, regions=(region,)).contacts[0]
        assert alone in _card(LIBRARY, regions=(other, region)).contacts[:2]


def test_unverified_contacts_are_listed_but_never_rendered() -> None:
    """What waits for verification stays out of every card of its region."""
    hidden = _lines(tuple(Region), verified=False)
    shown = {
        line for a, b in combinations(Region, 2) for t in Topic for line in _card(LIBRARY, t, regions=(a, b)).contacts
    }

    assert hidden
    assert not hidden & shown


def test_an_overdue_snippet_gives_way_to_the_general_card(folder: Path, rewrite: Rewrite) -> None:
    """From the day its review is due a wording is no longer shown, and the choice says why."""
    rewrite("snippets/bowel.md", "review_due: 2027-05-22", "review_due: 2026-11-22")
    library = SnippetLibrary.load(folder, today=TODAY)

    choice = library.choose(topic="bowel", audience="self", regions=("uk",), language="en")

    assert _card(library).topic == "general"
    assert choice.reason == "'general' stands in: the review of 'bowel' was due on 2026-11-22."
    assert library.overdue(TODAY) == ["bowel"]


def test_a_running_bot_notices_the_day(folder: Path, rewrite: Rewrite) -> None:
    """With a clock instead of a date, a wording is switched off without a restart."""
    rewrite("snippets/bowel.md", "review_due: 2027-05-22", "review_due: 2026-11-23")
    day = TODAY
    library = SnippetLibrary.load(folder, today=lambda: day)
    assert _card(library).topic == "bowel"

    day = date(2026, 11, 23)

    assert _card(library).topic == "general"


def test_a_retired_snippet_gives_way(folder: Path, rewrite: Rewrite) -> None:
    """A retired carer's wording gives way to the one for everybody."""
    rewrite("snippets/relapse-carer.md", "status: draft-for-clinical-review", "status: retired")
    library = SnippetLibrary.load(folder, today=TODAY)

    assert _card(library, "relapse", audience="carer").template.startswith("relapse@")
    assert "relapse-carer" not in library.unsigned()


def test_crisis_and_general_cards_stay_when_everything_is_overdue() -> None:
    """Nothing can stand in for them: a crisis never gets a card with medical text."""
    library = SnippetLibrary.load(today=date(2030, 1, 1))

    assert _card(library, "crisis").topic == "crisis"
    assert _card(library, "emergency").topic == "general"


def test_an_unknown_topic_gets_the_general_card() -> None:
    """A topic that a later version knows does not break this one."""
    choice = LIBRARY.choose(topic="vaccines", audience="self", regions=("uk",), language="en")

    assert choice.snippet.head.id == "general"
    assert choice.reason == "'general' stands in: there is no topic 'vaccines'."


def test_the_community_language_comes_first(folder: Path) -> None:
    """A German wording is shown to a German community, English to the others."""
    english = (folder / "snippets" / "bowel.md").read_text(encoding="utf-8")
    german = english.replace("id: bowel", "id: bowel-de").replace("language: en", "language: de")
    (folder / "snippets" / "bowel-de.md").write_text(german, encoding="utf-8")
    library = SnippetLibrary.load(folder, today=TODAY)

    assert _card(library, language="de").template.startswith("bowel-de@")
    assert _card(library, language="en").template.startswith("bowel@")


@pytest.mark.parametrize(("allowed", "sent"), [((), False), (("bowel",), True), (("kidney",), False), (("all",), True)])
def test_unsigned_wording_needs_permission_by_name(allowed: tuple[str, ...], sent: bool) -> None:
    """Without a clinician's signature a card goes out only where the configuration names it."""
    library = SnippetLibrary.load(allow_unsigned=allowed, today=TODAY)

    assert library.may_send(_card(library)) is sent


def test_signed_wording_may_always_be_sent(folder: Path, rewrite: Rewrite) -> None:
    """A clinician's approval is enough."""
    rewrite("snippets/bowel.md", "reviewed_by: null", "reviewed_by: A. Clinician")
    rewrite("snippets/bowel.md", "reviewed_on: null", "reviewed_on: 2026-11-01")
    rewrite("snippets/bowel.md", "status: draft-for-clinical-review", "status: approved")
    library = SnippetLibrary.load(folder, today=TODAY)

    assert library.may_send(_card(library))
    assert "bowel" not in library.unsigned()


def _broken(action: Callable[[], object]) -> str:
    with pytest.raises(ContentError) as raised:
        action()
    assert raised.value.problems
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "raw", "part"),
    [
        ("snippets/bowel.md", b"", "snippets/bowel.md:1:"),
        ("snippets/bowel.md", b"\xff\xfe\x00", "UTF-8"),
        ("snippets/bowel.md", b"---\nid: [\n---\nwords", "snippets/bowel.md:3:"),
        ("snippets/bowel.md", b"---\n- a list\n---\nwords", "snippets/bowel.md:2:"),
        ("snippets/bowel.md", b"---\n---\n", "snippets/bowel.md:2:"),
        ("referrals.yaml", b"", "referrals.yaml:1:"),
        ("referrals.yaml", b"\xff", "referrals.yaml:1:"),
        ("phrases.yaml", b"", "phrases.yaml:1:"),
        ("phrases.yaml", b"en: [x]", "phrases.yaml:1:"),
    ],
)
def test_a_corrupt_file_is_named_with_its_line(name: str, raw: bytes, part: str, folder: Path) -> None:
    """Damage is one sentence with file and line, never a traceback of a parser."""
    (folder / name).write_bytes(raw)

    assert part in _broken(lambda: SnippetLibrary.load(folder, today=TODAY))


@pytest.mark.parametrize("name", ["referrals.yaml", "phrases.yaml", "snippets/general.md", "snippets/crisis.md"])
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    """Contacts, phrases, and the two cards that nothing replaces must exist."""
    (folder / name).unlink()

    assert Path(name).stem in _broken(lambda: SnippetLibrary.load(folder, today=TODAY))


def test_all_problems_come_at_once(folder: Path, rewrite: Rewrite) -> None:
    """Two broken files are two problems in one error, with the nearest valid name for a typo."""
    rewrite("snippets/bowel.md", "audience: any", "audiance: any")
    rewrite("snippets/kidney.md", "topic: kidney", "topic: kidny")

    text = _broken(lambda: SnippetLibrary.load(folder, today=TODAY))

    assert "Did you mean 'audience'?" in text
    assert "kidny" in text


def test_a_misspelt_permission_is_refused() -> None:
    """`allow_unsigned` with an unknown id names the nearest one."""
    assert "Did you mean 'bowel'?" in _broken(lambda: SnippetLibrary.load(allow_unsigned=("bowell",), today=TODAY))


@pytest.mark.parametrize("key", sorted(REQUIRED))
def test_every_phrase_is_a_plain_sentence(key: str) -> None:
    """Each fixed sentence renders in any language, with no placeholder left over."""
    phrase = LIBRARY.phrase(key, language="de")

    assert phrase
    assert "{" not in phrase
    assert len(phrase) <= 2000


def test_every_key_that_the_gateway_asks_for_exists() -> None:
    """No interaction can meet a missing sentence."""
    assert set(PHRASES) <= REQUIRED


def test_button_labels_fit_a_button() -> None:
    """Discord allows 80 characters on a button."""
    assert max(len(LIBRARY.phrase(key, language="en")) for key in ("not_about_me", "why", "ask_human")) <= 80


def test_a_phrase_names_the_community_as_plain_text() -> None:
    """The community's name is data: template code in it is never run."""
    said = LIBRARY.phrase("why_explanation", language="en", community="{{ 7 * 7 }} Friends")

    assert "{{ 7 * 7 }} Friends" in said


def test_an_unknown_phrase_is_an_error_with_the_nearest_key() -> None:
    """A misspelt key is refused with a suggestion."""
    assert "Did you mean 'why'?" in _broken(lambda: LIBRARY.phrase("whyy", language="en"))


def test_only_a_crisis_card_lacks_medical_advice_lines() -> None:
    """Urgent-care lines appear on topics that name them; the crisis topic names only crisis lines."""
    assert ContactKind.URGENT_CARE not in LIBRARY.referrals.shown_on["crisis"]
    assert ContactKind.CRISIS not in LIBRARY.referrals.shown_on["default"]


def test_cards_are_rendered_once_a_day(folder: Path) -> None:
    """The busiest path renders nothing twice: the same question on the same day returns the same object."""
    library = SnippetLibrary.load(folder, today=TODAY)

    assert _card(library) is _card(library)
    assert _card(library) is not _card(library, regions=("ie",))
