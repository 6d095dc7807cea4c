"""Decisions that left a trace, one per post.

Stores span offsets and version stamps, from which a decision can be replayed; never the words between the offsets.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.posts import MessageId
from bot.core.records import DecisionRecord
from bot.store import rows
from bot.store.tables import decisions


class SqlDecisions:
    """The `Decisions` port inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, message_id: MessageId) -> DecisionRecord | None:
        """Read the decision of a post."""
        query = sa.select(decisions).where(decisions.c.message_id == message_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else rows.decision(row)

    async def known(self, message_ids: Sequence[MessageId]) -> frozenset[MessageId]:
        """Which of these posts were decided before."""
        found: set[MessageId] = set()
        for some in rows.chunks(message_ids):
            query = sa.select(decisions.c.message_id).where(decisions.c.message_id.in_(some))
            found.update(MessageId(message_id) for message_id in await self._connection.scalars(query))
        return frozenset(found)

    async def put(self, record: DecisionRecord) -> bool:
        """Store or replace the decision of a post; True when there was none before."""
        values = rows.decision_values(record)
        added = rows.insert(self._connection, decisions).values(values).on_conflict_do_nothing()
        if await self._connection.scalar(added.returning(decisions.c.message_id)) is not None:
            return True
        await self._connection.execute(
            sa.update(decisions).where(decisions.c.message_id == record.message_id).values(values)
        )
        return False
