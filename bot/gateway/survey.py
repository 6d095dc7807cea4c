"""Connects once to see what `aftercare check` needs from Discord: the token, the intents, and each permission.

Reads no message and changes nothing.
"""

import asyncio
from functools import cached_property

import discord

from bot.core.communities import Directory
from bot.core.errors import LoginError
from bot.gateway.client import intents_for
from bot.gateway.permissions import missing_permissions, unsafe_queues

LONGEST_WAIT_S = 30.0


class _Surveyor(discord.Client):
    """A client that does nothing but notice that its session began."""

    async def on_ready(self) -> None:
        """Guilds, channels and roles are known."""
        self.seen.set()

    @cached_property
    def seen(self) -> asyncio.Event:
        """Set by `on_ready`."""
        return asyncio.Event()


async def survey(token: str, directory: Directory, *, patience_s: float = LONGEST_WAIT_S) -> list[str]:
    """List what is missing as sentences; raises `LoginError` when Discord does not answer within `patience_s`."""
    client = _Surveyor(intents=intents_for(directory), max_messages=None, chunk_guilds_at_startup=False)
    ready = client.seen
    connection = asyncio.create_task(client.start(token))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({connection, waiting}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if ready.is_set():
            return [*missing_permissions(client, directory), *unsafe_queues(client, directory)]
        return [_why_not(connection, patience_s)]
    finally:
        waiting.cancel()
        await client.close()
        connection.cancel()
        await asyncio.gather(connection, waiting, return_exceptions=True)


def _why_not(connection: asyncio.Task[None], patience_s: float) -> str:
    if not connection.done():
        raise LoginError(
            f"Discord did not answer within {patience_s:g} seconds; expected a session: check the network and proxy"
        )
    match connection.exception():
        case discord.LoginFailure():
            return "Discord refused the bot token; expected the one on the application's Bot page: set DISCORD_TOKEN"
        case discord.PrivilegedIntentsRequired():
            return (
                "Discord refused the Message Content intent, which watched channels need: switch it on in the portal"
                " under Bot, Privileged Gateway Intents"
            )
        case error:
            raise LoginError(f"Discord could not be reached ({type(error).__name__}): check the network and proxy")
