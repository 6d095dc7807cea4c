"""The whole bot in a simulated Discord: real client, real services, real SQLite file; only the model is scripted."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import discord
import pytest
from simcord.actors import MemberActor
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle
from simcord.enums import OverwriteType
from simcord.env import Env

from bot.app import App, build_app
from bot.core.records import CaseRecord
from bot.settings import Secrets, parse_settings
from tests.services.doubles import ScriptedAssessor

T = TypeVar("T")
SECRETS = Secrets(discord_token=None, notes_key=None, database_url=None)


@dataclass
class Community:
    """A simulated server with the bot in it."""

    env: Env
    guild: GuildHandle
    chat: ChannelHandle
    forum: ChannelHandle
    shadow: ChannelHandle
    assist: ChannelHandle
    ask_only: ChannelHandle
    unlisted: ChannelHandle
    queue: ChannelHandle
    on_call: RoleHandle
    ana: MemberActor
    ben: MemberActor
    mo: MemberActor
    mia: MemberActor
    adam: MemberActor
    raw: dict[str, Any]
    assessor: ScriptedAssessor
    app: App

    async def restart(self) -> None:
        """The process ends and starts again on the same database."""
        await self.app.close()
        await self.env.restart_bot(_Nobody(intents=discord.Intents.none()))
        await self.start()

    async def stop(self) -> None:
        """The process ends; Discord lives on."""
        await self.app.close()
        await self.env.restart_bot(_Nobody(intents=discord.Intents.none()))

    async def start(self) -> None:
        """The process starts."""
        self.app = await build(self.env, self.raw, self.assessor)
        await self.env.restart_bot(self.app.client)
        await self.env.settle()

    async def cases(self) -> list[CaseRecord]:
        """Every unresolved case."""
        return list(await self.app.house.queue(self.guild.id, limit=100))

    def bot_messages(self, channel: ChannelHandle) -> list[discord.Message]:
        """What the bot said in a channel."""
        return [message for message in channel.history() if message.author.bot]

    async def open_thread(
        self, parent: ChannelHandle, author: MemberActor, opening: str | None = None
    ) -> ChannelHandle:
        """A thread; with an opening it is a forum post, whose first message carries the thread's own id."""
        thread = self.env.backend.create_thread(parent.id, "a thread", author.id)
        if opening is not None:
            first = self.env.backend.prepare_message(thread.id, author.id, opening)
            first.id = thread.id
            self.env.backend.commit_message(first)
        await self.env.settle()
        return ChannelHandle(self.env, self.guild, thread)

    async def deny(self, channel: ChannelHandle, **denied: bool) -> None:
        """An admin takes permissions in a channel away from the bot."""
        assert self.guild.me is not None
        allow, deny = discord.PermissionOverwrite(**{name: not taken for name, taken in denied.items()}).pair()
        self.env.backend.set_overwrite(
            channel.id,
            Overwrite(target_id=self.guild.me.id, type=OverwriteType.MEMBER, allow=allow.value, deny=deny.value),
        )
        await self.env.settle()

    def pings(self) -> int:
        """Messages in the queue that mention the on-call role."""
        return sum(self.on_call.mention in message.content for message in self.bot_messages(self.queue))


class _Nobody(discord.Client):
    """A client that does nothing, for the time before and between bots."""


async def build(env: Env, raw: dict[str, Any], assessor: ScriptedAssessor) -> App:
    """Build the app as `aftercare run` does, with simulated time and a scripted model."""

    async def idle(awaitable: Awaitable[T], *, reason: str) -> T:
        done: T = await env.external_wait(awaitable, reason=reason)
        return done

    settings = parse_settings(raw, origin="test")
    return await build_app(settings, SECRETS, clock=env.now, idle=idle, assessor=assessor)


def describe(
    guild: GuildHandle, channels: dict[str, ChannelHandle], roles: dict[str, RoleHandle], db: Path
) -> dict[str, Any]:
    """The configuration of the simulated community."""
    return {
        "database": {"url": f"sqlite:///{db}"},
        "answers": {"allow_unsigned": ["all"]},
        "communities": [
            {
                "guild_id": guild.id,
                "regions": ["uk"],
                "moderators": {"channel": channels["queue"].id, "role": roles["moderators"].id},
                "admins": {"role": roles["admins"].id},
                "on_call": {"role": roles["on_call"].id},
                "channels": [
                    {"id": channels["chat"].id, "mode": "auto"},
                    {"id": channels["forum"].id, "mode": "auto"},
                    {"id": channels["shadow"].id},
                    {"id": channels["assist"].id, "mode": "assist"},
                    {"id": channels["ask_only"].id, "mode": "on_request"},
                ],
            }
        ],
    }


@pytest.fixture
async def env() -> AsyncIterator[Env]:
    """A simulated Discord; errors that the bot swallowed fail the test."""
    simulated = Env(_Nobody(intents=discord.Intents.none()), settle_timeout=30.0)
    await simulated.start()
    yield simulated
    await simulated.shutdown()
    assert simulated.errors == []


@pytest.fixture
async def community(env: Env, tmp_path: Path) -> AsyncIterator[Community]:
    """A server with one channel per mode, two members, two moderators and an admin."""
    guild = env.create_guild()
    names = ["chat", "shadow", "assist", "ask_only", "unlisted", "queue"]
    channels = {name: guild.create_text_channel(name.replace("_", "-")) for name in names}
    channels["forum"] = guild.create_forum_channel("forum")
    roles = {name: guild.create_role(name, mentionable=True) for name in ("moderators", "admins", "on_call")}
    held = {"mo": [roles["moderators"]], "mia": [roles["moderators"]], "adam": [roles["admins"]]}
    people = {
        name: guild.add_member(env.create_user(name), roles=held.get(name, []))
        for name in ("ana", "ben", "mo", "mia", "adam")
    }
    raw = describe(guild, channels, roles, tmp_path / "whole.sqlite")
    assessor = ScriptedAssessor()
    app = await build(env, raw, assessor)
    await env.restart_bot(app.client)
    await env.settle()
    made = Community(
        env=env, guild=guild, on_call=roles["on_call"], raw=raw, assessor=assessor, app=app, **channels, **people
    )
    yield made
    await made.app.close()
