"""What people and the bot did with a case, as lines for moderators; quotes nobody."""

from datetime import datetime
from typing import assert_never

import discord

from bot.core.cases import CaseEvent, CaseEventKind
from bot.core.records import CaseRecord

SHOWN = 5
"""The newest lines; the whole history is in the store."""


def moment(at: datetime) -> str:
    """A time as everybody's own client says it: "5 minutes ago"."""
    return discord.utils.format_dt(at, style="R")


def what_happened(case: CaseRecord) -> list[str]:
    """The last lines of a case's history, newest last; its opening is no news."""
    told = [event for event in case.events if event.kind is not CaseEventKind.OPENED]
    return [f"{_line(event)} · {moment(event.at)}" for event in told[-SHOWN:]]


def reason_of_resolution(case: CaseRecord) -> str | None:
    """What a moderator wrote beside the newest verdict; None where none was written or the store keeps no notes."""
    verdicts = [event for event in case.events if event.kind is CaseEventKind.RESOLVED]
    return verdicts[-1].note if verdicts else None


def _line(event: CaseEvent) -> str:
    by = "" if event.actor is None else f" by <@{event.actor}>"
    match event.kind:
        case CaseEventKind.OPENED:
            return "Opened"
        case CaseEventKind.ASKED:
            return "A member asked for a human" + ("" if event.actor is None else f": <@{event.actor}>")
        case CaseEventKind.CLAIMED:
            return f"Claimed{by}"
        case CaseEventKind.CLAIM_EXPIRED:
            return "Claim expired"
        case CaseEventKind.RELEASED:
            return f"Released{by}"
        case CaseEventKind.RESOLVED:
            verdict = "" if event.verdict is None else f": {event.verdict.value.replace('_', ' ')}"
            return f"Resolved{by}{verdict}"
        case CaseEventKind.REOPENED:
            return f"Opened again{by}"
        case CaseEventKind.ANSWER_APPROVED:
            return f"Answer approved{by}"
        case CaseEventKind.ANSWER_DECLINED:
            return f"Answer declined{by}"
        case CaseEventKind.SOURCE_EDITED:
            return "Edited"
        case CaseEventKind.READ_AGAIN:
            return "Read again"
        case CaseEventKind.SOURCE_DELETED:
            return "Post deleted"
        case CaseEventKind.NOT_ABOUT_ME:
            return "The member said: not about me"
        case CaseEventKind.URGENCY_RAISED:
            raised = "" if event.urgency is None else f" to {event.urgency.label.replace('_', ' ')}"
            return f"Urgency raised{raised}"
    assert_never(event.kind)
