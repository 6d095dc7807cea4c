"""Effects that are to be sent, were sent, or will not be; one row per (message, action), for good.

Sends nothing and renders nothing.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.effects import Effect, EffectId, EffectKind, EffectState
from bot.core.errors import StoreError
from bot.core.posts import ChannelId, MessageId, UserId
from bot.store import rows
from bot.store.tables import decisions, effects

_DUE, _SENDING, _SENT = EffectState.DUE.value, EffectState.SENDING.value, EffectState.SENT.value


class SqlOutbox:
    """The `Outbox` port inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def enqueue(self, effect: Effect) -> bool:
        """Add an effect unless `(message_id, action)` exists; True when it was added.

        A new effect is always due and without attempts, and gets an id of its own, even when it was made from one
        that was sent; `sent_message_id` is kept, since a withdrawal names the card that it takes back by it.
        """
        added = rows.insert(self._connection, effects).values(
            message_id=effect.message_id,
            action=effect.action,
            kind=effect.kind.value,
            guild_id=effect.guild_id,
            channel_id=effect.channel_id,
            not_before=effect.not_before,
            case_id=effect.case_id,
            topic=effect.topic,
            audience=effect.audience,
            only_if_unclaimed=effect.only_if_unclaimed,
            page=effect.page,
            state=_DUE,
            attempts=0,
            sent_message_id=effect.sent_message_id,
            template=effect.template,
        )
        added = added.on_conflict_do_nothing(index_elements=["message_id", "action"])
        return await self._connection.scalar(added.returning(effects.c.effect_id)) is not None

    async def due(self, *, now: datetime, limit: int) -> Sequence[Effect]:
        """Effects to send now, pages first, then oldest; `sending` ones are left over from a crash."""
        ready = sa.and_(effects.c.state == _DUE, effects.c.not_before <= now)
        query = (
            sa.select(effects)
            .where(sa.or_(ready, effects.c.state == _SENDING))
            .order_by(effects.c.page.desc(), effects.c.not_before, effects.c.effect_id)
            .limit(limit)
        )
        return [rows.effect(row) for row in (await self._connection.execute(query)).mappings()]

    async def next_due_at(self) -> datetime | None:
        """When the next `due` effect may be sent; an attempt that was begun is not counted."""
        query = sa.select(sa.func.min(effects.c.not_before)).where(effects.c.state == _DUE)
        moment: datetime | None = await self._connection.scalar(query)
        return moment

    async def begin(self, effect_id: EffectId) -> None:
        """Note durably that an attempt starts; `StoreError` when the effect was dropped or sent meanwhile."""
        begun = (
            sa.update(effects)
            .where(effects.c.effect_id == effect_id, effects.c.state.in_([_DUE, _SENDING]))
            .values(state=_SENDING, attempts=effects.c.attempts + 1)
            .returning(effects.c.effect_id)
        )
        if await self._connection.scalar(begun) is None:
            raise StoreError(
                f"Effect {effect_id} is not waiting to be sent; expected 'due' or 'sending': read what is due again."
            )

    async def finish(
        self,
        effect_id: EffectId,
        *,
        state: EffectState,
        sent_message_id: MessageId | None = None,
        template: str | None = None,
    ) -> None:
        """Note how an effect ended; what is not given stays as it was."""
        given = {"sent_message_id": sent_message_id, "template": template}
        values = {name: value for name, value in given.items() if value is not None}
        await self._connection.execute(
            sa.update(effects).where(effects.c.effect_id == effect_id).values(state=state.value, **values)
        )

    async def postpone(self, effect_id: EffectId, *, until: datetime) -> None:
        """Put an effect back to `due`, not before a moment."""
        await self._connection.execute(
            sa.update(effects).where(effects.c.effect_id == effect_id).values(state=_DUE, not_before=until)
        )

    async def of_post(self, message_id: MessageId, kind: EffectKind) -> Effect | None:
        """The first effect of a kind that a post caused, whatever became of it."""
        return await self._first(sa.and_(effects.c.message_id == message_id, effects.c.kind == kind.value))

    async def by_sent_message(self, sent_message_id: MessageId) -> Effect | None:
        """The effect that a message of the bot came from."""
        return await self._first(effects.c.sent_message_id == sent_message_id)

    async def drop_pending(self, message_id: MessageId, kind: EffectKind) -> int:
        """Drop what was never attempted, for an attempt may have arrived; returns how many."""
        dropped = (
            sa.update(effects)
            .where(
                effects.c.message_id == message_id,
                effects.c.kind == kind.value,
                effects.c.state == _DUE,
                effects.c.attempts == 0,
            )
            .values(state=EffectState.DROPPED.value)
        )
        return (await self._connection.execute(dropped)).rowcount

    async def last_card_at(self, *, channel_id: ChannelId, author_id: UserId, topic: str) -> datetime | None:
        """When a card on a topic was last decided for a member in a channel; dropped and failed cards do not count."""
        query = (
            sa.select(sa.func.max(decisions.c.decided_at))
            .join_from(effects, decisions, decisions.c.message_id == effects.c.message_id)
            .where(
                decisions.c.author_id == author_id,
                effects.c.channel_id == channel_id,
                effects.c.kind == EffectKind.MEMBER_CARD.value,
                effects.c.state.in_([_DUE, _SENDING, _SENT]),
                sa.func.coalesce(effects.c.topic, decisions.c.topic) == topic,
            )
        )
        moment: datetime | None = await self._connection.scalar(query)
        return moment

    async def counts(self) -> dict[EffectState, int]:
        """How many effects are in each state; states without any count 0."""
        query = sa.select(effects.c.state, sa.func.count()).group_by(effects.c.state)
        found = {EffectState(state): count for state, count in await self._connection.execute(query)}
        return {state: found.get(state, 0) for state in EffectState}

    async def _first(self, condition: sa.ColumnElement[bool]) -> Effect | None:
        query = sa.select(effects).where(condition).order_by(effects.c.effect_id).limit(1)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else rows.effect(row)
