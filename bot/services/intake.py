"""Takes posts from the gateway without making it wait, and settles them in batches in the order they came.

A mark moves only over posts that are settled or written down as waiting; where that is in doubt (a full queue, a
database that does not answer) the channel is "behind" until catch-up has read it again.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from bot.core.communities import Directory
from bot.core.errors import AftercareError
from bot.core.ports import Clock, Idle, Store
from bot.core.posts import ChannelId, GuildId, MessageId, Post, UserId
from bot.core.records import ChannelMark
from bot.services.casework import Casework
from bot.services.triage import Triage
from bot.services.unbroken import unbroken

log = structlog.get_logger(__name__)

QUEUE_SIZE = 10_000
"""Posts held in memory; beyond it the channel is caught up from Discord instead."""

BATCH_SIZE = 32
"""Posts assessed together; larger batches make the first post of a burst wait."""


class Intake:
    """The queue between the gateway and triage."""

    def __init__(
        self, *, triage: Triage, store: Store, directory: Directory, clock: Clock, idle: Idle, wake: Callable[[], None]
    ) -> None:
        self._triage = triage
        self._store = store
        self._directory = directory
        self._clock = clock
        self._idle = idle
        self._wake = wake
        self._posts: asyncio.Queue[Post] = asyncio.Queue(QUEUE_SIZE)
        self._answers: list[tuple[ChannelId, UserId | None, datetime]] = []
        self._behind: set[ChannelId] = set()
        self._all_behind = True
        self._connected = False

    @property
    def depth(self) -> int:
        """Posts that wait in memory."""
        return self._posts.qsize()

    def offer(self, post: Post) -> None:
        """Take a post; never waits. With a full queue the channel is left to catch-up."""
        try:
            self._posts.put_nowait(post)
        except asyncio.QueueFull:
            self._behind.add(post.channel_id)
            log.error("queue full, channel left to catch-up", action="offer", **post.log_context())

    def moderator_wrote(self, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """Remember that a moderator is answering here; written with the next batch."""
        self._answers.append((channel_id, member_id, at))

    def all_behind(self) -> None:
        """A connection began: no mark may move before catch-up has read the channel."""
        self._connected = True
        self._all_behind = True

    def caught_up(self, channels: Iterable[ChannelId] = (), *, everything: bool = False) -> None:
        """Catch-up has read these channels to their end."""
        self._behind.difference_update(channels)
        if everything:
            self._all_behind = False

    @property
    def needs_catch_up(self) -> bool:
        """Did a channel fall behind since the bot connected?"""
        return self._connected and (self._all_behind or bool(self._behind))

    async def run(self) -> None:
        """Settle what comes in, until cancelled; a batch that was begun is finished first."""
        while True:
            batch = [await self._idle(self._posts.get(), reason="waiting for posts")]
            while len(batch) < BATCH_SIZE and not self._posts.empty():
                batch.append(self._posts.get_nowait())
            await unbroken(self.settle(batch))

    async def settle(self, batch: list[Post]) -> None:
        """Triage one batch; on a failure its channels fall behind, so that nothing is lost."""
        try:
            await self.write_answers()
            await self._triage.handle(batch, marks=self._marks(batch))
        except (AftercareError, OSError) as error:
            self._behind.update(post.channel_id for post in batch)
            log.error("batch not settled", action="settle", error=str(error), posts=len(batch))
        self._wake()

    async def write_answers(self) -> None:
        """Write down the moderators' answers that were noted."""
        if not self._answers:
            return
        answers, self._answers = self._answers, []
        async with self._store.transaction() as tx:
            for channel_id, member_id, at in answers:
                await tx.members.note_moderator_answer(channel_id=channel_id, member_id=member_id, at=at)

    async def deleted(self, guild_id: GuildId, message_id: MessageId) -> None:
        """Follow a deletion: forget a waiting post, take the answer back, tell the queue."""
        community = self._directory.get(guild_id)
        if community is None:
            return
        async with self._store.transaction() as tx:
            await tx.ledger.settle(message_id)
            case = await tx.cases.of_post(message_id)
            if case is not None and case.guild_id == guild_id:
                await Casework(tx=tx, community=community, now=self._clock()).deleted(case)
        self._wake()

    def _marks(self, batch: list[Post]) -> list[ChannelMark]:
        newest: dict[ChannelId, Post] = {}
        for post in batch:
            if self._all_behind or post.channel_id in self._behind:
                continue
            known = newest.get(post.channel_id)
            if known is None or post.message_id > known.message_id:
                newest[post.channel_id] = post
        return [mark_of(post) for post in newest.values()]


def mark_of(post: Post) -> ChannelMark:
    """The mark that says: this channel is settled up to this post."""
    return ChannelMark(
        channel_id=post.channel_id, watched_id=post.watched_id, guild_id=post.guild_id, settled_id=post.message_id
    )
