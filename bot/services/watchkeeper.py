"""Does what the clock asks for: abandoned claims, posts that wait for the classifier, missed channels, retention.

Owns no rule about time; each deadline belongs to the service that it calls.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.errors import AftercareError, DeliveryError
from bot.core.ports import Assessor, Clock, Idle, Messenger, Store
from bot.core.posts import Origin
from bot.core.records import WaitingPost
from bot.services.catch_up import CatchUp
from bot.services.desk import Desk
from bot.services.triage import Triage
from bot.services.unbroken import unbroken

log = structlog.get_logger(__name__)

TICK = timedelta(seconds=15)
RETRY_PAGE = 50
PATIENCE = (timedelta(0), timedelta(minutes=10), timedelta(hours=2))
"""Age of a waiting post before its first, second and third reading: a bad quarter of an hour must not use them up."""
RETENTION_EVERY = timedelta(hours=6)


class Watchkeeper:
    """One loop for everything that is not caused by a message or a press."""

    def __init__(
        self,
        *,
        store: Store,
        triage: Triage,
        desk: Desk,
        catch_up: CatchUp,
        messenger: Messenger,
        assessor: Assessor,
        clock: Clock,
        idle: Idle,
        retention: timedelta,
        wake: Callable[[], None],
        executor: Executor | None = None,
    ) -> None:
        self._store = store
        self._triage = triage
        self._desk = desk
        self._catch_up = catch_up
        self._messenger = messenger
        self._assessor = assessor
        self._clock = clock
        self._idle = idle
        self._retention = retention
        self._wake = wake
        self._executor = executor
        self._swept_at: datetime | None = None

    async def run(self) -> None:
        """Tick until cancelled; one duty's failure never stops the others."""
        while True:
            await self._idle(asyncio.sleep(TICK.total_seconds()), reason="the watch rests")
            await unbroken(self.tick())

    async def tick(self) -> None:
        """Do everything that is due."""
        duties: tuple[Callable[[], Awaitable[object]], ...] = (
            self._desk.expire_claims,
            self._catch_up.run_if_behind,
            self.retry_waiting,
            self.sweep,
        )
        for duty in duties:
            try:
                await duty()
            except (AftercareError, OSError) as error:
                log.error("duty failed", action=duty.__name__, error=str(error))
            except Exception as error:
                # One duty must not stop the others; the type only, for a message could quote a post.
                log.error("duty failed", action=duty.__name__, error=type(error).__name__)
        self._wake()

    async def retry_waiting(self) -> int:
        """Read again what waited for the classifier; returns how many posts were read."""
        async with self._store.transaction(read_only=True) as tx:
            waiting = await tx.ledger.waiting(limit=RETRY_PAGE)
        if not waiting:
            return 0
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._executor, self._assessor.ready):
            log.error("classifier still down", action="retry_waiting", waiting=len(waiting))
            return 0
        now = self._clock()
        ripe = [one for one in waiting if now - one.first_seen_at >= PATIENCE[min(one.attempts, len(PATIENCE) - 1)]]
        for one in ripe:
            await self._retry(one)
        return len(ripe)

    async def sweep(self) -> int:
        """Apply retention; returns how many rows were removed."""
        now = self._clock()
        if self._swept_at is not None and now - self._swept_at < RETENTION_EVERY:
            return 0
        async with self._store.transaction() as tx:
            removed = await tx.members.forget_before(now - self._retention)
        self._swept_at = now
        if removed:
            await self._store.scrub()
            log.info("retention applied", action="sweep", removed=removed)
        return removed

    async def _retry(self, waiting: WaitingPost) -> None:
        try:
            post = await self._messenger.fetch_post(
                guild_id=waiting.guild_id, channel_id=waiting.channel_id, message_id=waiting.message_id
            )
        except DeliveryError as error:
            log.warning("post not fetched", action="retry_waiting", error=str(error), message_id=waiting.message_id)
            return
        if post is None:
            async with self._store.transaction() as tx:
                await tx.ledger.settle(waiting.message_id)
            return
        await self._triage.handle_each([replace(post, origin=Origin.RETRY)])
