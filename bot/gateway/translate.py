"""From a Discord message to a `Post`: ids, text, roles and the thread's earlier posts; strips and judges nothing."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp
import discord
import structlog

from bot.core.communities import Directory
from bot.core.errors import DeliveryRefused
from bot.core.policy import ChannelRules, Consent
from bot.core.posts import MAX_CONTEXT, ChannelId, GuildId, MessageId, Origin, Post, RoleId, UserId
from bot.gateway.delivery import delivering

log = structlog.get_logger(__name__)

MEMBER_TYPES = frozenset({discord.MessageType.default, discord.MessageType.reply})

HISTORY = 2 * MAX_CONTEXT
"""Messages asked for when the cache does not reach back far enough; half of them may be cards or notices."""

PATIENCE_S = 2.0
"""A post is read without its context rather than held back longer than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message stands."""

    guild_id: GuildId
    channel_id: ChannelId
    watched_id: ChannelId


def is_members(message: discord.Message) -> bool:
    """Did a person write this (no bot, webhook or system notice)?"""
    author = message.author
    return not author.bot and not author.system and message.webhook_id is None and message.type in MEMBER_TYPES


def roles_of(author: discord.User | discord.Member) -> frozenset[RoleId]:
    """Ids of the roles that a message shows its author to hold; none for a plain user."""
    return frozenset(RoleId(role.id) for role in author.roles) if isinstance(author, discord.Member) else frozenset()


def place_of(channel: object) -> Place | None:
    """Name a guild channel or thread, and the configured channel that it belongs to; None outside guilds."""
    if isinstance(channel, discord.Thread):
        parent = ChannelId(channel.parent_id)
        return Place(guild_id=GuildId(channel.guild.id), channel_id=ChannelId(channel.id), watched_id=parent)
    if isinstance(channel, discord.abc.GuildChannel):
        own = ChannelId(channel.id)
        return Place(guild_id=GuildId(channel.guild.id), channel_id=own, watched_id=own)
    return None


def replied_to(message: discord.Message) -> discord.Message | None:
    """The member's message that this one replies to, if Discord sent it along or the cache holds it."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    target = reference.resolved if isinstance(reference.resolved, discord.Message) else reference.cached_message
    return target if target is not None and is_members(target) else None


def answers_somebody(message: discord.Message) -> bool:
    """Does this message reply to somebody else's post?"""
    target = replied_to(message)
    return target is not None and target.author.id != message.author.id


class Translator:
    """Turns messages into posts for one client."""

    def __init__(self, client: discord.Client, *, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    def channel(self, channel_id: int | None) -> object:
        """The channel or thread as the client knows it, or None."""
        return None if channel_id is None else self._client.get_channel(channel_id)

    async def locate(self, message: discord.Message) -> Place | None:
        """Find where a message stands; asks Discord once for a thread that the client has not seen.

        None where there is no such place for the bot; raises `DeliveryDelayed` when Discord does not answer.
        """
        place = place_of(message.channel) or place_of(self._client.get_channel(message.channel.id))
        if place is not None or message.guild is None:
            return place
        try:
            with delivering(f"looking up channel {message.channel.id}"):
                return place_of(await self._client.fetch_channel(message.channel.id))
        except DeliveryRefused:
            return None

    async def post(
        self,
        message: discord.Message,
        *,
        origin: Origin,
        place: Place | None = None,
        earlier: Iterable[discord.Message] | None = None,
    ) -> Post | None:
        """Translate a member's message; None for anything else. `earlier` replaces the look into cache and history."""
        if not is_members(message):
            return None
        place = place or await self.locate(message)
        if place is None:
            return None
        community = self._directory.get(place.guild_id)
        context: tuple[discord.Message, ...] = ()
        roles = roles_of(message.author)
        if community is not None:
            rules = community.rules_for(place.watched_id)
            if rules.consent is Consent.OPT_IN and not isinstance(message.author, discord.Member):
                roles = await self.fetch_roles(place.guild_id, message.author.id)
            if community.watches(place.watched_id):
                if earlier is None:
                    earlier = await self._earlier(message)
                context = _context(message, earlier, rules, in_thread=place.channel_id != place.watched_id)
        return Post(
            message_id=MessageId(message.id),
            channel_id=place.channel_id,
            watched_id=place.watched_id,
            guild_id=place.guild_id,
            author_id=UserId(message.author.id),
            text=message.content,
            created_at=message.created_at,
            context=tuple(known.content for known in context),
            context_authors=tuple(UserId(known.author.id) for known in context),
            author_roles=roles,
            origin=origin,
        )

    async def _earlier(self, message: discord.Message) -> list[discord.Message]:
        """Up to five members' messages before this one, oldest first: from the cache, else from one history call."""
        found: list[discord.Message] = []
        channel_id = message.channel.id
        reaches_start = message.id == channel_id  # a forum post's first message carries the thread's own id
        for known in reversed(self._client.cached_messages):
            if known.channel.id == channel_id and known.id < message.id:
                reaches_start = reaches_start or known.id == channel_id
                if is_members(known):
                    found.append(known)
                    if len(found) == MAX_CONTEXT:
                        break
        if len(found) < MAX_CONTEXT and not reaches_start:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return [known async for known in message.channel.history(limit=HISTORY, before=message)][::-1]
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("read without context", action="context", channel_id=channel_id, error=type(error).__name__)
        return found[::-1]

    async def fetch_roles(self, guild_id: GuildId, user_id: int) -> frozenset[RoleId]:
        """Ask Discord for a member's roles, none when the member has left; raises `DeliveryDelayed`."""
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return frozenset()
        try:
            with delivering(f"looking up member {user_id}"):
                return roles_of(await guild.fetch_member(user_id))
        except DeliveryRefused:
            return frozenset()


def _context(
    message: discord.Message, earlier: Iterable[discord.Message], rules: ChannelRules, *, in_thread: bool
) -> tuple[discord.Message, ...]:
    """The messages that a reader of the thread would have seen, oldest first, the replied-to one last.

    Outside threads several conversations run through one another, and an alarming post must not colour the next
    person's chatter: there only the writer's own earlier posts and the replied-to one count.
    """
    target = replied_to(message)
    readable: list[discord.Message] = []
    for known in earlier:
        words = _opening(known)
        own = words.author.id == message.author.id
        if (in_thread or own) and words.id not in {message.id, *(() if target is None else (target.id,))}:
            readable.append(words)
    if target is not None:
        readable.append(target)
    kept = [m for m in readable if is_members(m) and m.content.strip() and _consents(m, message, rules)]
    return tuple(kept[-MAX_CONTEXT:])


def _opening(message: discord.Message) -> discord.Message:
    """The message that a thread grew out of, where a notice stands for it."""
    reference = message.reference
    if message.type is discord.MessageType.thread_starter_message and reference is not None:
        return reference.resolved if isinstance(reference.resolved, discord.Message) else message
    return message


def _consents(known: discord.Message, message: discord.Message, rules: ChannelRules) -> bool:
    """May this earlier post be read? Under opt-in only its author's role, or the writer's own earlier post, says so."""
    if rules.consent is not Consent.OPT_IN or known.author.id == message.author.id:
        return True
    return rules.consent_role in roles_of(known.author)
