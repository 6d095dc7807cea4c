"""Reads what was written while the bot was away: bounded by age, fair between channels, safe to repeat.

Answers nothing by itself; the posts go through triage like any other, and those decided before are skipped.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.errors import AftercareError, DeliveryError
from bot.core.ports import Backlog, Clock, Store
from bot.core.posts import ChannelId, MessageId, Post
from bot.core.records import ChannelMark
from bot.services.intake import Intake
from bot.services.triage import Triage

log = structlog.get_logger(__name__)

PAGE = 50
"""Messages read from one place before the next place has its turn."""

DISCORD_EPOCH_MS = 1_420_070_400_000
"""First millisecond of 2015, from which message ids count (Discord reference, "Snowflakes")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpReport:
    """What one pass read, and where it had to stop short."""

    places: int
    posts: int
    too_old: tuple[ChannelId, ...]
    """Places where the mark lies further back than the age bound: what lies between was not read."""


class CatchUp:
    """Brings every watched place from its mark to its newest message."""

    def __init__(
        self, *, backlog: Backlog, triage: Triage, intake: Intake, store: Store, clock: Clock, max_age: timedelta
    ) -> None:
        self._backlog = backlog
        self._triage = triage
        self._intake = intake
        self._store = store
        self._clock = clock
        self._max_age = max_age
        self._turn = asyncio.Lock()

    async def run(self) -> CatchUpReport:
        """Read every place to its end, a page at a time, round after round; one pass at a time."""
        async with self._turn:
            return await self._run()

    async def run_if_behind(self) -> None:
        """Read again when a channel fell behind and no pass is under way."""
        if self._intake.needs_catch_up and not self._turn.locked():
            await catch_up_safely(self)

    async def _run(self) -> CatchUpReport:
        begun = self._intake.behind()
        places = list(await self._backlog.watched_places())
        floor = first_id_at(self._clock() - self._max_age)
        starts = await self._starts(places)
        too_old = tuple(place.channel_id for place, after in starts if after < min(floor, place.settled_id))
        if too_old:
            log.warning("older posts were not read", action="catch_up", channels=list(too_old))
        turns = deque((place, max(after, floor)) for place, after in starts if place.settled_id > after)
        read, unread = 0, set[ChannelId]()
        while turns:
            place, after = turns.popleft()
            try:
                count, reached = await self._page(place, after)
            except DeliveryError as error:
                # One place that cannot be read must not keep the others from being read.
                log.error("place not read", action="catch_up", error=str(error), channel_id=place.channel_id)
                unread.add(place.channel_id)
                continue
            read += count
            if reached is not None:
                turns.append((place, reached))
        await self._close([place for place in places if place.channel_id not in unread])
        self._intake.caught_up(begun, unread=unread)
        report = CatchUpReport(places=len(places), posts=read, too_old=too_old)
        log.info("caught up", action="catch_up", places=report.places, posts=report.posts, unread=len(unread))
        return report

    async def _starts(self, places: Sequence[ChannelMark]) -> list[tuple[ChannelMark, MessageId]]:
        """Where to begin in each place; a channel seen for the first time begins now."""
        async with self._store.transaction(read_only=True) as tx:
            marks = {mark.channel_id: mark for mark in await tx.ledger.marks()}
        starts = []
        for place in places:
            own = marks.get(place.channel_id)
            if own is not None:
                after = own.settled_id
            elif place.channel_id != place.watched_id and place.watched_id in marks:
                # A thread that has no mark is new, or was silent while the bot watched: it is read from its beginning
                # (a thread's id is that of its first moment); the age bound holds here too.
                after = MessageId(place.channel_id - 1)
            else:
                after = place.settled_id
            starts.append((place, after))
        return starts

    async def _page(self, place: ChannelMark, after: MessageId) -> tuple[int, MessageId | None]:
        """Settle one page; returns how many posts it held and where to go on, or None at the end."""
        posts: list[Post] = []
        seen, newest = 0, after
        async for passed in self._backlog.posts_after(place, after=after, limit=PAGE):
            seen += 1
            newest = max(newest, passed.message_id)
            if passed.post is not None:
                posts.append(passed.post)
            if passed.moderator_at is not None:
                self._intake.moderator_wrote(place.channel_id, passed.answers, passed.moderator_at)
        await self._intake.write_answers()
        await self._triage.handle_each(posts, marks=[replace(place, settled_id=newest)])
        return len(posts), newest if seen == PAGE else None

    async def _close(self, places: Sequence[ChannelMark]) -> None:
        """Set the marks of places that had nothing new."""
        async with self._store.transaction() as tx:
            for place in places:
                await tx.ledger.advance(place)


async def catch_up_safely(catch_up: CatchUp) -> CatchUpReport | None:
    """Run a pass; a failure is logged and leaves the marks where they are, for the next connection or tick."""
    try:
        return await catch_up.run()
    except (AftercareError, OSError) as error:
        log.error("catch-up stopped", action="catch_up", error=str(error))
        return None


def first_id_at(moment: datetime) -> MessageId:
    """The smallest message id of a moment (ids carry their time)."""
    return MessageId(max(0, int(moment.timestamp() * 1000) - DISCORD_EPOCH_MS) << 22)
