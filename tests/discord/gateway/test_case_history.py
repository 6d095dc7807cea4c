"""What a case card says about what people did, about a crisis, about the score, and about an empty on-call."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import discord
import pytest

from bot.core.assessments import Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, Verdict
from bot.core.posts import GuildId, UserId
from bot.core.records import CaseRecord
from bot.gateway.case_cards import LONGEST_EXCERPT, case_embeds, case_line_above
from bot.gateway.spoiler import size
from tests.discord.gateway.facade import NOW, a_brief, a_case

GUILD, ANA, MO = GuildId(1), UserId(5), UserId(77)
AGO = f"<t:{int(NOW.timestamp())}:R>"
CLAIM = CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW, actor=MO)
DONE = CaseEvent(kind=CaseEventKind.RESOLVED, at=NOW, actor=MO, verdict=Verdict.UNDER_CARE)


def a_case_with(*events: CaseEvent, **changed: Any) -> CaseRecord:
    """A case with a history."""
    return a_case(CaseId(7), guild_id=GUILD, events=events, **changed)


def fields(case: CaseRecord, **changed: Any) -> dict[str | None, str | None]:
    """The fields of a case's card."""
    return {field.name: field.value for field in case_embeds(a_brief(case, **changed))[0].fields}


def head(case: CaseRecord, **changed: Any) -> str:
    """The description of a case's card."""
    return case_embeds(a_brief(case, **changed))[0].description or ""


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (CaseEvent(kind=CaseEventKind.ASKED, at=NOW, actor=ANA), "A member asked for a human: <@5>"),
        (CaseEvent(kind=CaseEventKind.NOT_ABOUT_ME, at=NOW, actor=ANA), "The member said: not about me"),
        (CaseEvent(kind=CaseEventKind.SOURCE_EDITED, at=NOW), "Edited"),
        (CaseEvent(kind=CaseEventKind.READ_AGAIN, at=NOW), "Read again"),
        (CaseEvent(kind=CaseEventKind.SOURCE_DELETED, at=NOW), "Post deleted"),
        (CaseEvent(kind=CaseEventKind.CLAIM_EXPIRED, at=NOW), "Claim expired"),
        (CLAIM, "Claimed by <@77>"),
        (CaseEvent(kind=CaseEventKind.RELEASED, at=NOW, actor=MO), "Released by <@77>"),
        (CaseEvent(kind=CaseEventKind.REOPENED, at=NOW), "Opened again"),
        (CaseEvent(kind=CaseEventKind.ANSWER_APPROVED, at=NOW, actor=MO), "Answer approved by <@77>"),
        (CaseEvent(kind=CaseEventKind.ANSWER_DECLINED, at=NOW), "Answer declined"),
        (DONE, "Resolved by <@77>: under care"),
        (
            CaseEvent(kind=CaseEventKind.URGENCY_RAISED, at=NOW, urgency=Urgency.EMERGENCY),
            "Urgency raised to emergency",
        ),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, CaseEvent) else "",
)
def test_what_people_did_is_on_the_card(event: CaseEvent, said: str) -> None:
    """With who, where it was a person, and when."""
    assert fields(a_case_with(event))["What happened"] == f"{said} · {AGO}"


def test_only_the_last_five_are_shown_newest_last() -> None:
    """The card must stay short."""
    events = [CaseEvent(kind=CaseEventKind.READ_AGAIN, at=NOW + timedelta(minutes=n)) for n in range(6)]

    shown = (fields(a_case_with(CLAIM, *events))["What happened"] or "").splitlines()

    assert [line.partition(" · ")[2] for line in shown] == [
        discord.utils.format_dt(NOW + timedelta(minutes=n), style="R") for n in range(1, 6)
    ]


def test_a_case_that_was_just_opened_has_no_history_to_show() -> None:
    """Its opening is on the first line."""
    assert "What happened" not in fields(a_case_with())


@pytest.mark.parametrize(
    ("events", "due", "template", "said"),
    [
        (
            (), NOW, None,
            "Please answer as a person, and press Claim. If nobody claims it, the bot posts only the crisis lines at"
            f" <t:{int(NOW.timestamp())}:t> ({AGO}).",
        ),
        ((), None, None, "Please answer as a person, and press Claim. The bot will post nothing here."),
        ((), None, "crisis@1", "Please answer as a person, and press Claim. The bot has posted the crisis lines."),
        ((CLAIM,), NOW, None, "Please answer as a person. The bot posts nothing while somebody holds the case."),
    ],
    ids=["card-to-come", "no-card", "card-posted", "claimed"],
)  # fmt: skip
def test_a_crisis_card_says_what_to_do_and_what_the_bot_does(
    events: tuple[CaseEvent, ...], due: datetime | None, template: str | None, said: str
) -> None:
    """Nobody must guess whether the bot will speak."""
    assert said in head(a_case_with(*events, crisis=True), crisis_card_at=due, template=template).splitlines()


@pytest.mark.parametrize(
    ("urgency", "events", "unstaffed", "said"),
    [
        (Urgency.EMERGENCY, (), True, True),
        (Urgency.EMERGENCY, (CLAIM,), True, True),
        (Urgency.EMERGENCY, (CLAIM, DONE), True, False),
        (Urgency.SAME_DAY, (), True, False),
        (Urgency.EMERGENCY, (), False, False),
    ],
    ids=["open", "claimed", "resolved", "no-emergency", "staffed"],
)
def test_an_empty_on_call_is_said_while_it_matters(
    urgency: Urgency, events: tuple[CaseEvent, ...], unstaffed: bool, said: bool
) -> None:
    """After every redraw of an unresolved emergency."""
    case = a_case_with(*events, urgency=urgency)

    assert ("Nobody is on call" in head(case, unstaffed=unstaffed)) is said


@pytest.mark.parametrize(
    ("score", "flags", "reasons", "said"),
    [
        (0.02, ("bleeding.nosebleed",), (), "Raised by red-flag rules; the model alone: 0.02"),
        (0.93, ("bleeding.nosebleed",), (), "A concern is very likely (0.93)"),
        (0.3, (), (), "A concern is unlikely (0.30)"),
        (0.0, ("bleeding.nosebleed",), ("model_down",), "Not read: the classifier was down"),
    ],
    ids=["raised", "both", "alone", "down"],
)
def test_the_score_says_where_it_comes_from(
    score: float, flags: tuple[str, ...], reasons: tuple[str, ...], said: str
) -> None:
    """A "very unlikely" beside an emergency would contradict the card."""
    case = a_case_with()
    assert case.decision is not None
    decision = replace(case.decision, score=score, red_flags=flags, reasons=reasons)

    assert fields(replace(case, decision=decision))["Score"] == said


def test_a_case_without_a_concern_has_no_line_for_it() -> None:
    """A glance often names none."""
    case = a_case_with()
    assert case.decision is not None

    assert "Concern" not in fields(replace(case, decision=replace(case.decision, concerns=frozenset())))


def test_a_long_post_does_not_push_the_buttons_away() -> None:
    """The queue's card shows the part around the evidence; who asks for the case sees all that fits."""
    brief = a_brief(a_case_with(), text="word " * 700)

    short, full = (case_embeds(brief, in_full=whole)[0].description or "" for whole in (False, True))

    assert size(short) <= LONGEST_EXCERPT + 200
    assert size(full) > 3500


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), "🟠 Same day: a post by <@5> in <#8>"),
        ((CLAIM,), "🟠 Same day · claimed by <@77>: a post by <@5> in <#8>"),
        ((CLAIM, DONE), "✔ Resolved · case 7: a post by <@5> in <#8>"),
    ],
    ids=["open", "claimed", "resolved"],
)
def test_the_line_above_follows_the_state(events: tuple[CaseEvent, ...], said: str) -> None:
    """A resolved emergency must not keep looking like one."""
    assert case_line_above(a_case_with(*events)) == said
