"""The running services as one thing: what the gateway hands over to, and what the app starts and stops.

Holds no rule of its own.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.core.authority import Deed
from bot.core.cases import CaseId, Refusal, Verdict
from bot.core.ports import CaseBrief
from bot.core.posts import ChannelId, GuildId, MessageId, Origin, Post, UserId
from bot.core.records import CaseRecord
from bot.services.catch_up import CatchUp, catch_up_safely
from bot.services.desk import Desk
from bot.services.intake import Intake
from bot.services.outbox import OutboxSender
from bot.services.privacy import Privacy
from bot.services.watchkeeper import Watchkeeper

log = structlog.get_logger(__name__)


class House:
    """Everything that runs between connect and shutdown."""

    def __init__(
        self,
        *,
        intake: Intake,
        catch_up: CatchUp,
        outbox: OutboxSender,
        desk: Desk,
        watchkeeper: Watchkeeper,
        privacy: Privacy,
    ) -> None:
        self._intake = intake
        self._catch_up = catch_up
        self._outbox = outbox
        self._desk = desk
        self._watchkeeper = watchkeeper
        self._privacy = privacy
        self._tasks: set[asyncio.Task[None]] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self._started = False

    async def stop(self) -> None:
        """Stop taking work, let begun work finish, and end the loops."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def connected(self) -> None:
        """A session with Discord began: read what was missed; safe to call any number of times."""
        if not self._started:
            self._start()
        self._intake.all_behind()
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._keep(self._read_backlog(), name="catch_up")

    def offer(self, post: Post) -> None:
        """Take a live post."""
        self._intake.offer(post)

    def mentioned(self, post: Post) -> None:
        """Take a post whose writer mentioned the bot."""
        self._intake.offer(replace(post, origin=Origin.MENTION))

    def edited(self, post: Post) -> None:
        """Take a post whose text changed."""
        self._intake.offer(replace(post, origin=Origin.EDIT))

    def deleted(self, guild_id: GuildId, message_id: MessageId) -> None:
        """Follow a deletion."""
        self._keep(self._intake.deleted(guild_id, message_id), name="deleted")

    def moderator_wrote(self, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """Note that a moderator is answering."""
        self._intake.moderator_wrote(channel_id, member_id, at)

    async def ask(self, post: Post, *, by: UserId) -> CaseRecord | None:
        """Bring a post to the moderators."""
        return await self._desk.ask(replace(post, origin=Origin.REQUEST), by=by)

    async def claim(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """See `Desk.claim`."""
        return await self._desk.claim(guild_id, case_id, by=by)

    async def release(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """See `Desk.release`."""
        return await self._desk.release(guild_id, case_id, by=by)

    async def resolve(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, verdict: Verdict, reason: str
    ) -> CaseRecord | Refusal:
        """See `Desk.resolve`."""
        return await self._desk.resolve(guild_id, case_id, by=by, verdict=verdict, reason=reason)

    async def settle_answer(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, approve: bool
    ) -> CaseRecord | Refusal:
        """See `Desk.settle_answer`."""
        return await self._desk.settle_answer(guild_id, case_id, by=by, approve=approve)

    async def refuse(self, guild_id: GuildId, case_id: CaseId | None, *, by: UserId, deed: Deed) -> None:
        """Record a refused press."""
        log.warning("refused", action=deed.value, guild_id=guild_id, case_id=case_id)
        await self._desk.refuse(case_id, by=by, deed=deed)

    async def not_about_me(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """See `Desk.not_about_me`."""
        return await self._desk.not_about_me(guild_id, card_message_id, by=by)

    async def ask_human(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """See `Desk.ask_human`."""
        return await self._desk.ask_human(guild_id, card_message_id, by=by)

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        """See `Desk.queue`."""
        return await self._desk.queue(guild_id, limit=limit)

    async def brief(self, guild_id: GuildId, case_id: CaseId) -> CaseBrief | None:
        """See `Desk.brief`."""
        return await self._desk.brief(guild_id, case_id)

    async def opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool) -> None:
        """See `Privacy.opt_out`."""
        await self._privacy.opt_out(guild_id, user_id, out=out)

    async def privacy_export(self, user_id: UserId) -> bytes:
        """See `Privacy.export`."""
        return await self._privacy.export(user_id)

    async def privacy_erase(self, guild_id: GuildId, user_id: UserId) -> int:
        """See `Privacy.erase`."""
        log.info("erasure asked", action="privacy_erase", guild_id=guild_id)
        return await self._privacy.erase(user_id)

    def _start(self) -> None:
        """Start the loops, once, inside the event loop of the first connection."""
        self._started = True
        self._keep(self._intake.run(), name="intake")
        self._keep(self._outbox.run(), name="outbox")
        self._keep(self._watchkeeper.run(), name="watchkeeper")

    async def _read_backlog(self) -> None:
        await catch_up_safely(self._catch_up)
        self._outbox.wake()

    def _keep(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task failed", action=task.get_name(), exc_info=task.exception())
