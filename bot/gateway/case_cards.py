"""A case as moderators see it, as embeds and lines: pure functions that know Discord's limits, nothing of its state.

Holds a member's words behind a spoiler, and only while a case is open.
"""

from collections.abc import Iterable

import discord

from bot.core.assessments import Concern, Experiencer, Mention, Status, Therapy, Urgency
from bot.core.cases import CaseEventKind, CaseStatus
from bot.core.policy import Priority, ReasonCode
from bot.core.ports import CaseBrief
from bot.core.records import CaseRecord, DecisionRecord
from bot.gateway.case_history import moment, reason_of_resolution, what_happened
from bot.gateway.embed_layout import (
    DESCRIPTION_LIMIT,
    FIELD_LIMIT,
    FOOTER_LIMIT,
    MESSAGE_LIMIT,
    TITLE_LIMIT,
    add_lines,
    weight,
)
from bot.gateway.member_cards import member_embed
from bot.gateway.spoiler import cut, escape, size, spoilered

SMALLEST_EXCERPT = 60
LONGEST_EXCERPT = 900
"""Of a post on the card in the queue, so that its buttons stay within a phone's reach; `/case` shows all of it."""

RESOLVED = discord.Colour(0x6B7280)
LOW = discord.Colour(0xB8BEC8)
CLAIMED = discord.Colour(0x3BA55D)
COLOURS = {
    Urgency.EMERGENCY: discord.Colour(0xD7263D),
    Urgency.SAME_DAY: discord.Colour(0xF46036),
    Urgency.SOON: discord.Colour(0xF2C14E),
    Urgency.ROUTINE: discord.Colour(0x8D99AE),
}
URGENCY = {
    Urgency.EMERGENCY: "🔴 Emergency",
    Urgency.SAME_DAY: "🟠 Same day",
    Urgency.SOON: "🟡 Soon",
    Urgency.ROUTINE: "⚪ Routine",
}
CONCERNS = {
    Concern.SECONDARY_AUTOIMMUNITY: "Possible secondary autoimmune disorder",
    Concern.RELAPSE: "Possible relapse after therapy",
    Concern.OTHER_URGENT: "Another urgent problem",
}
ABOUT = {
    Experiencer.SELF: "The writer",
    Experiencer.OTHER: "Somebody the writer cares for",
    Experiencer.GENERIC: "Nobody in particular",
}
STANDING = {
    Status.CURRENT: "now",
    Status.PAST_RESOLVED: "in the past, resolved",
    Status.HYPOTHETICAL: "hypothetical",
    Status.NEGATED: "said not to be so",
}
THERAPIES = {
    Therapy.ALEMTUZUMAB: "alemtuzumab",
    Therapy.AHSCT: "AHSCT",
    Therapy.CLADRIBINE: "cladribine",
    Therapy.OTHER_DMT: "another disease-modifying therapy",
}
LIKELIHOOD = ((0.9, "very likely"), (0.7, "likely"), (0.4, "uncertain"), (0.2, "unlikely"), (0.0, "very unlikely"))
"""Words beside the calibrated score, by lower bound; the number is always shown with them."""
UNLIKELY_BELOW = 0.4
"""Where the words beside the score turn to "unlikely": with a red flag, the flag and not the score is the cause."""


def case_embeds(brief: CaseBrief, *, stamp: str = "", in_full: bool = False) -> list[discord.Embed]:
    """Draw a case, and the proposed answer below it; the post's text is what is cut when Discord's limits are near.

    `stamp` goes into the footer, where an interrupted sending is recognised by it. `in_full` is for one pair of eyes:
    as much of the text as Discord carries, and the reason of the resolution.
    """
    case = brief.case
    embed = discord.Embed(title=_title(case), colour=_colour(case))
    _add_reading(embed, brief)
    if in_full and (reason := reason_of_resolution(case)):
        embed.add_field(name="Reason of the resolution", value=cut(escape(reason), FIELD_LIMIT), inline=False)
    add_lines(embed, "What happened", what_happened(case))
    add_lines(embed, "Why this is here", brief.reasons)
    embed.set_footer(text=cut(_footer(brief, stamp), FOOTER_LIMIT))
    embeds = [embed, *_proposed(brief)]
    head = _head(brief)
    room = min(DESCRIPTION_LIMIT, MESSAGE_LIMIT - weight(embeds)) - size(head) - 1
    if room < SMALLEST_EXCERPT and len(embeds) == 2:
        shorter = size(embeds[1].description or "") - (SMALLEST_EXCERPT - room)
        embeds[1].description = cut(embeds[1].description or "", max(0, shorter))
        room = SMALLEST_EXCERPT
    embed.description = f"{head}\n{_text(brief, limit=room if in_full else min(room, LONGEST_EXCERPT))}"
    return embeds


def case_line_above(case: CaseRecord) -> str:
    """The line above a case card: what a phone shows of it before anything is opened."""
    state = case.state
    where = f"a post by <@{case.author_id}> in <#{case.channel_id}>"
    match state.status:
        case CaseStatus.RESOLVED:
            return f"✔ Resolved · case {case.case_id}: {where}"
        case CaseStatus.CLAIMED:
            return f"{URGENCY[state.urgency]} · claimed by <@{state.holder}>: {where}"
        case CaseStatus.OPEN:
            return f"{URGENCY[state.urgency]}: {where}"


def case_line(case: CaseRecord) -> str:
    """One line of `/queue`."""
    state = case.state
    holder = f", held by <@{state.holder}>" if state.holder is not None else ""
    low = ", a glance when there is time" if case.priority is Priority.LOW else ""
    crisis = " · ⚠ crisis" if case.decision is not None and case.decision.crisis else ""
    card = ""
    if case.card_channel_id is not None and case.card_message_id is not None:
        card = f" · [card](https://discord.com/channels/{case.guild_id}/{case.card_channel_id}/{case.card_message_id})"
    return (
        f"**{case.case_id}** {URGENCY[state.urgency]}{crisis} · {state.status.value}{holder}{low} · waiting since"
        f" {moment(case.opened_at)} · [post]({post_url(case)}){card}"
    )


def post_url(case: CaseRecord) -> str:
    """The address of the member's post."""
    return f"https://discord.com/channels/{case.guild_id}/{case.channel_id}/{case.message_id}"


def likelihood(score: float) -> str:
    """A calibrated score in words and as a number."""
    word = next(word for bound, word in LIKELIHOOD if score >= bound)
    return f"{word} ({score:.2f})"


def _title(case: CaseRecord) -> str:
    if case.state.status is CaseStatus.RESOLVED:
        return f"✔ Resolved · case {case.case_id}"
    low = " · low priority" if case.priority is Priority.LOW else ""
    return f"{URGENCY[case.state.urgency]}{low} · case {case.case_id}"


def _colour(case: CaseRecord) -> discord.Colour:
    match case.state.status:
        case CaseStatus.RESOLVED:
            return RESOLVED
        case CaseStatus.CLAIMED:
            return CLAIMED
        case CaseStatus.OPEN:
            return LOW if case.priority is Priority.LOW else COLOURS[case.state.urgency]


def _proposed(brief: CaseBrief) -> list[discord.Embed]:
    """The answer that waits for approval, as the member would see it."""
    if brief.proposed_card is None:
        return []
    proposed = member_embed(brief.proposed_card)
    proposed.title = cut(f"Proposed answer: {brief.proposed_card.title}", TITLE_LIMIT)
    if not brief.proposed_card.signed:
        proposed.insert_field_at(0, name="Not signed", value="No clinician has signed this wording yet.")
    return [proposed]


def _head(brief: CaseBrief) -> str:
    """What must be read before the text: how the case stands, crisis, an empty on-call, then where the post is."""
    case = brief.case
    unresolved = case.state.status is not CaseStatus.RESOLVED
    lines = [f"{_state(case)} · {_waiting(case)}"]
    if case.decision is not None and case.decision.crisis:
        lines.append("**⚠ Crisis: the post may be about self-harm or suicide.**")
        if unresolved:
            lines.append(_crisis(brief))
    if brief.unstaffed and unresolved and case.state.urgency is Urgency.EMERGENCY:
        lines.append("**Nobody is on call**: this community has named no on-call role, so nobody was pinged.")
    if case.priority is Priority.LOW:
        lines.append("A glance when there is time: the reading lies between surely not and surely.")
    lines.append(f"[Open the post]({post_url(case)})")
    return "\n".join(lines)


def _crisis(brief: CaseBrief) -> str:
    """What a moderator is asked for, and what the bot does if nobody comes."""
    claimed = brief.case.state.status is CaseStatus.CLAIMED
    asked = "Please answer as a person." if claimed else "Please answer as a person, and press Claim."
    if brief.crisis_card_at is not None and not claimed:
        due = discord.utils.format_dt(brief.crisis_card_at, style="t")
        return (
            f"{asked} If nobody claims it, the bot posts only the crisis lines at {due}"
            f" ({moment(brief.crisis_card_at)})."
        )
    if brief.crisis_card_at is not None:
        return f"{asked} The bot posts nothing while somebody holds the case."
    if brief.template is not None:
        return f"{asked} The bot has posted the crisis lines."
    return f"{asked} The bot will post nothing here."


def _text(brief: CaseBrief, *, limit: int) -> str:
    state = brief.case.state
    if state.status is CaseStatus.RESOLVED:
        return "The text is not shown any more."
    if state.source_deleted or brief.text is None:
        return "The post is gone, or the bot cannot read it."
    if not brief.text.strip():
        return "The post holds no text."
    return spoilered(brief.text, brief.spans, limit=limit)


def _add_reading(embed: discord.Embed, brief: CaseBrief) -> None:
    """What recognition said, in the words of the handbook."""
    decision = brief.case.decision
    if decision is None:
        embed.add_field(name="Concern", value="Not read by the classifier: somebody asked a moderator to look.")
        return
    named = [CONCERNS[concern] for concern in Concern if concern in decision.concerns]
    if named:
        embed.add_field(name="Concern", value="\n".join(named))
    if brief.case.state.status is not CaseStatus.RESOLVED:
        embed.add_field(name="Therapy", value=cut(_therapy(brief.text, brief.mentions), FIELD_LIMIT))
    embed.add_field(name="Score", value=_score(decision))
    embed.add_field(name="About", value=f"{ABOUT[decision.experiencer]}, {STANDING[decision.status]}")
    if decision.red_flags:
        rules = ", ".join(f"`{rule}`" for rule in decision.red_flags)
        embed.add_field(name="Red flags", value=cut(rules, FIELD_LIMIT))


def _score(decision: DecisionRecord) -> str:
    """The classifier's own probability, and whether it was words that brought the post here."""
    if ReasonCode.MODEL_DOWN.value in decision.reasons:
        return "Not read: the classifier was down"
    if decision.red_flags and decision.score < UNLIKELY_BELOW:
        return f"Raised by red-flag rules; the model alone: {decision.score:.2f}"
    return f"A concern is {likelihood(decision.score)}"


def _therapy(text: str | None, mentions: Iterable[Mention]) -> str:
    """Therapies named, and the writer's own words for the time since; nothing is computed from them."""
    names: list[str] = []
    since: list[str] = []
    for mention in mentions:
        if mention.kind in set(Therapy):
            names.append(THERAPIES[Therapy(mention.kind)])
        elif text is not None and (words := text[mention.span.start : mention.span.end].strip()):
            since.append(f"||{cut(escape(words), 200)}\u200b||")
    stated = ", ".join(dict.fromkeys(names)) or "not stated"
    return f"{stated}; time: {', '.join(since[:3])}" if since else stated


def _state(case: CaseRecord) -> str:
    state = case.state
    gone = " · post deleted" if state.source_deleted else ""
    match state.status:
        case CaseStatus.OPEN:
            return f"Open, nobody holds it{gone}"
        case CaseStatus.CLAIMED:
            since = "" if state.claimed_at is None else f" since {moment(state.claimed_at)}"
            return f"Claimed by <@{state.holder}>{since}{gone}"
        case CaseStatus.RESOLVED:
            verdict = "" if state.verdict is None else f": {state.verdict.value.replace('_', ' ')}"
            return f"Resolved by <@{state.resolved_by}>{verdict}{gone}"


def _waiting(case: CaseRecord) -> str:
    closed = [event.at for event in case.events if event.kind is CaseEventKind.RESOLVED]
    if case.state.status is CaseStatus.RESOLVED and closed:
        minutes = max(0, round((closed[-1] - case.opened_at).total_seconds() / 60))
        return f"after {minutes} min"
    return f"waiting since {moment(case.opened_at)}"


def _footer(brief: CaseBrief, stamp: str) -> str:
    decision: DecisionRecord | None = brief.case.decision
    parts = [f"case {brief.case.case_id}"]
    if decision is not None:
        stamps = decision.stamps
        parts += [f"model {stamps.model}", f"thresholds {stamps.thresholds}", f"rules {stamps.rules}"]
    template = brief.template if brief.proposed_card is None else brief.proposed_card.template
    if template is not None:
        parts.append(f"template {template}")
    if stamp:
        parts.append(stamp)
    return " · ".join(parts)
