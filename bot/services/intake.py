"""Takes posts and deletions from the gateway without making it wait, and settles them in the order they came.

A mark moves only over posts that are settled or written down as waiting; where that is in doubt (a full queue, a
database that does not answer) the channel is "behind" until catch-up has read it again.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.core.communities import Directory
from bot.core.errors import AftercareError
from bot.core.ports import Clock, Idle, Store
from bot.core.posts import ChannelId, GuildId, MessageId, Origin, Post, UserId
from bot.core.records import ChannelMark
from bot.services.casework import Casework
from bot.services.triage import Triage
from bot.services.unbroken import unbroken

log = structlog.get_logger(__name__)

QUEUE_SIZE = 10_000
"""Items held in memory; beyond it the channel is caught up from Discord instead."""

BATCH_SIZE = 32
"""Posts assessed together; larger batches make the first post of a burst wait."""

MOST_REPEATS = 3
"""How often an edit, a mention or a deletion is tried again, which catch-up would not find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A post is gone."""

    guild_id: GuildId
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What has to be caught up at one moment; only this is ticked off when the pass that began then has ended."""

    everything: int
    """How many times everything fell behind so far."""
    channels: frozenset[ChannelId]


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
        self._items: asyncio.Queue[Post | Deletion] = asyncio.Queue(QUEUE_SIZE)
        self._repeats: dict[Post | Deletion, int] = {}
        self._answers: list[tuple[ChannelId, UserId | None, datetime]] = []
        self._behind: set[ChannelId] = set()
        self._times_all_behind = 0
        self._times_caught_up = 0

    @property
    def depth(self) -> int:
        """Items that wait in memory."""
        return self._items.qsize()

    def offer(self, item: Post | Deletion) -> None:
        """Take a post or a deletion; never waits. With a full queue the channel is left to catch-up."""
        try:
            self._items.put_nowait(item)
        except asyncio.QueueFull:
            log.error("queue full", action="offer", message_id=item.message_id)
            if isinstance(item, Post):
                self._behind.add(item.channel_id)

    def moderator_wrote(self, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """Remember that a moderator is answering here; written with the next batch."""
        self._answers.append((channel_id, member_id, at))

    def all_behind(self) -> None:
        """A connection began: no mark may move before catch-up has read the channel."""
        self._times_all_behind += 1

    def fell_behind(self, channel_id: ChannelId) -> None:
        """A post of this channel could not be taken: catch-up must read it."""
        self._behind.add(channel_id)

    def behind(self) -> Behind:
        """What a pass that begins now has to catch up."""
        return Behind(everything=self._times_all_behind, channels=frozenset(self._behind))

    def caught_up(self, done: Behind, *, unread: Iterable[ChannelId] = ()) -> None:
        """Tick off what was behind when the pass began, except places that could not be read."""
        self._times_caught_up = max(self._times_caught_up, done.everything)
        self._behind.difference_update(done.channels)
        self._behind.update(unread)

    @property
    def needs_catch_up(self) -> bool:
        """Did a channel fall behind since the bot connected?"""
        connected = self._times_all_behind > 0
        return connected and (self._times_caught_up < self._times_all_behind or bool(self._behind))

    async def run(self) -> None:
        """Settle what comes in, until cancelled; a batch that was begun is finished first."""
        while True:
            batch = [await self._idle(self._items.get(), reason="waiting for posts")]
            while len(batch) < BATCH_SIZE and not self._items.empty():
                batch.append(self._items.get_nowait())
            await unbroken(self.settle(batch))

    async def settle(self, batch: Iterable[Post | Deletion]) -> None:
        """Settle items in their order; what fails is read again, so that nothing is lost."""
        posts: list[Post] = []
        for item in batch:
            if isinstance(item, Post):
                posts.append(item)
                continue
            await self._settle_posts(posts)
            posts = []
            await self._settle_deletion(item)
        await self._settle_posts(posts)
        self._wake()

    async def write_answers(self) -> None:
        """Write down the moderators' answers that were noted; they are kept when that fails."""
        answers = list(self._answers)
        if not answers:
            return
        async with self._store.transaction() as tx:
            for channel_id, member_id, at in answers:
                await tx.members.note_moderator_answer(channel_id=channel_id, member_id=member_id, at=at)
        del self._answers[: len(answers)]

    async def _settle_posts(self, posts: list[Post]) -> None:
        if not posts:
            return
        try:
            await self.write_answers()
            await self._triage.handle_each(posts, marks=self._marks(posts))
        except (AftercareError, OSError) as error:
            log.error("batch not settled", action="settle", error=str(error), posts=len(posts))
            for post in posts:
                if post.origin is Origin.LIVE:
                    self._behind.add(post.channel_id)
                else:
                    self._repeat(post)
            return
        for post in posts:
            self._repeats.pop(post, None)

    async def _settle_deletion(self, gone: Deletion) -> None:
        """Follow a deletion: forget a waiting post, take the answer back, tell the queue."""
        community = self._directory.get(gone.guild_id)
        if community is None:
            return
        try:
            async with self._store.transaction() as tx:
                await tx.ledger.settle(gone.message_id)
                case = await tx.cases.of_post(gone.message_id)
                if case is not None and case.guild_id == gone.guild_id:
                    await Casework(tx=tx, community=community, now=self._clock()).deleted(case)
        except (AftercareError, OSError) as error:
            log.error("deletion not followed", action="settle", error=str(error), message_id=gone.message_id)
            self._repeat(gone)
            return
        self._repeats.pop(gone, None)

    def _repeat(self, item: Post | Deletion) -> None:
        """Put back what catch-up would not find, a few times."""
        tried = self._repeats.get(item, 0) + 1
        if tried > MOST_REPEATS:
            self._repeats.pop(item, None)
            log.error("given up", action="settle", message_id=item.message_id, attempts=tried)
            return
        self._repeats[item] = tried
        self.offer(item)

    def _marks(self, batch: list[Post]) -> list[ChannelMark]:
        if self._times_caught_up < self._times_all_behind:
            return []
        newest: dict[ChannelId, Post] = {}
        for post in batch:
            if post.channel_id in self._behind:
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
