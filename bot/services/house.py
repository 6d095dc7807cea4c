"""The running services as one thing: what the gateway hands over to, and what the app starts and stops.

Holds no rule of its own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.core.authority import Deed
from bot.core.cases import CaseId, Refusal, Verdict
from bot.core.ports import CaseBrief, Idle
from bot.core.posts import ChannelId, GuildId, MessageId, Origin, Post, UserId
from bot.core.records import CaseRecord
from bot.services.catch_up import CatchUp, catch_up_safely
from bot.services.desk import Desk
from bot.services.intake import Deletion, Intake
from bot.services.outbox import OutboxSender
from bot.services.privacy import Privacy
from bot.services.triage import Triage
from bot.services.watchkeeper import Watchkeeper

log = structlog.get_logger(__name__)

RESTART_SECONDS = 1.0
"""How long a failed loop rests before it begins again."""


class House:
    """Everything that runs between connect and shutdown."""

    def __init__(
        self,
        *,
        triage: Triage,
        intake: Intake,
        catch_up: CatchUp,
        outbox: OutboxSender,
        desk: Desk,
        watchkeeper: Watchkeeper,
        privacy: Privacy,
        idle: Idle,
        keeps_notes: bool,
    ) -> None:
        self.triage = triage
        self.intake = intake
        self.catch_up = catch_up
        self.outbox = outbox
        self.desk = desk
        self.watchkeeper = watchkeeper
        self.privacy = privacy
        self.keeps_notes = keeps_notes
        self._idle = idle
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
        self.intake.all_behind()
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._keep(self._read_backlog(), name="catch_up")

    def offer(self, post: Post) -> None:
        """Take a live post."""
        self.intake.offer(post)

    def mentioned(self, post: Post) -> None:
        """Take a post whose writer mentioned the bot."""
        self.intake.offer(replace(post, origin=Origin.MENTION))

    def edited(self, post: Post) -> None:
        """Take a post whose text changed."""
        self.intake.offer(replace(post, origin=Origin.EDIT))

    def deleted(self, guild_id: GuildId, message_id: MessageId) -> None:
        """Follow a deletion."""
        self.intake.offer(Deletion(guild_id=guild_id, message_id=message_id))

    def moderator_wrote(self, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """Note that a moderator is answering."""
        self.intake.moderator_wrote(channel_id, member_id, at)

    async def ask(self, post: Post, *, by: UserId) -> CaseRecord | None:
        """Bring a post to the moderators."""
        return await self.desk.ask(replace(post, origin=Origin.REQUEST), by=by)

    async def claim(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """See `Desk.claim`."""
        return await self.desk.claim(guild_id, case_id, by=by)

    async def release(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """See `Desk.release`."""
        return await self.desk.release(guild_id, case_id, by=by)

    async def resolve(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, verdict: Verdict, reason: str
    ) -> CaseRecord | Refusal:
        """See `Desk.resolve`."""
        return await self.desk.resolve(guild_id, case_id, by=by, verdict=verdict, reason=reason)

    async def settle_answer(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, approve: bool
    ) -> CaseRecord | Refusal:
        """See `Desk.settle_answer`."""
        return await self.desk.settle_answer(guild_id, case_id, by=by, approve=approve)

    async def refuse(self, guild_id: GuildId, case_id: CaseId | None, *, by: UserId, deed: Deed) -> None:
        """Record a refused press."""
        log.warning("refused", action=deed.value, guild_id=guild_id, case_id=case_id)
        await self.desk.refuse(case_id, by=by, deed=deed)

    async def not_about_me(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """See `Desk.not_about_me`."""
        return await self.desk.not_about_me(guild_id, card_message_id, by=by)

    async def ask_human(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """See `Desk.ask_human`."""
        return await self.desk.ask_human(guild_id, card_message_id, by=by)

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        """See `Desk.queue`."""
        return await self.desk.queue(guild_id, limit=limit)

    async def brief(self, guild_id: GuildId, case_id: CaseId) -> CaseBrief | None:
        """See `Desk.brief`."""
        return await self.desk.brief(guild_id, case_id)

    async def opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool) -> None:
        """See `Privacy.opt_out`."""
        await self.privacy.opt_out(guild_id, user_id, out=out)

    async def privacy_export(self, user_id: UserId) -> bytes:
        """See `Privacy.export`."""
        return await self.privacy.export(user_id)

    async def privacy_erase(self, guild_id: GuildId, user_id: UserId) -> int:
        """See `Privacy.erase`."""
        log.info("erasure asked", action="privacy_erase", guild_id=guild_id)
        return await self.privacy.erase(user_id)

    def _start(self) -> None:
        """Start the loops, once, inside the event loop of the first connection."""
        self._started = True
        for name, loop in (("intake", self.intake.run), ("outbox", self.outbox.run), ("watch", self.watchkeeper.run)):
            self._keep(self._forever(loop, name=name), name=name)

    async def _forever(self, loop: Callable[[], Coroutine[Any, Any, None]], *, name: str) -> None:
        """Run a loop again when it ends by an error that nobody foresaw: a silent bot is worse than a noisy one."""
        while True:
            try:
                await loop()
            except Exception as error:
                log.critical("loop failed and begins again", action=name, error=type(error).__name__)
            await self._idle(asyncio.sleep(RESTART_SECONDS), reason=f"{name} failed and rests")

    async def _read_backlog(self) -> None:
        await catch_up_safely(self.catch_up)
        self.outbox.wake()

    def _keep(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task failed", action=task.get_name(), exc_info=task.exception())
