"""Between rows and the core's values, both ways.

Runs no query; notes pass through the cipher that the caller brings.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.assessments import Concern, Experiencer, Span, Stamps, Status, Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, CaseState, Verdict
from bot.core.effects import Effect, EffectId, EffectKind, EffectState
from bot.core.policy import Priority
from bot.core.posts import ChannelId, GuildId, MessageId, UserId
from bot.core.records import CaseRecord, ChannelMark, DecisionRecord, WaitingPost

Row = sa.RowMapping

T = TypeVar("T")

CHUNK = 1_000
"""Ids per `IN (…)`, far below the limits of both drivers (32,766 and 32,767 variables)."""

DECISION_PREFIX = "decision_"
"""Marks the columns of a joined decision."""


def chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Cut ids into lists that one statement can take."""
    everything = list(values)
    for start in range(0, len(everything), CHUNK):
        yield everything[start : start + CHUNK]


def insert(connection: AsyncConnection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Make an INSERT that knows ON CONFLICT; both dialects spell it alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def mark(row: Row) -> ChannelMark:
    """Read a channel's mark."""
    return ChannelMark(
        channel_id=ChannelId(row["channel_id"]),
        watched_id=ChannelId(row["watched_id"]),
        guild_id=GuildId(row["guild_id"]),
        settled_id=MessageId(row["settled_id"]),
    )


def waiting_post(row: Row) -> WaitingPost:
    """Read a post that waits."""
    return WaitingPost(
        message_id=MessageId(row["message_id"]),
        channel_id=ChannelId(row["channel_id"]),
        watched_id=ChannelId(row["watched_id"]),
        guild_id=GuildId(row["guild_id"]),
        attempts=row["attempts"],
        given_up=row["given_up"],
        first_seen_at=row["first_seen_at"],
    )


def decision_values(record: DecisionRecord) -> dict[str, Any]:
    """Write a decision."""
    return {
        "message_id": record.message_id,
        "channel_id": record.channel_id,
        "watched_id": record.watched_id,
        "guild_id": record.guild_id,
        "author_id": record.author_id,
        "decided_at": record.decided_at,
        "posted_at": record.posted_at,
        "flagged": record.flagged,
        "review": record.review,
        "score": record.score,
        "concerns": sorted(concern.value for concern in record.concerns),
        "urgency": int(record.urgency),
        "experiencer": record.experiencer.value,
        "status": record.status.value,
        "crisis": record.crisis,
        "red_flags": list(record.red_flags),
        "spans": [[span.start, span.end] for span in record.spans],
        "topic": record.topic,
        "audience": record.audience,
        "reasons": list(record.reasons),
        "model": record.stamps.model,
        "thresholds": record.stamps.thresholds,
        "rules": record.stamps.rules,
        "mode": record.mode,
    }


def decision(row: Row, *, prefix: str = "") -> DecisionRecord:
    """Read a decision, from its own row or from one that it was joined to."""
    return DecisionRecord(
        message_id=MessageId(row[prefix + "message_id"]),
        channel_id=ChannelId(row[prefix + "channel_id"]),
        watched_id=ChannelId(row[prefix + "watched_id"]),
        guild_id=GuildId(row[prefix + "guild_id"]),
        author_id=UserId(row[prefix + "author_id"]),
        decided_at=row[prefix + "decided_at"],
        posted_at=row[prefix + "posted_at"],
        flagged=row[prefix + "flagged"],
        review=row[prefix + "review"],
        score=row[prefix + "score"],
        concerns=frozenset(Concern(concern) for concern in row[prefix + "concerns"]),
        urgency=Urgency(row[prefix + "urgency"]),
        experiencer=Experiencer(row[prefix + "experiencer"]),
        status=Status(row[prefix + "status"]),
        crisis=row[prefix + "crisis"],
        red_flags=tuple(row[prefix + "red_flags"]),
        spans=tuple(Span(start, end) for start, end in row[prefix + "spans"]),
        topic=row[prefix + "topic"],
        audience=row[prefix + "audience"],
        reasons=tuple(row[prefix + "reasons"]),
        stamps=Stamps(model=row[prefix + "model"], thresholds=row[prefix + "thresholds"], rules=row[prefix + "rules"]),
        mode=row[prefix + "mode"],
    )


def case_values(case: CaseRecord) -> dict[str, Any]:
    """Write a case without its id, its events and its decision."""
    return {
        "message_id": case.message_id,
        "channel_id": case.channel_id,
        "watched_id": case.watched_id,
        "guild_id": case.guild_id,
        "author_id": case.author_id,
        "topic": case.topic,
        "priority": case.priority.value,
        "opened_at": case.opened_at,
        "card_channel_id": case.card_channel_id,
        "card_message_id": case.card_message_id,
        "proposed": case.proposed,
    }


def state_values(state: CaseState) -> dict[str, Any]:
    """Write what the queue needs of a case's computed state."""
    return {"status": state.status.value, "urgency": int(state.urgency), "claimed_at": state.claimed_at}


def case_record(row: Row, events: Iterable[CaseEvent]) -> CaseRecord:
    """Read a case that its decision, if any, was joined to."""
    decided = row[DECISION_PREFIX + "message_id"] is not None
    card_channel, card_message = row["card_channel_id"], row["card_message_id"]
    return CaseRecord(
        case_id=CaseId(row["case_id"]),
        message_id=MessageId(row["message_id"]),
        channel_id=ChannelId(row["channel_id"]),
        watched_id=ChannelId(row["watched_id"]),
        guild_id=GuildId(row["guild_id"]),
        author_id=UserId(row["author_id"]),
        topic=row["topic"],
        priority=Priority(row["priority"]),
        opened_at=row["opened_at"],
        events=tuple(events),
        decision=decision(row, prefix=DECISION_PREFIX) if decided else None,
        card_channel_id=None if card_channel is None else ChannelId(card_channel),
        card_message_id=None if card_message is None else MessageId(card_message),
        proposed=row["proposed"],
    )


def event_values(event: CaseEvent, *, case_id: CaseId, seq: int, sealed_note: str | None) -> dict[str, Any]:
    """Write one event of a case."""
    return {
        "case_id": case_id,
        "seq": seq,
        "kind": event.kind.value,
        "at": event.at,
        "actor": event.actor,
        "verdict": None if event.verdict is None else event.verdict.value,
        "urgency": None if event.urgency is None else int(event.urgency),
        "note": sealed_note,
    }


def case_event(row: Row, *, note: str | None) -> CaseEvent:
    """Read one event of a case; `note` was decrypted by the caller."""
    return CaseEvent(
        kind=CaseEventKind(row["kind"]),
        at=row["at"],
        actor=None if row["actor"] is None else UserId(row["actor"]),
        verdict=None if row["verdict"] is None else Verdict(row["verdict"]),
        urgency=None if row["urgency"] is None else Urgency(row["urgency"]),
        note=note,
    )


def effect(row: Row) -> Effect:
    """Read an effect."""
    case_id, sent = row["case_id"], row["sent_message_id"]
    return Effect(
        message_id=MessageId(row["message_id"]),
        action=row["action"],
        kind=EffectKind(row["kind"]),
        guild_id=GuildId(row["guild_id"]),
        channel_id=ChannelId(row["channel_id"]),
        not_before=row["not_before"],
        case_id=None if case_id is None else CaseId(case_id),
        topic=row["topic"],
        audience=row["audience"],
        only_if_unclaimed=row["only_if_unclaimed"],
        page=row["page"],
        effect_id=EffectId(row["effect_id"]),
        state=EffectState(row["state"]),
        attempts=row["attempts"],
        sent_message_id=None if sent is None else MessageId(sent),
        template=row["template"],
    )
