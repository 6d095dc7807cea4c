"""The simulated community as a fixture."""

from collections.abc import AsyncIterator

import discord
import pytest
import pytest_asyncio
from simcord import Env

from tests.discord.gateway.history import paging_forwards
from tests.discord.gateway.world import World, build


@pytest.fixture
def env() -> Env:
    """An environment that has not started: the community comes before the bot, as in life."""
    return Env(discord.Client(intents=discord.Intents.default()))


@pytest_asyncio.fixture
async def world(env: Env) -> AsyncIterator[World]:
    """A community with the real bot online; an error that the bot swallowed fails the test."""
    built = build(env)
    env.bot = built.new_client()
    await env.start()
    try:
        with paging_forwards():
            yield built
    finally:
        await env.shutdown()
        env._raise_errors_since(env._errors_acknowledged)
