"""What members and moderators see, as embeds: pure functions that know Discord's limits and nothing of its state.

Members' cards carry only vetted text. Case cards hold a member's words behind a spoiler, and only while a case is open.
"""

from collections.abc import Iterable
from datetime import datetime

import discord

from bot.core.answers import MemberCard
from bot.core.assessments import Concern, Experiencer, Mention, Status, Therapy, Urgency
from bot.core.cases import CaseEventKind, CaseStatus
from bot.core.policy import Priority
from bot.core.ports import CaseBrief
from bot.core.records import CaseRecord, DecisionRecord
from bot.gateway.spoiler import cut, escape, size, spoilered

MESSAGE_LIMIT = 6000
"""Characters of all embeds of one message together (Discord reference, "Embed Limits")."""
DESCRIPTION_LIMIT = 4096
FIELD_LIMIT = 1024
TITLE_LIMIT = 256
FOOTER_LIMIT = 2048
SMALLEST_EXCERPT = 60

CALM = discord.Colour(0x4F7CAC)
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


def member_embed(card: MemberCard) -> discord.Embed:
    """Draw a vetted card; the wording is taken as it stands."""
    embed = discord.Embed(
        title=cut(card.title, TITLE_LIMIT), description=cut(card.body, DESCRIPTION_LIMIT), colour=CALM
    )
    _add_lines(embed, "Whom to contact", card.contacts)
    links = (f"[{escape(source.title)}]({source.url}) ({source.date})" for source in card.sources)
    _add_lines(embed, "Sources", links)
    embed.set_footer(text=cut(f"{card.footer}\n{card.template}", FOOTER_LIMIT))
    over = _weight([embed]) - MESSAGE_LIMIT
    if over > 0:
        embed.description = cut(card.body, max(0, size(embed.description or "") - over))
    return embed


def case_embeds(brief: CaseBrief, *, stamp: str = "") -> list[discord.Embed]:
    """Draw a case, and the proposed answer below it; the post's text is what is cut when Discord's limits are near.

    `stamp` goes into the footer, where an interrupted sending is recognised by it.
    """
    case = brief.case
    embed = discord.Embed(title=_title(case), colour=_colour(case))
    _add_reading(embed, brief)
    embed.add_field(name="State", value=_state(case))
    embed.add_field(name="Waiting", value=_waiting(case))
    _add_lines(embed, "Why this is here", brief.reasons)
    embed.set_footer(text=cut(_footer(brief, stamp), FOOTER_LIMIT))
    embeds = [embed]
    if brief.proposed_card is not None:
        proposed = member_embed(brief.proposed_card)
        proposed.title = cut(f"Proposed answer: {brief.proposed_card.title}", TITLE_LIMIT)
        if not brief.proposed_card.signed:
            proposed.insert_field_at(0, name="Not signed", value="No clinician has signed this wording yet.")
        embeds.append(proposed)
    head = _head(brief)
    room = min(DESCRIPTION_LIMIT, MESSAGE_LIMIT - _weight(embeds)) - size(head) - 1
    if room < SMALLEST_EXCERPT and len(embeds) == 2:
        shorter = size(embeds[1].description or "") - (SMALLEST_EXCERPT - room)
        embeds[1].description = cut(embeds[1].description or "", max(0, shorter))
        room = SMALLEST_EXCERPT
    embed.description = f"{head}\n{_text(brief, limit=room)}"
    return embeds


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
        f" {_moment(case.opened_at)} · [post]({post_url(case)}){card}"
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


def _head(brief: CaseBrief) -> str:
    """What must be read before the text: crisis, an empty on-call, then where the post is."""
    lines: list[str] = []
    decision = brief.case.decision
    if decision is not None and decision.crisis:
        lines.append("**⚠ Crisis: the post may be about self-harm or suicide. A human first.**")
    if brief.unstaffed:
        lines.append("**Nobody is on call**: this community has named no on-call role, so nobody was pinged.")
    if brief.case.priority is Priority.LOW:
        lines.append("A glance when there is time: the reading lies between surely not and surely.")
    lines.append(f"Post by <@{brief.case.author_id}> in <#{brief.case.channel_id}>: {post_url(brief.case)}")
    return "\n".join(lines)


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
    embed.add_field(name="Concern", value="\n".join(named) or "None named")
    embed.add_field(name="Would a rater flag it?", value=likelihood(decision.score))
    embed.add_field(name="About", value=f"{ABOUT[decision.experiencer]}, {STANDING[decision.status]}")
    if brief.case.state.status is not CaseStatus.RESOLVED:
        embed.add_field(name="Therapy", value=cut(_therapy(brief.text, brief.mentions), FIELD_LIMIT))
    if decision.red_flags:
        rules = ", ".join(f"`{rule}`" for rule in decision.red_flags)
        embed.add_field(name="Red flags", value=cut(rules, FIELD_LIMIT))


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
            since = "" if state.claimed_at is None else f" since {_moment(state.claimed_at)}"
            return f"Claimed by <@{state.holder}>{since}{gone}"
        case CaseStatus.RESOLVED:
            verdict = "" if state.verdict is None else f": {state.verdict.value.replace('_', ' ')}"
            return f"Resolved by <@{state.resolved_by}>{verdict}{gone}"


def _waiting(case: CaseRecord) -> str:
    closed = [event.at for event in case.events if event.kind is CaseEventKind.RESOLVED]
    if case.state.status is CaseStatus.RESOLVED and closed:
        minutes = max(0, round((closed[-1] - case.opened_at).total_seconds() / 60))
        return f"Resolved after {minutes} min"
    return f"Since {_moment(case.opened_at)}"


def _moment(at: datetime) -> str:
    return discord.utils.format_dt(at, style="R")


def _footer(brief: CaseBrief, stamp: str) -> str:
    decision: DecisionRecord | None = brief.case.decision
    parts = [f"case {brief.case.case_id}"]
    if decision is not None:
        stamps = decision.stamps
        parts += [f"model {stamps.model}", f"thresholds {stamps.thresholds}", f"rules {stamps.rules}"]
        parts.append(f"topic {decision.topic}")
    if brief.proposed_card is not None:
        parts.append(f"template {brief.proposed_card.template}")
    if stamp:
        parts.append(stamp)
    return " · ".join(parts)


def _add_lines(embed: discord.Embed, name: str, lines: Iterable[str]) -> None:
    """Add lines as one field, or as several where one would not hold them."""
    chunk: list[str] = []
    title = name
    for line in (cut(line, FIELD_LIMIT) for line in lines):
        if chunk and size("\n".join([*chunk, line])) > FIELD_LIMIT:
            embed.add_field(name=title, value="\n".join(chunk), inline=False)
            chunk, title = [], "\u200b"
        chunk.append(line)
    if chunk:
        embed.add_field(name=title, value="\n".join(chunk), inline=False)


def _weight(embeds: Iterable[discord.Embed]) -> int:
    """Characters that Discord counts against a message's limit."""
    total = 0
    for embed in embeds:
        total += size(embed.title or "") + size(embed.description or "") + size(embed.footer.text or "")
        total += sum(size(field.name or "") + size(field.value or "") for field in embed.fields)
    return total
