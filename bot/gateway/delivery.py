"""What can go wrong on the way to Discord, as the house's two delivery errors; sends nothing itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.core.errors import DeliveryDelayed, DeliveryRefused
from bot.core.posts import ChannelId, GuildId

Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread

NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "mention_everyone": "Mention @everyone, @here, and All Roles",
}
"""Permissions as Discord's settings call them."""

WITH_SENDING = frozenset({"embed_links", "mention_everyone"})
"""Permissions that Discord takes away together with Send Messages."""

TRY_LATER = frozenset({408, 425, 429})


GUILD_WAIT_S = 5.0


@contextmanager
def delivering(what: str) -> Iterator[None]:
    """Turn Discord's refusals and outages into `DeliveryRefused` and `DeliveryDelayed`; `what` begins the sentence."""
    try:
        yield
    except discord.RateLimited as error:
        raise DeliveryDelayed(f"{what} is rate-limited by Discord", retry_after=error.retry_after) from error
    except discord.HTTPException as error:
        answer = f"Discord answered {error.status} (code {error.code})"
        if error.status >= 500 or error.status in TRY_LATER:
            raise DeliveryDelayed(f"{what} waits: {answer}", retry_after=_retry_after(error)) from error
        raise DeliveryRefused(f"{what} was refused: {answer}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise DeliveryDelayed(f"{what} waits: Discord could not be reached ({type(error).__name__})") from error


async def find_place(client: discord.Client, guild_id: GuildId, channel_id: ChannelId) -> Place:
    """Find a channel or thread of this guild that messages stand in; raises `DeliveryRefused` when there is none."""
    channel: object = client.get_channel(channel_id)
    if channel is None:
        with delivering(f"looking up channel {channel_id}"):
            channel = await client.fetch_channel(channel_id)
    if not isinstance(channel, Place):
        raise DeliveryRefused(f"channel {channel_id} is a {type(channel).__name__}; expected one that holds messages")
    if channel.guild.id != guild_id:
        raise DeliveryRefused(f"channel {channel_id} belongs to guild {channel.guild.id}; expected guild {guild_id}")
    return channel


def missing(place: discord.abc.GuildChannel | discord.Thread, needed: Iterable[str]) -> list[str]:
    """Name, as Discord's settings do, the permissions that the bot lacks in a place."""
    me: discord.Member | None = place.guild.me
    if me is None:  # the guild is known but not yet there: after a start, or in an outage of its own
        raise DeliveryDelayed(f"guild {place.guild.id} is not available yet", retry_after=GUILD_WAIT_S)
    try:
        held = place.permissions_for(me)
    except discord.ClientException:  # a thread whose parent channel the bot cannot see
        return [NAMES["view_channel"]]
    if not held.view_channel:
        return [NAMES["view_channel"]]
    # These are lost with the right to send, so their own setting is not known; in threads that of the parent misleads.
    silent = not (held.send_messages and (held.send_messages_in_threads or not isinstance(place, discord.Thread)))
    unsure = WITH_SENDING if silent else frozenset()
    return [NAMES[name] for name in needed if name not in unsure and not getattr(held, name)]


def needed_to_send(place: discord.abc.GuildChannel | discord.Thread, *, reply: bool) -> list[str]:
    """Permissions without which a card cannot be sent here."""
    send = "send_messages_in_threads" if isinstance(place, discord.Thread) else "send_messages"
    return ["view_channel", send, "embed_links", *(["read_message_history"] if reply else [])]


def demand(place: Place, needed: Iterable[str]) -> None:
    """Raise `DeliveryRefused` naming every permission that is missing: refused requests count against the bot's IP."""
    lacking = missing(place, needed)
    if lacking:
        listed = ", ".join(f"'{name}'" for name in lacking)
        raise DeliveryRefused(f"the bot lacks {listed} in channel {place.id}: grant it in the channel's settings")


def _retry_after(error: discord.HTTPException) -> float:
    """Seconds that Discord asked to wait, 0 when it named none."""
    headers = getattr(error.response, "headers", None) or {}
    try:
        return max(0.0, float(headers.get("Retry-After", 0.0)))
    except (TypeError, ValueError):
        return 0.0
