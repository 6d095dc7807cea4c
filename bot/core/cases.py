"""The life of a case: append-only events, a computed status, and moves that are either an event or a refusal.

Holds no text that a member wrote. Clock and ids are arguments.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.core.assessments import Urgency
from bot.core.policy import Priority
from bot.core.posts import UserId

CaseId = NewType("CaseId", int)


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


class Verdict(StrEnum):
    """What the moderator found."""

    CONFIRMED = "confirmed"
    UNDER_CARE = "under_care"
    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"
    OTHER = "other"


class CaseEventKind(StrEnum):
    """What happened, in the past tense."""

    OPENED = "opened"
    ASKED = "asked"
    CLAIMED = "claimed"
    CLAIM_EXPIRED = "claim_expired"
    RELEASED = "released"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    ANSWER_APPROVED = "answer_approved"
    ANSWER_DECLINED = "answer_declined"
    SOURCE_EDITED = "source_edited"
    READ_AGAIN = "read_again"
    SOURCE_DELETED = "source_deleted"
    NOT_ABOUT_ME = "not_about_me"
    URGENCY_RAISED = "urgency_raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One entry of a case's history. `actor` is None when the bot itself acted."""

    kind: CaseEventKind
    at: datetime
    actor: UserId | None = None
    verdict: Verdict | None = None
    urgency: Urgency | None = None
    note: str | None = None
    """A moderator's own words (the reason for a verdict); stored encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """A case as its events have made it."""

    status: CaseStatus = CaseStatus.OPEN
    urgency: Urgency = Urgency.ROUTINE
    opened_at: datetime | None = None
    holder: UserId | None = None
    claimed_at: datetime | None = None
    verdict: Verdict | None = None
    resolved_by: UserId | None = None
    source_deleted: bool = False
    answer_settled: bool = False
    """The proposed answer was approved, declined, or withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a move was not made, as a sentence for the one who tried."""

    sentence: str
    holder: UserId | None = None


def state_of(events: Iterable[CaseEvent]) -> CaseState:
    """Compute where a case stands from its whole history, oldest event first."""
    state = CaseState()
    for event in events:
        state = _after(state, event)
    return state


def claim(state: CaseState, *, by: UserId, now: datetime) -> CaseEvent | Refusal:
    """Take an open case. Claiming what one holds already changes nothing and is refused kindly."""
    match state.status:
        case CaseStatus.RESOLVED:
            return Refusal(sentence="This case is already resolved.")
        case CaseStatus.CLAIMED if state.holder == by:
            return Refusal(sentence="You already hold this case.", holder=by)
        case CaseStatus.CLAIMED:
            return Refusal(sentence="Somebody else holds this case.", holder=state.holder)
        case CaseStatus.OPEN:
            return CaseEvent(kind=CaseEventKind.CLAIMED, at=now, actor=by)


def release(state: CaseState, *, by: UserId, now: datetime) -> CaseEvent | Refusal:
    """Give a claimed case back to the queue; only its holder can."""
    if state.status is CaseStatus.RESOLVED:
        return Refusal(sentence="This case is already resolved.")
    if state.status is CaseStatus.OPEN:
        return Refusal(sentence="Nobody holds this case, so there is nothing to release.")
    if state.holder != by:
        return Refusal(sentence="Only the moderator who holds this case can release it.", holder=state.holder)
    return CaseEvent(kind=CaseEventKind.RELEASED, at=now, actor=by)


def resolve(state: CaseState, *, by: UserId, verdict: Verdict, reason: str, now: datetime) -> CaseEvent | Refusal:
    """Close a case with a verdict and a reason; an unclaimed case may be resolved in one step."""
    if state.status is CaseStatus.RESOLVED:
        return Refusal(sentence="This case is already resolved.")
    if state.status is CaseStatus.CLAIMED and state.holder != by:
        return Refusal(sentence="Somebody else holds this case.", holder=state.holder)
    if not reason.strip():
        return Refusal(sentence="A verdict needs a reason: write one short sentence.")
    return CaseEvent(kind=CaseEventKind.RESOLVED, at=now, actor=by, verdict=verdict, note=reason.strip())


def expire_claim(state: CaseState, *, ttl: timedelta, now: datetime) -> CaseEvent | None:
    """Return an abandoned claim to the queue once it is `ttl` old."""
    if state.status is not CaseStatus.CLAIMED or state.claimed_at is None or now - state.claimed_at < ttl:
        return None
    return CaseEvent(kind=CaseEventKind.CLAIM_EXPIRED, at=now)


def settle_answer(state: CaseState, *, by: UserId, approve: bool, now: datetime) -> CaseEvent | Refusal:
    """Approve or decline the proposed answer (assist mode), once."""
    if state.status is CaseStatus.RESOLVED:
        return Refusal(sentence="This case is already resolved.")
    if state.answer_settled:
        return Refusal(sentence="The proposed answer was already decided.")
    if state.source_deleted:
        return Refusal(sentence="The post was deleted, so there is nothing to answer.")
    kind = CaseEventKind.ANSWER_APPROVED if approve else CaseEventKind.ANSWER_DECLINED
    return CaseEvent(kind=kind, at=now, actor=by)


def queue_rank(
    *, urgency: Urgency, priority: Priority, opened_at: datetime, score: float
) -> tuple[int, int, float, float]:
    """Sort key of the queue: low-priority glances last, then urgency, then time waiting, then score."""
    return (int(priority is Priority.LOW), -int(urgency), opened_at.timestamp(), -score)


def _after(state: CaseState, event: CaseEvent) -> CaseState:
    """Apply one event."""
    match event.kind:
        case CaseEventKind.OPENED:
            return replace(state, opened_at=event.at, urgency=event.urgency or state.urgency)
        case CaseEventKind.URGENCY_RAISED:
            return replace(state, urgency=max(state.urgency, event.urgency or state.urgency))
        case CaseEventKind.CLAIMED:
            return replace(state, status=CaseStatus.CLAIMED, holder=event.actor, claimed_at=event.at)
        case CaseEventKind.REOPENED:
            return replace(state, status=CaseStatus.OPEN, holder=None, claimed_at=None, verdict=None, resolved_by=None)
        case CaseEventKind.RELEASED | CaseEventKind.CLAIM_EXPIRED:
            return replace(state, status=CaseStatus.OPEN, holder=None, claimed_at=None)
        case CaseEventKind.RESOLVED:
            return replace(
                state, status=CaseStatus.RESOLVED, verdict=event.verdict, resolved_by=event.actor, holder=None
            )
        case CaseEventKind.SOURCE_DELETED:
            return replace(state, source_deleted=True, answer_settled=True)
        case CaseEventKind.ANSWER_APPROVED | CaseEventKind.ANSWER_DECLINED | CaseEventKind.NOT_ABOUT_ME:
            return replace(state, answer_settled=True)
        case CaseEventKind.ASKED | CaseEventKind.SOURCE_EDITED | CaseEventKind.READ_AGAIN:
            return state
