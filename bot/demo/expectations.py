"""What a script expects, checked against the community and the database: each miss as a sentence.

Reads only.
"""

from collections.abc import AsyncIterator, Iterator, Mapping

import discord

from bot.core.policy import Priority
from bot.core.posts import MessageId
from bot.core.records import CaseRecord
from bot.demo.script import Expect, urgency_named
from bot.demo.transcript import Witness
from bot.demo.world import World

EVERY_CASE = 10_000


class Judge:
    """Checks expectations of one world."""

    def __init__(self, world: World, witness: Witness, posts: Mapping[str, discord.Message]) -> None:
        self._world = world
        self._witness = witness
        self._posts = posts

    async def misses(self, expect: Expect) -> list[str]:
        """Everything that was expected and does not hold."""
        found = [*self._cards(expect), *self._counts(expect)]
        found += [miss async for miss in self._cases(expect)]
        return found

    def _cards(self, expect: Expect) -> Iterator[str]:
        for name in expect.answered:
            count = self._cards_below(name)
            if count != 1:
                yield f"answered: {name!r} has {count} cards; expected exactly 1"
        for field in ("not_answered", "quiet"):
            for name in getattr(expect, field):
                count = self._cards_below(name)
                if count:
                    yield f"{field}: {name!r} has {count} cards; expected none"

    def _counts(self, expect: Expect) -> Iterator[str]:
        if expect.pinged is not None and self._witness.pings != expect.pinged:
            yield f"pinged: the on-call role was pinged {self._witness.pings} times; expected {expect.pinged}"
        if expect.cards_total is not None and self._witness.cards != expect.cards_total:
            yield f"cards_total: {self._witness.cards} cards were sent; expected {expect.cards_total}"

    async def _cases(self, expect: Expect) -> AsyncIterator[str]:
        asks = expect.queued or expect.quiet or expect.case_state or expect.cases_open is not None
        if asks and self._world.app is None:
            yield "cases cannot be read while the bot is away; expected `bot: up` before this step"
            return
        for name, least in expect.queued.items():
            case, cards = await self._case(name), len(self._witness.case_cards_of(self._posts[name].id))
            if case is None:
                yield f"queued: {name!r} has no case; expected one of at least {least}"
            elif cards != 1:
                yield f"queued: the case of {name!r} has {cards} cards in the queue; expected exactly 1"
            elif case.state.urgency < urgency_named(least):
                yield f"queued: the case of {name!r} is {case.state.urgency.label}; expected at least {least}"
        for name in expect.quiet:
            case = await self._case(name)
            if case is not None and case.priority is not Priority.LOW:
                yield f"quiet: {name!r} has case {case.case_id} ({case.state.urgency.label}); at most a glance"
        for name, status in expect.case_state.items():
            case = await self._case(name)
            stands = "absent" if case is None else case.state.status.value
            if stands != status.value:
                yield f"case_state: the case of {name!r} is {stands}; expected {status.value}"
        if expect.cases_open is not None:
            count = await self._count_open()
            if count != expect.cases_open:
                yield f"cases_open: {count} cases are open; expected {expect.cases_open}"

    def _cards_below(self, name: str) -> int:
        return len(self._witness.answers_to(self._posts[name].id))

    async def _case(self, name: str) -> CaseRecord | None:
        if self._world.app is None:
            return None
        async with self._world.app.store.transaction(read_only=True) as tx:
            return await tx.cases.of_post(MessageId(self._posts[name].id))

    async def _count_open(self) -> int:
        if self._world.app is None:
            return 0
        waiting = await self._world.app.house.queue(self._world.guild_id, limit=EVERY_CASE)
        return sum(case.priority is not Priority.LOW for case in waiting)
