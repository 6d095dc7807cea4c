"""What cards look like, and that no member's words can make them do anything."""

import re
from dataclasses import replace
from datetime import timedelta

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.assessments import Mention, Span, Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, Verdict
from bot.core.policy import Priority
from bot.core.ports import CaseBrief
from bot.core.posts import GuildId, UserId
from bot.gateway.buttons import case_view
from bot.gateway.case_cards import CLAIMED, LOW, RESOLVED, case_embeds, case_line, likelihood
from bot.gateway.member_cards import member_embed
from bot.gateway.spoiler import cut, escape, size, spoilered
from tests.discord.gateway.facade import NOW, a_brief, a_card, a_case

GUILD = GuildId(1)
HOSTILE = [
    "||out|| of the **box** __now__ ~~x~~ `code` ```\nblock```",
    "@everyone @here <@1> <@&2> <#3> </queue:4> <t:0:R> <a:x:5>",
    "[a link](https://example.org) https://example.org discord.gg/abc",
    "\n# head\n-# small\n> quote\n>>> more\n- item\n1. first",
    "\u202eright to left\u202c \u200b\u200d\ufeff \u2066x\u2069",
    "\\|| \\\\|| ends with a bar |",
    "😀" * 300,
    "שלום " * 100,
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.sampled_from("|*_~`\\<>@#[]():-+.1 \n\u202e\u200baב😀"), max_size=400),
    st.text(max_size=400),
    st.sampled_from([text * 40 for text in HOSTILE]).map(lambda text: text[:4000]),
)


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text with spans anywhere in it, overlapping or beyond its end alike."""
    text = draw(texts)
    edges = st.integers(0, len(text) + 5)
    pairs = draw(st.lists(st.tuples(edges, edges), max_size=5))
    return text, [Span(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]


def live(rendered: str) -> list[str]:
    """What Discord would act on: the rendered text without everything that a backslash disarms."""
    return re.findall(r"\|\||__|\*\*|[*_~`|<>@#\[\]:]", re.sub(r"\\[^0-9A-Za-z\s]", "", rendered))


def weight(embeds: list[discord.Embed]) -> int:
    """Characters of a message's embeds, as the stricter count has it."""
    return sum(
        size(part or "")
        for embed in embeds
        for part in (
            embed.title,
            embed.description,
            embed.footer.text,
            *(text for field in embed.fields for text in (field.name, field.value)),
        )
    )


def assert_within_limits(embeds: list[discord.Embed]) -> None:
    """Discord's limits for embeds."""
    assert weight(embeds) <= 6000
    for embed in embeds:
        assert size(embed.title or "") <= 256
        assert size(embed.description or "") <= 4096
        assert len(embed.fields) <= 25
        assert all(0 < size(f.name or "") <= 256 and 0 < size(f.value or "") <= 1024 for f in embed.fields)


@given(marked_texts(), st.integers(60, 4096))
def test_no_text_breaks_out_of_its_spoiler_or_acts(marked: tuple[str, list[Span]], limit: int) -> None:
    """One spoiler around everything, balanced marks, nothing else alive, never too long."""
    text, spans = marked

    rendered = spoilered(text, spans, limit=limit)

    assert size(rendered) <= limit
    assert rendered.startswith("||")
    assert rendered.endswith("||")
    # Discord ends a spoiler at the first pair of bars, escaped or not.
    assert rendered.find("||", 2) == len(rendered) - 2
    inside = live(rendered[2:-2])
    assert inside == ["__", "**", "**", "__"] * (len(inside) // 4)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", rendered)
    assert not re.search(r"(?m)^\s*([-+]|[0-9]+[.)])", rendered)


@given(st.text(max_size=300))
def test_escaping_loses_no_word(text: str) -> None:
    """What a moderator reads is what was written, direction controls aside."""
    shown = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", escape(text))

    assert shown == re.sub("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", "", text)


def test_evidence_is_bold_and_underlined_where_it_stands() -> None:
    """Only there."""
    assert spoilered("a nosebleed, an hour", [Span(2, 11)], limit=200) == "||a __**nosebleed**__, an hour\u200b||"


def test_a_long_text_is_cut_around_its_evidence() -> None:
    """Posts may say the important thing last."""
    text = "chat " * 700 + "and now I cannot feel my legs"

    rendered = spoilered(text, [Span(text.index("cannot"), len(text))], limit=600)

    assert "__**cannot feel my legs**__" in rendered
    assert rendered.startswith("||chat")
    assert "(…)" in rendered


@given(st.text(max_size=50), st.integers(0, 40))
def test_cutting_keeps_to_the_limit(text: str, limit: int) -> None:
    """In the units that Discord counts."""
    assert size(cut(text, limit)) <= max(limit, 0)


@given(marked_texts(), st.booleans(), st.booleans(), st.sampled_from([0, 300, 5000]))
def test_case_cards_keep_discords_limits(
    marked: tuple[str, list[Span]], crisis: bool, unstaffed: bool, answer: int
) -> None:
    """Whatever was written, and however long the proposed answer is."""
    text, spans = marked
    case = a_case(CaseId(2**53), guild_id=GUILD, crisis=crisis, proposed=answer > 0)
    mentions = tuple(Mention(kind="time_since", span=span) for span in spans)
    card = a_card(body="w" * answer) if answer else None
    brief = a_brief(
        case, text=text, spans=tuple(spans), mentions=mentions, unstaffed=unstaffed, proposed_card=card,
        reasons=("because. " * 40,) * 12,
    )  # fmt: skip

    assert_within_limits(case_embeds(brief, stamp="ac123456"))


@given(st.text(max_size=5000), st.lists(st.text(min_size=1, max_size=1500), max_size=6))
def test_member_cards_keep_discords_limits(body: str, contacts: list[str]) -> None:
    """Vetted texts are short, but an edited one must not keep a card from being sent."""
    card = a_card(body=body)

    embed = member_embed(replace(card, contacts=tuple(contacts)))

    assert all(size(field.value or "") <= 1024 for field in embed.fields)
    assert size(embed.description or "") <= 4096


def test_a_members_card_shows_only_the_vetted_text() -> None:
    """Title, body, contacts, sources and the notice; no version, no urgency, no score."""
    embed = member_embed(a_card())

    assert (embed.title, embed.description) == (a_card().title, a_card().body)
    fields = {field.name: field.value for field in embed.fields}
    assert fields["Whom to contact"] == "Emergency: 999 or 112 (UK)\nNHS 111 (UK)"
    assert fields["Sources"] == "[A guideline](https://doi.org/10.1000/1) (2024)"
    assert embed.footer.text == "Automated message, not medical advice."


def test_a_source_without_a_date_says_undated_without_brackets() -> None:
    """The mark of the files is no date."""
    card = a_card()
    source = replace(card.sources[0], date="undated")

    embed = member_embed(replace(card, sources=(source,)))

    assert {field.name: field.value for field in embed.fields}["Sources"] == "[A guideline](https://doi.org/10.1000/1)"


def test_a_case_card_shows_what_a_moderator_needs() -> None:
    """Urgency, concern, score, evidence, red flags, therapy, who, link, state, reasons, versions."""
    text = "my nose bleeds, 6 months after alemtuzumab"
    mentions = (Mention(kind="alemtuzumab", span=Span(31, 42)), Mention(kind="time_since", span=Span(16, 24)))
    case = a_case(CaseId(12), guild_id=GUILD)

    embed = case_embeds(a_brief(case, text=text, spans=(Span(3, 14),), mentions=mentions), stamp="ac7")[0]

    fields = {field.name: field.value or "" for field in embed.fields}
    assert embed.title == "🟠 Same day · case 12"
    assert "https://discord.com/channels/1/8/7" in (embed.description or "")
    assert "||my __**nose bleeds**__, 6 months after alemtuzumab\u200b||" in (embed.description or "")
    assert fields["Concern"] == "Possible secondary autoimmune disorder"
    assert fields["Score"] == "A concern is very likely (0.93)"
    assert fields["About"] == "The writer, now"
    assert fields["Therapy"] == "alemtuzumab; time: ||6 months\u200b||"
    assert fields["Red flags"] == "`bleeding.nosebleed`"
    assert (embed.description or "").startswith("Open, nobody holds it · waiting since <t:")
    assert fields["Why this is here"] == "The reading is above the threshold for this channel."
    assert embed.footer.text == "case 12 · model m-1 · thresholds t-1 · rules r-1 · ac7"


def test_a_crisis_is_marked_before_the_text() -> None:
    """Whoever opens the card is warned first."""
    case = a_case(CaseId(1), guild_id=GUILD, crisis=True)

    description = case_embeds(a_brief(case, text="a word"))[0].description or ""

    assert description.splitlines()[1].startswith("**⚠ Crisis")
    assert description.index("Please answer as a person") < description.index("||")


def test_an_empty_on_call_is_said() -> None:
    """A truthful sentence instead of a ping that reaches nobody."""
    case = a_case(CaseId(1), guild_id=GUILD, urgency=Urgency.EMERGENCY)

    assert "Nobody is on call" in (case_embeds(a_brief(case, unstaffed=True))[0].description or "")


CLAIM = CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW, actor=UserId(77))
DONE = CaseEvent(
    kind=CaseEventKind.RESOLVED, at=NOW + timedelta(minutes=4), actor=UserId(77), verdict=Verdict.FALSE_ALARM
)


@pytest.mark.parametrize(
    ("events", "priority", "colour", "title", "labels"),
    [
        ((), Priority.URGENT, 0xF46036, "🟠 Same day · case 3", ["Claim", "Resolve"]),
        ((CLAIM,), Priority.URGENT, CLAIMED.value, "🟠 Same day · case 3", ["Release", "Resolve"]),
        ((CLAIM, DONE), Priority.URGENT, RESOLVED.value, "✔ Resolved · case 3", []),
        ((), Priority.LOW, LOW.value, "🟠 Same day · low priority · case 3", ["Claim", "Resolve"]),
    ],
    ids=["open", "claimed", "resolved", "low"],
)
def test_a_card_looks_like_its_state(
    events: tuple[CaseEvent, ...], priority: Priority, colour: int, title: str, labels: list[str]
) -> None:
    """Colour, title and the buttons that make sense."""
    case = a_case(CaseId(3), guild_id=GUILD, events=events, priority=priority)

    embed, view = case_embeds(a_brief(case))[0], case_view(case)

    assert (embed.colour, embed.title) == (discord.Colour(colour), title)
    shown = [] if view is None else [getattr(item, "label", item.item.label) for item in view.children]  # type: ignore[attr-defined]
    assert shown == labels


def test_a_resolved_card_no_longer_shows_the_words() -> None:
    """It says who, what, and how long it took."""
    case = a_case(CaseId(3), guild_id=GUILD, events=(CLAIM, DONE))

    embed = case_embeds(a_brief(case, text="a nosebleed"))[0]

    assert "nosebleed" not in (embed.description or "")
    assert (embed.description or "").startswith("Resolved by <@77>: false alarm · after 9 min\n")
    assert "Therapy" not in {field.name for field in embed.fields}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": None}, "The post is gone, or the bot cannot read it."),
        ({"text": " \n"}, "The post holds no text."),
    ],
    ids=["gone", "blank"],
)
def test_a_card_without_words_says_so(changed: dict[str, str | None], said: str) -> None:
    """Instead of an empty spoiler."""
    case = a_case(CaseId(3), guild_id=GUILD)

    assert (case_embeds(a_brief(case, **changed))[0].description or "").endswith(said)


def test_a_case_nobody_read_says_that_it_was_asked_for() -> None:
    """An opted-out member's post that somebody showed to the moderators has no reading."""
    case = a_case(CaseId(3), guild_id=GUILD, read=False)

    fields = {field.name: field.value for field in case_embeds(a_brief(case))[0].fields}

    assert fields["Concern"] == "Not read by the classifier: somebody asked a moderator to look."


def test_a_proposed_answer_is_shown_as_the_member_would_see_it() -> None:
    """With a word when no clinician has signed it, and the buttons to decide."""
    case = a_case(CaseId(3), guild_id=GUILD, proposed=True)
    brief: CaseBrief = a_brief(case, proposed_card=a_card(signed=False))

    embeds, view = case_embeds(brief), case_view(case)

    assert embeds[1].title == f"Proposed answer: {a_card().title}"
    assert embeds[1].description == a_card().body
    assert embeds[1].fields[0].name == "Not signed"
    assert view is not None
    assert len(view.children) == 4


@pytest.mark.parametrize(
    ("score", "said"),
    [(1.0, "very likely (1.00)"), (0.7, "likely (0.70)"), (0.5, "uncertain (0.50)"), (0.0, "very unlikely (0.00)")],
)
def test_a_score_is_said_in_words_and_as_a_number(score: float, said: str) -> None:
    """Both, always."""
    assert likelihood(score) == said


def test_a_queue_line_names_state_and_links() -> None:
    """Number, urgency, holder, waiting, links."""
    line = case_line(a_case(CaseId(3), guild_id=GUILD, events=(CLAIM,), crisis=True))

    assert line.startswith("**3** 🟠 Same day · ⚠ crisis · claimed, held by <@77> · waiting since <t:")
    assert "[post](https://discord.com/channels/1/8/7)" in line
