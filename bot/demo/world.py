"""The simulated community: people, roles and channels in SimCord, and the real app over a real database.

Decides nothing about posts and plays no script; the only thing that is not real here is Discord.
"""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import discord
from cryptography.fernet import Fernet
from simcord.actors import MemberActor
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle
from simcord.enums import OverwriteType
from simcord.env import Env

from bot.app import App, build_app
from bot.core.errors import ConfigError
from bot.core.ports import AnswerLibrary
from bot.core.posts import GuildId
from bot.demo.faults import SwitchedAssessor
from bot.demo.script import QUEUE, Channel, Member, Script
from bot.settings import Secrets, Settings

T = TypeVar("T")

BOT = "Aftercare"
"""The bot's name in the community."""

SETTLE_S = 60.0
"""Longest real time that the bot may take to react; the first reading on a busy machine needs several seconds."""

MINUTES_AT_ONCE = 5.0
"""Time passes in pieces, so that each stays far below the settle limit."""

MORNING = timedelta(hours=8, minutes=30)
"""When a headless script begins on its first day."""

COMMUNITY_ROLES = ("Moderators", "Admins", "On call")


class World:
    """One guild with its people, and the bot when it is there."""

    def __init__(self, script: Script, folder: Path) -> None:
        self.env = Env(_nobody(), settle_timeout=SETTLE_S)
        self.members: dict[str, MemberActor] = {}
        self.channels: dict[str, ChannelHandle] = {}
        self.app: App | None = None
        self._script = script
        self._folder = folder
        self._notes_key = Fernet.generate_key().decode()
        self._assessor: SwitchedAssessor | None = None
        self._library: AnswerLibrary | None = None
        self._roles: dict[str, RoleHandle] = {}
        self.guild: GuildHandle

    @classmethod
    async def open(cls, script: Script, folder: Path, *, start: datetime | None = None) -> "World":
        """Build the community at a moment (the first of January 2026 by default), then let the bot connect.

        The bot's database is a file in the folder.
        """
        world = cls(script, folder)
        try:
            world.env.backend.bot_user.name = BOT
            await world.env.start()
            ahead = MORNING if start is None else start - world.env.now()
            await world.env.advance_time(max(0.0, ahead.total_seconds()))
            world._settle_down()
            await world.bring_up()
        except BaseException:
            await world.close()
            raise
        return world

    @property
    def queue(self) -> ChannelHandle:
        """The moderators' channel."""
        return self.channels[QUEUE]

    @property
    def on_call(self) -> RoleHandle:
        """The role that an emergency pings."""
        return self._roles["On call"]

    @property
    def guild_id(self) -> GuildId:
        """The community's id."""
        return GuildId(self.guild.id)

    @property
    def bot_id(self) -> int:
        """The bot's own user id, the same over restarts."""
        user = self.env.bot.user
        if user is None:
            raise ConfigError(["the simulated bot has no user; expected an open world: use World.open"])
        return user.id

    def name_of(self, user_id: int) -> str:
        """How the script calls a person."""
        return next((name for name, actor in self.members.items() if actor.id == user_id), BOT)

    def settings(self) -> Settings:
        """The configuration of this community, as config.yaml would hold it."""
        script, roles = self._script, self._roles
        return Settings.model_validate(
            {
                "database": {"url": f"sqlite:///{self._folder / 'aftercare.sqlite'}"},
                "answers": {"allow_unsigned": ["all"]},
                "communities": [
                    {
                        "guild_id": self.guild.id,
                        "name": script.community,
                        "regions": list(script.regions),
                        "moderators": {"channel": self.queue.id, "role": roles["Moderators"].id},
                        "admins": {"role": roles["Admins"].id},
                        "on_call": {"role": roles["On call"].id},
                        "crisis_card_minutes": script.crisis_card_minutes,
                        "claim_minutes": script.claim_minutes,
                        "channels": [{"id": self.channels[one.name].id, "mode": one.mode} for one in script.channels],
                    }
                ],
            }
        )

    async def bring_up(self) -> None:
        """Build the app as `aftercare run` does and connect it."""
        if self.app is not None:
            return
        if self._assessor is None:
            await self._load_parts()
        app = await self._build(assessor=self._assessor, library=self._library)
        self.app = app
        await self.env.restart_bot(app.client)

    async def take_down(self) -> None:
        """Disconnect the bot and close its database; the community goes on without it."""
        if self.app is None:
            return
        app, self.app = self.app, None
        await self.env.restart_bot(_nobody())
        await app.close()

    def switch_model(self, *, down: bool) -> None:
        """Make the classifier fail, or work again."""
        if self._assessor is not None:
            self._assessor.down = down

    async def pass_time(self, minutes: float) -> None:
        """Let simulated time pass."""
        left = minutes
        while left > 0:
            piece = min(left, MINUTES_AT_ONCE)
            await self.env.advance_time(piece * 60)
            left -= piece

    async def open_thread(self, forum: ChannelHandle, title: str, *, by: MemberActor) -> ChannelHandle:
        """A member opens a forum post; its text follows as the thread's first message."""
        thread = self.env.backend.create_thread(forum.id, title, by.id, broadcast=False)
        self.env.backend.announce_thread_create(thread)
        await self.env.settle()
        handle = ChannelHandle(self.env, self.guild, thread)
        self.channels[title] = handle
        return handle

    async def remove_permission(self, permission: str, place: ChannelHandle) -> None:
        """Take a permission of one channel away from the bot."""
        allow, deny = discord.PermissionOverwrite(**{permission: False}).pair()
        overwrite = Overwrite(target_id=self.bot_id, type=OverwriteType.MEMBER, allow=allow.value, deny=deny.value)
        self.env.backend.set_overwrite(place.id, overwrite)
        await self.env.settle()

    async def close(self) -> None:
        """End the bot and the simulation; safe to call twice."""
        app, self.app = self.app, None
        try:
            await self.env.shutdown()
        finally:
            if app is not None:
                await app.close()

    def _settle_down(self) -> None:
        """People, roles and channels, before the bot arrives."""
        script = self._script
        self.guild = self.env.create_guild(script.community)
        self._roles = {name: self.guild.create_role(name, mentionable=name == "On call") for name in COMMUNITY_ROLES}
        for member in script.members:
            user = self.env.create_user(member.name.lower().replace(" ", "."), global_name=member.name)
            self.members[member.name] = self.guild.add_member(user, roles=self._roles_of(member))
        self.channels = {channel.name: self._create(channel) for channel in script.channels}
        shown, hidden = discord.PermissionOverwrite(view_channel=True), discord.PermissionOverwrite(view_channel=False)
        me = cast("discord.ClientUser", self.env.bot.user)
        self.channels[QUEUE] = self.guild.create_text_channel(
            QUEUE,
            topic="Cases for moderators, the most urgent first.",
            overwrites={self.guild.default_role: hidden, me: shown, **dict.fromkeys(self._roles.values(), shown)},
        )

    def _create(self, channel: Channel) -> ChannelHandle:
        if channel.kind == "forum":
            return self.guild.create_forum_channel(channel.name)
        return self.guild.create_text_channel(channel.name, topic=channel.topic)

    def _roles_of(self, member: Member) -> list[RoleHandle]:
        held = {"moderator": ["Moderators"], "admin": ["Admins", "Moderators"]}.get(member.role, [])
        return [self._roles[name] for name in [*held, *(["On call"] if member.on_call else [])]]

    async def _load_parts(self) -> None:
        """Load model and texts once, the way the app does; restarts of the bot then share them."""
        lender = await self._build(assessor=None, library=None)
        self._assessor, self._library = SwitchedAssessor(lender.assessor), lender.library
        await lender.close()

    async def _build(self, *, assessor: SwitchedAssessor | None, library: Any) -> App:
        secrets = Secrets(discord_token=None, notes_key=self._notes_key, database_url=None)
        return await build_app(
            self.settings(), secrets, clock=self.env.now, idle=self._idle, assessor=assessor, library=library
        )

    async def _idle(self, awaitable: Awaitable[T], *, reason: str) -> T:
        """Tell the simulation that this wait is meant to last."""
        return cast(T, await self.env.external_wait(awaitable, reason=reason))


def _nobody() -> discord.Client:
    """A connection that does nothing: the bot's place while the bot is away."""
    return discord.Client(intents=discord.Intents.none())
