"""What is tied to a person: opt-outs, moderators' answers, and the rights to see and to erase.

Keeps nothing of what anybody said, only that a moderator wrote, and when.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ports import Shown
from bot.core.posts import ChannelId, GuildId, UserId
from bot.store import personal_data, rows
from bot.store.notes import NoteCipher
from bot.store.tables import ANY_MEMBER, moderator_answers, opt_outs


class SqlMembers:
    """The `Members` port inside one transaction."""

    def __init__(self, connection: AsyncConnection, *, cipher: NoteCipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def opted_out(self, guild_id: GuildId, user_ids: Sequence[UserId]) -> frozenset[UserId]:
        """Which of these members have opted out of being read."""
        found: set[UserId] = set()
        for some in rows.chunks(user_ids):
            query = sa.select(opt_outs.c.user_id).where(opt_outs.c.guild_id == guild_id, opt_outs.c.user_id.in_(some))
            found.update(UserId(user_id) for user_id in await self._connection.scalars(query))
        return frozenset(found)

    async def set_opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool, now: datetime) -> None:
        """Opt a member out of being read, or in again; opting out twice keeps the first moment."""
        if out:
            added = rows.insert(self._connection, opt_outs).values(guild_id=guild_id, user_id=user_id, since=now)
            await self._connection.execute(added.on_conflict_do_nothing())
            return
        await self._connection.execute(
            sa.delete(opt_outs).where(opt_outs.c.guild_id == guild_id, opt_outs.c.user_id == user_id)
        )

    async def note_moderator_answer(self, *, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """A moderator wrote here; only the latest moment per channel and member is kept."""
        added = rows.insert(self._connection, moderator_answers).values(
            channel_id=channel_id, member_id=ANY_MEMBER if member_id is None else member_id, at=at
        )
        await self._connection.execute(
            added.on_conflict_do_update(
                index_elements=["channel_id", "member_id"],
                set_={"at": added.excluded["at"]},
                where=moderator_answers.c.at < added.excluded["at"],
            )
        )

    async def moderator_answer(
        self, *, channel_id: ChannelId, member_id: UserId, posted_at: datetime
    ) -> datetime | None:
        """The latest answer to this member here, or a message to nobody in particular after `posted_at`."""
        query = sa.select(sa.func.max(moderator_answers.c.at)).where(
            moderator_answers.c.channel_id == channel_id,
            sa.or_(
                moderator_answers.c.member_id == member_id,
                sa.and_(moderator_answers.c.member_id == ANY_MEMBER, moderator_answers.c.at > posted_at),
            ),
        )
        moment: datetime | None = await self._connection.scalar(query)
        return moment

    async def export(self, user_id: UserId) -> dict[str, list[dict[str, object]]]:
        """Every row tied to a person, by table, as plain JSON values; other people's ids are masked."""
        return await personal_data.export(self._connection, user_id, cipher=self._cipher)

    async def shown(self, user_id: UserId) -> Sequence[Shown]:
        """Messages of the bot that still show, or answer, what a member wrote."""
        return await personal_data.shown(self._connection, user_id)

    async def erase(self, user_id: UserId) -> int:
        """Remove or irreversibly detach every row tied to a person; returns how many.

        Opt-outs stay, and only they: without them the person would be read again. Follow the commit with
        `SqlStore.scrub`, which removes what the database file still remembers.
        """
        return await personal_data.erase(self._connection, user_id)

    async def forget_before(self, moment: datetime) -> int:
        """Retention: remove resolved cases, decisions, effects and answers older than a moment; returns how many."""
        return await personal_data.forget_before(self._connection, moment)
