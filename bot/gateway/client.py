"""The discord.py client: listens as narrowly as the modes allow, translates, and hands over; handlers never work."""

import asyncio
from typing import cast
from weakref import WeakValueDictionary

import discord
import structlog
from discord import app_commands

from bot.core.communities import Directory
from bot.core.errors import DeliveryDelayed, DeliveryError, LoginError
from bot.core.ports import AnswerLibrary, Clock
from bot.core.posts import ChannelId, GuildId, MessageId, Origin, Post, UserId
from bot.gateway import commands
from bot.gateway.admission import answering, tell
from bot.gateway.buttons import BUTTONS, is_ours
from bot.gateway.ports import Ports
from bot.gateway.services_port import Services
from bot.gateway.translate import Place, Translator, answers_somebody, is_members, replied_to, roles_of
from bot.gateway.verdict_form import FORM, take_form
from bot.gateway.wording import OLD_BUTTON

log = structlog.get_logger(__name__)

CACHED_MESSAGES = 500
"""Enough for the context of live posts; all of it lives in memory only."""

LONGEST_RATE_LIMIT_S = 30.0
"""discord.py waits out shorter rate limits itself; longer ones go back to the outbox."""


def intents_for(directory: Directory) -> discord.Intents:
    """The narrowest intents that the configured modes need; message content only where a channel is watched."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.message_content = directory.watches_anything
    return intents


class AftercareClient(discord.Client):
    """One connection to Discord. `attach` joins it to the services before it is started."""

    def __init__(
        self, *, directory: Directory, library: AnswerLibrary, clock: Clock, services: Services | None = None
    ) -> None:
        super().__init__(
            intents=intents_for(directory),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=CACHED_MESSAGES,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=LONGEST_RATE_LIMIT_S,
        )
        self.tree = app_commands.CommandTree(self, allowed_contexts=commands.GUILDS, allowed_installs=commands.INSTALLS)
        self._directory = directory
        self._library = library
        self._clock = clock
        self._translator = Translator(self, directory=directory)
        self._ports: Ports | None = None
        self._in_order: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        if services is not None:
            self.attach(services)

    def attach(self, services: Services) -> None:
        """Join the services, which need this client for their own adapters and so are built after it."""
        self._ports = Ports(
            services=services,
            directory=self._directory,
            library=self._library,
            clock=self._clock,
            translator=self._translator,
        )

    @property
    def ports(self) -> Ports:
        """What buttons and commands reach through the client."""
        if self._ports is None:
            raise RuntimeError("the client has no services; expected attach() before start()")
        return self._ports

    async def serve(self, token: str) -> None:
        """Connect and stay until closed; raises `LoginError` when Discord refuses the token or an intent."""
        try:
            async with self:
                await self.start(token)
        except discord.LoginFailure as error:
            raise LoginError(
                "Discord refused the bot token; expected the one on the application's Bot page: set DISCORD_TOKEN again"
            ) from error
        except discord.PrivilegedIntentsRequired as error:
            raise LoginError(
                "Discord refused the Message Content intent, which watched channels need: switch it on under Bot,"
                " Privileged Gateway Intents, or set every channel to on_request"
            ) from error

    async def setup_hook(self) -> None:
        """Once per process: buttons, commands, and their registration with Discord."""
        _ = self.ports  # fails here, with its sentence, rather than at the first message
        self.add_dynamic_items(*BUTTONS)
        commands.register(self.tree)
        try:
            await self.tree.sync()
        except discord.HTTPException as error:
            # Watching must not fail because a registration did: the commands of the last start stay in place.
            log.error("commands not registered", action="sync", status=error.status, code=error.code)

    async def on_ready(self) -> None:
        """A session began, for the first time or again."""
        self.ports.services.connected()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A guild is back after an outage of its own, whose messages nothing else replays."""
        if self.is_ready() and guild.id in self._directory.by_guild:
            self.ports.services.connected()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited while it ran."""
        if guild.id in self._directory.by_guild:
            self.ports.services.connected()

    async def on_message(self, message: discord.Message) -> None:
        """Hand over a member's message: a watched channel's, or one that mentions the bot."""
        if not self._concerns(message):
            return
        async with self._turn(message.channel.id):
            place = await self._place(message)
            community = None if place is None else self._directory.get(place.guild_id)
            if place is None or community is None:
                return
            watched = community.watches(place.watched_id)
            if watched and community.moderators_role in roles_of(message.author):
                self._moderator_wrote(message, place)
                if answers_somebody(message):
                    return  # a moderator who comforts a member is not in need: the answer is noted, not read
            mentioned = self._is_mentioned(message, watched=watched)
            if not watched and not mentioned:
                return
            origin = Origin.MENTION if mentioned else Origin.LIVE
            post = await self._translate(message, origin=origin, place=place)
            if post is None:
                return
            if mentioned:
                self.ports.services.mentioned(post)
            else:
                self.ports.services.offer(post)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Hand over a watched post whose text changed; link previews and pins also arrive as edits and are not."""
        message, before = payload.message, payload.cached_message
        if not self._concerns(message) or message.edited_at is None:
            return
        if before is not None and before.content == message.content:
            return
        async with self._turn(message.channel.id):
            place = await self._place(message)
            community = None if place is None else self._directory.get(place.guild_id)
            if place is None or community is None or not community.watches(place.watched_id):
                return
            post = await self._translate(message, origin=Origin.EDIT, place=place)
            if post is not None:
                self.ports.services.edited(post)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Hand over a deletion."""
        await self._deleted(payload.guild_id, payload.channel_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Hand over every deletion of a purge."""
        await self._deleted(payload.guild_id, payload.channel_id, sorted(payload.message_ids))

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Hand over what is known to have gone with a thread: its first post, and what the cache remembers."""
        await self._deleted(
            payload.guild_id, payload.thread_id, sorted({payload.thread_id, *self._cached_in(payload.thread_id)})
        )

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Hand over what is known to have gone with a channel."""
        await self._deleted(channel.guild.id, channel.id, self._cached_in(channel.id))

    async def on_interaction(self, interaction: discord.Interaction["AftercareClient"]) -> None:
        """Take sent-in forms, and answer buttons that no longer mean anything."""
        data = cast("dict[str, object]", interaction.data or {})
        custom_id = str(data.get("custom_id", ""))
        if interaction.type is discord.InteractionType.modal_submit and (match := FORM.fullmatch(custom_id)):
            await take_form(interaction, match)
        elif interaction.type is discord.InteractionType.component and not is_ours(custom_id):
            async with answering(interaction):
                await tell(interaction, OLD_BUTTON)

    def _concerns(self, message: discord.Message) -> bool:
        return message.guild is not None and message.guild.id in self._directory.by_guild and is_members(message)

    async def _translate(self, message: discord.Message, *, origin: Origin, place: Place) -> Post | None:
        """Translate a message; where Discord does not answer, catch-up is asked to read it later."""
        try:
            return await self._translator.post(message, origin=origin, place=place)
        except DeliveryError as error:
            log.warning("post left to catch-up", action="translate", error=str(error), message_id=message.id)
            self.ports.services.connected()
            return None

    async def _place(self, message: discord.Message) -> Place | None:
        """Where a message stands; when Discord does not say, the message is left to catch-up rather than lost."""
        try:
            return await self._translator.locate(message)
        except DeliveryDelayed as error:
            log.error("post left to catch-up", action="locate", error=str(error), channel_id=message.channel.id)
            self.ports.services.connected()
            return None

    def _is_mentioned(self, message: discord.Message, *, watched: bool) -> bool:
        """Did the writer call the bot? A mere reply to its card counts only where it would not be read anyway."""
        if self.user is None:
            return False
        return self.user.id in message.raw_mentions or (not watched and self.user in message.mentions)

    def _moderator_wrote(self, message: discord.Message, place: Place) -> None:
        target = replied_to(message)
        member_id = None if target is None else UserId(target.author.id)
        self.ports.services.moderator_wrote(place.channel_id, member_id, message.created_at)

    async def _deleted(self, guild_id: int | None, channel_id: int, message_ids: list[int]) -> None:
        """In turn with the channel's posts, so that no deletion overtakes the post it is about."""
        if guild_id is None or guild_id not in self._directory.by_guild:
            return
        async with self._turn(channel_id):
            for message_id in message_ids:
                self.ports.services.deleted(GuildId(guild_id), MessageId(message_id))

    def _cached_in(self, channel_id: int) -> list[int]:
        return [known.id for known in self.cached_messages if known.channel.id == channel_id]

    def _turn(self, channel_id: int) -> asyncio.Lock:
        """The channel's lock: posts are handed over in the order they came, though some wait for their context."""
        return self._in_order.setdefault(ChannelId(channel_id), asyncio.Lock())
