"""The services over a real SQLite file, with Discord and the model played by the doubles."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.communities import Directory
from bot.core.posts import Post
from bot.core.records import CaseRecord
from bot.services.briefing import Briefing
from bot.services.catch_up import CatchUp
from bot.services.desk import Desk
from bot.services.intake import Intake
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
    triage = Triage(store=store, assessor=assessor, library=library, directory=directory, clock=clock)
    briefing = Briefing(store=store, messenger=discord, assessor=assessor, library=library, directory=directory)
    outbox = OutboxSender(
        store=store,
        messenger=discord,
        library=library,
        briefing=briefing,
        directory=directory,
        clock=clock,
        idle=plain_idle,
    )
    desk = Desk(store=store, triage=triage, briefing=briefing, directory=directory, clock=clock, wake=outbox.wake)
    intake = Intake(triage=triage, store=store, directory=directory, clock=clock, idle=plain_idle, wake=outbox.wake)
    catch_up = CatchUp(
        backlog=discord, triage=triage, intake=intake, store=store, clock=clock, max_age=timedelta(hours=24)
    )
    watchkeeper = Watchkeeper(
        store=store,
        triage=triage,
        desk=desk,
        catch_up=catch_up,
        messenger=discord,
        assessor=assessor,
        clock=clock,
        idle=plain_idle,
        retention=timedelta(days=14),
        wake=outbox.wake,
    )
    return World(
        store=store,
        discord=discord,
        assessor=assessor,
        library=library,
        clock=clock,
        triage=triage,
        desk=desk,
        outbox=outbox,
        intake=intake,
        catch_up=catch_up,
        watchkeeper=watchkeeper,
        privacy=Privacy(store=store, clock=clock),
    )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One community, one channel in auto mode."""
    built = await build_world(tmp_path, make_directory())
    yield built
    await built.store.close()
