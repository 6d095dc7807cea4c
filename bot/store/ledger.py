"""Up to where each channel is settled, and which posts still wait.

Keeps ids and a count of attempts of a waiting post, never its text.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.posts import ChannelId, MessageId, Post
from bot.core.records import ChannelMark, WaitingPost
from bot.store import rows
from bot.store.tables import channel_marks, waiting_posts


class SqlLedger:
    """The `Ledger` port inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def mark(self, channel_id: ChannelId) -> ChannelMark | None:
        """Read a channel's mark."""
        query = sa.select(channel_marks).where(channel_marks.c.channel_id == channel_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else rows.mark(row)

    async def marks(self) -> Sequence[ChannelMark]:
        """Read every mark, by channel id."""
        query = sa.select(channel_marks).order_by(channel_marks.c.channel_id)
        return [rows.mark(row) for row in (await self._connection.execute(query)).mappings()]

    async def advance(self, mark: ChannelMark) -> None:
        """Move a channel's mark forward; a mark never moves back."""
        added = rows.insert(self._connection, channel_marks).values(
            channel_id=mark.channel_id,
            watched_id=mark.watched_id,
            guild_id=mark.guild_id,
            settled_id=mark.settled_id,
        )
        await self._connection.execute(
            added.on_conflict_do_update(
                index_elements=["channel_id"],
                set_={name: added.excluded[name] for name in ("watched_id", "guild_id", "settled_id")},
                where=channel_marks.c.settled_id < added.excluded.settled_id,
            )
        )

    async def wait(self, post: Post, *, now: datetime, max_attempts: int, counts: bool = True) -> WaitingPost:
        """Note that a post could not be settled; counts the attempt, and gives up at `max_attempts`."""
        counted = waiting_posts.c.attempts + int(counts)
        added = rows.insert(self._connection, waiting_posts).values(
            message_id=post.message_id,
            channel_id=post.channel_id,
            watched_id=post.watched_id,
            guild_id=post.guild_id,
            author_id=post.author_id,
            attempts=int(counts),
            given_up=counts and max_attempts <= 1,
            first_seen_at=now,
        )
        noted = added.on_conflict_do_update(
            index_elements=["message_id"],
            set_={"attempts": counted, "given_up": sa.or_(waiting_posts.c.given_up, counted >= max_attempts)},
        ).returning(waiting_posts)
        return rows.waiting_post((await self._connection.execute(noted)).mappings().one())

    async def waiting(self, *, limit: int) -> Sequence[WaitingPost]:
        """Posts that wait and are not given up, oldest first."""
        return await self._posts(given_up=False, limit=limit)

    async def given_up(self) -> Sequence[WaitingPost]:
        """Posts whose attempts are used up, oldest first."""
        return await self._posts(given_up=True, limit=None)

    async def settle(self, message_id: MessageId) -> None:
        """Forget that a post waited."""
        await self._connection.execute(sa.delete(waiting_posts).where(waiting_posts.c.message_id == message_id))

    async def _posts(self, *, given_up: bool, limit: int | None) -> Sequence[WaitingPost]:
        query = (
            sa.select(waiting_posts)
            .where(waiting_posts.c.given_up.is_(given_up))
            .order_by(waiting_posts.c.message_id)
            .limit(limit)
        )
        return [rows.waiting_post(row) for row in (await self._connection.execute(query)).mappings()]
