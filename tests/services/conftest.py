"""The services over a real SQLite file, with Discord and the model played by the doubles."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.communities import Directory
from bot.core.posts import Post
from bot.core.records import CaseRecord
from bot.services.catch_up import CatchUp
from bot.services.desk import Desk
from bot.services.intake import Intake
from bot.services.joining import Joined, join_services
from bot.services.outbox import OutboxSender
from bot.services.privacy import Privacy
from bot.services.triage import Triage, Triaged
from bot.services.watchkeeper import Watchkeeper
from bot.store import SqlStore, open_store
from tests.making import make_directory
from tests.services.doubles import MovableClock, PlainLibrary, PretendDiscord, ScriptedAssessor, plain_idle


@dataclass
class World:
    """Everything that a services test touches."""

    store: SqlStore
    discord: PretendDiscord
    assessor: ScriptedAssessor
    library: PlainLibrary
    clock: MovableClock
    triage: Triage
    desk: Desk
    outbox: OutboxSender
    intake: Intake
    catch_up: CatchUp
    watchkeeper: Watchkeeper
    privacy: Privacy

    async def say(self, *posts: Post) -> list[Triaged]:
        """Members write; the bot reads and sends what is due."""
        for post in posts:
            self.discord.write(post)
        triaged = await self.triage.handle(posts)
        await self.outbox.drain()
        return triaged

    async def case_of(self, post: Post) -> CaseRecord:
        """The case of a post; fails when there is none."""
        async with self.store.transaction(read_only=True) as tx:
            case = await tx.cases.of_post(post.message_id)
        assert case is not None
        return case


async def build_world(path: Path, directory: Directory) -> World:
    """Join the services as the app does, with doubles at the outer ports."""
    store = await open_store(f"sqlite:///{path / 'test.sqlite'}", notes_key=None)
    discord, assessor, library, clock = PretendDiscord(), ScriptedAssessor(), PlainLibrary(), MovableClock()
    house = join_services(
        Joined(
            store=store,
            messenger=discord,
            backlog=discord,
            assessor=assessor,
            library=library,
            directory=directory,
            clock=clock,
            idle=plain_idle,
            executor=None,
            max_age=timedelta(hours=24),
            retention=timedelta(days=14),
        )
    )
    return World(
        store=store,
        discord=discord,
        assessor=assessor,
        library=library,
        clock=clock,
        triage=house.triage,
        desk=house.desk,
        outbox=house.outbox,
        intake=house.intake,
        catch_up=house.catch_up,
        watchkeeper=house.watchkeeper,
        privacy=house.privacy,
    )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One community, one channel in auto mode."""
    built = await build_world(tmp_path, make_directory())
    yield built
    await built.store.close()
