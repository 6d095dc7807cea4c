"""Reads what was written while the bot was away, place by place; remembers nothing and decides nothing."""

from collections import deque
from collections.abc import AsyncIterator, Sequence

import discord
import structlog

from bot.core.communities import Community, Directory
from bot.core.errors import DeliveryError
from bot.core.ports import Passed
from bot.core.posts import MAX_CONTEXT, ChannelId, GuildId, MessageId, Origin, Post, RoleId, UserId
from bot.core.records import ChannelMark
from bot.gateway.delivery import Place, delivering, find_place, missing
from bot.gateway.permissions import READING
from bot.gateway.translate import HISTORY, Translator, answers_somebody, place_of, replied_to

log = structlog.get_logger(__name__)

ARCHIVED = 50
"""Threads asked for per channel among those that fell asleep, newest first; they may have done so while away."""

Watched = discord.TextChannel | discord.ForumChannel | discord.VoiceChannel | discord.StageChannel


class DiscordBacklog:
    """The `Backlog` port over a discord.py client."""

    def __init__(self, client: discord.Client, *, directory: Directory) -> None:
        self._client = client
        self._directory = directory
        self._translator = Translator(client, directory=directory)
        self._known_roles: dict[tuple[GuildId, UserId], frozenset[RoleId]] = {}

    async def watched_places(self) -> Sequence[ChannelMark]:
        """Every watched channel, thread and forum post that can be read now, with its newest message."""
        self._known_roles.clear()
        places: list[ChannelMark] = []
        for community in self._directory.by_guild.values():
            for channel_id, rules in community.channels.items():
                if rules.mode.watches:
                    places.extend(await self._in_channel(community, channel_id))
        return places

    async def posts_after(self, place: ChannelMark, *, after: MessageId, limit: int) -> AsyncIterator[Passed]:
        """Messages in order of time; nothing where the place is gone."""
        try:
            channel = await find_place(self._client, place.guild_id, place.channel_id)
        except DeliveryError as error:
            if isinstance(error.__cause__, discord.NotFound | discord.Forbidden) or error.__cause__ is None:
                return  # a forum itself holds no messages, and what is gone cannot be read
            raise
        where = place_of(channel)
        window: deque[discord.Message] | None = None
        with delivering(f"reading channel {place.channel_id}"):
            async for message in channel.history(limit=limit, after=discord.Object(after), oldest_first=True):
                if window is None:
                    window = deque(await self._before(channel, message), maxlen=HISTORY)
                post = await self._translator.post(message, origin=Origin.CATCH_UP, place=where, earlier=list(window))
                window.append(message)
                yield await self._passed(message, post)

    async def _passed(self, message: discord.Message, post: Post | None) -> Passed:
        """Say of a message who wrote it, as far as the bot acts on it."""
        message_id = MessageId(message.id)
        community = None if post is None else self._directory.get(post.guild_id)
        if post is None or community is None or community.moderators_role not in await self._roles(post):
            return Passed(message_id=message_id, post=post)
        target = replied_to(message)
        answers = None if target is None else UserId(target.author.id)
        # As with live posts: what a moderator answers to a member is noted, not read.
        read = None if answers_somebody(message) else post
        return Passed(message_id=message_id, post=read, moderator_at=message.created_at, answers=answers)

    async def _roles(self, post: Post) -> frozenset[RoleId]:
        """A writer's roles, which history does not name: asked for once per writer and pass."""
        if post.author_roles:
            return post.author_roles
        key = (post.guild_id, post.author_id)
        if key not in self._known_roles:
            self._known_roles[key] = await self._translator.fetch_roles(*key)
        return self._known_roles[key]

    async def _before(self, channel: Place, message: discord.Message) -> list[discord.Message]:
        if message.id == channel.id:
            return []
        return [known async for known in channel.history(limit=MAX_CONTEXT, before=message)][::-1]

    async def _in_channel(self, community: Community, channel_id: ChannelId) -> list[ChannelMark]:
        guild = self._client.get_guild(community.guild_id)
        channel = None if guild is None else guild.get_channel(channel_id)
        if not isinstance(channel, Watched) or missing(channel, READING):
            log.warning("channel cannot be read", action="catch_up", channel_id=channel_id)
            return []
        places = [_mark(channel, channel.last_message_id or 0)]
        if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
            return places
        threads = {thread.id: thread for thread in channel.threads}
        with delivering(f"listing the sleeping threads of channel {channel_id}"):
            async for thread in channel.archived_threads(limit=ARCHIVED):
                threads.setdefault(thread.id, thread)
        places.extend(_mark(thread, thread.last_message_id or thread.id) for thread in threads.values())
        return places


def _mark(channel: Watched | discord.Thread, newest: int) -> ChannelMark:
    watched = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
    return ChannelMark(
        channel_id=ChannelId(channel.id),
        watched_id=ChannelId(watched),
        guild_id=GuildId(channel.guild.id),
        settled_id=MessageId(newest),
    )
