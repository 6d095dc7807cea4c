"""Cases and their append-only events; who is first wins by the key (case, sequence number).

Decides nothing about moves: the events that arrive here were allowed by `bot.core.cases`.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.cases import CaseEvent, CaseId, CaseStatus, state_of
from bot.core.errors import StoreError
from bot.core.policy import Priority
from bot.core.posts import ChannelId, GuildId, MessageId
from bot.core.records import CaseRecord
from bot.store import rows
from bot.store.notes import NoteCipher
from bot.store.tables import case_events, cases, decisions

log = structlog.get_logger(__name__)


class SqlCases:
    """The `Cases` port inside one transaction."""

    def __init__(self, connection: AsyncConnection, *, cipher: NoteCipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def open(self, case: CaseRecord) -> CaseRecord:
        """Store a new case with its first events; a post that has a case already gets that one back, unchanged."""
        values = {
            **rows.case_values(case),
            **rows.state_values(case.state),
            "last_event_at": max((event.at for event in case.events), default=case.opened_at),
        }
        added = rows.insert(self._connection, cases).values(values)
        # Only the post's key may collide; any other conflict is an error that must be seen.
        added = added.on_conflict_do_nothing(index_elements=["message_id"])
        case_id = await self._connection.scalar(added.returning(cases.c.case_id))
        if case_id is not None and case.events:
            await self._connection.execute(
                sa.insert(case_events),
                [self._event_values(event, CaseId(case_id), seq) for seq, event in enumerate(case.events)],
            )
        stored = await self.of_post(case.message_id)
        if stored is None:
            raise StoreError(
                f"The case of message {case.message_id} vanished while it was opened; expected it to stay: try again."
            )
        return stored

    async def get(self, case_id: CaseId) -> CaseRecord | None:
        """Read a case."""
        found = await self._load(_with_decision().where(cases.c.case_id == case_id))
        return found[0] if found else None

    async def of_post(self, message_id: MessageId) -> CaseRecord | None:
        """Read the case of a post."""
        found = await self._load(_with_decision().where(cases.c.message_id == message_id))
        return found[0] if found else None

    async def append(self, case: CaseRecord, event: CaseEvent) -> CaseRecord | None:
        """Add the next event; None when somebody else was faster, or the case is gone.

        Without a notes key the event is stored and its note is left out (with a warning in the log): a verdict must
        never be lost because a key is missing.
        """
        row = sa.select(cases.c.last_event_at).where(cases.c.case_id == case.case_id).with_for_update()
        last_event_at = await self._connection.scalar(row)
        if last_event_at is None:
            return None
        # The key decides the race: the second writer of the same number inserts nothing.
        values = self._event_values(event, case.case_id, len(case.events))
        added = rows.insert(self._connection, case_events).values(values).on_conflict_do_nothing()
        if await self._connection.scalar(added.returning(case_events.c.seq)) is None:
            return None
        await self._connection.execute(
            sa.update(cases)
            .where(cases.c.case_id == case.case_id)
            .values(**rows.state_values(state_of((*case.events, event))), last_event_at=max(last_event_at, event.at))
        )
        return await self.get(case.case_id)

    async def attach_card(self, case_id: CaseId, *, channel_id: ChannelId, message_id: MessageId) -> None:
        """Remember where a case's card stands."""
        await self._connection.execute(
            sa.update(cases)
            .where(cases.c.case_id == case_id)
            .values(card_channel_id=channel_id, card_message_id=message_id)
        )

    async def set_priority(self, case_id: CaseId, priority: Priority) -> None:
        """Move a case to another part of the queue."""
        await self._connection.execute(
            sa.update(cases).where(cases.c.case_id == case_id).values(priority=priority.value)
        )

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        """Unresolved cases, in the order of `cases.queue_rank`; a case without a decision counts as score 0."""
        return await self._load(
            _with_decision()
            .where(cases.c.guild_id == guild_id, cases.c.status != CaseStatus.RESOLVED.value)
            .order_by(
                sa.case((cases.c.priority == Priority.LOW.value, 1), else_=0),
                cases.c.urgency.desc(),
                cases.c.opened_at,
                sa.func.coalesce(decisions.c.score, 0.0).desc(),
                cases.c.case_id,
            )
            .limit(limit)
        )

    async def claimed_before(self, moment: datetime) -> Sequence[CaseRecord]:
        """Cases whose current claim is as old as `moment` or older, the oldest first."""
        return await self._load(
            _with_decision()
            .where(cases.c.status == CaseStatus.CLAIMED.value, cases.c.claimed_at <= moment)
            .order_by(cases.c.claimed_at, cases.c.case_id)
        )

    async def _load(self, query: sa.Select[Any]) -> list[CaseRecord]:
        found = (await self._connection.execute(query)).mappings().all()
        events: dict[int, list[CaseEvent]] = defaultdict(list)
        for some in rows.chunks(row["case_id"] for row in found):
            history = (
                sa.select(case_events)
                .where(case_events.c.case_id.in_(some))
                .order_by(case_events.c.case_id, case_events.c.seq)
            )
            for row in (await self._connection.execute(history)).mappings():
                note = None if row["note"] is None else self._cipher.open(row["note"])
                events[row["case_id"]].append(rows.case_event(row, note=note))
        return [rows.case_record(row, events[row["case_id"]]) for row in found]

    def _event_values(self, event: CaseEvent, case_id: CaseId, seq: int) -> dict[str, Any]:
        sealed = None
        if event.note is not None:
            try:
                sealed = self._cipher.seal(event.note)
            except StoreError as error:
                log.warning("note left out", action="leave_out_note", case_id=case_id, error=str(error))
        return rows.event_values(event, case_id=case_id, seq=seq, sealed_note=sealed)


def _with_decision() -> sa.Select[Any]:
    """Select cases with the decision of their post beside them."""
    decided = [column.label(rows.DECISION_PREFIX + column.name) for column in decisions.c]
    return sa.select(cases, *decided).outerjoin(decisions, decisions.c.message_id == cases.c.message_id)
