"""Posts and places of a time while the bot was away, and its coming back."""

from datetime import timedelta

from bot.core.posts import ChannelId, MessageId
from bot.core.records import ChannelMark
from bot.services.catch_up import first_id_at
from tests.making import CHANNEL, GUILD, NOW, make_post

THREAD = ChannelId(250)


def at(minutes: float) -> MessageId:
    """A message id of so many minutes before or after now."""
    return first_id_at(NOW + timedelta(minutes=minutes))


def place(channel: ChannelId = CHANNEL, *, newest: MessageId) -> ChannelMark:
    """A watched place as Discord shows it on connect."""
    return ChannelMark(channel_id=channel, watched_id=CHANNEL, guild_id=GUILD, settled_id=newest)


def post_at(minutes: float, text: str, channel: ChannelId = CHANNEL):
    """A post written some minutes ago."""
    return make_post(
        message_id=MessageId(at(minutes) + 1),
        channel_id=channel,
        text=text,
        created_at=NOW + timedelta(minutes=minutes),
    )


async def connect(world, *places: ChannelMark):
    """The bot connects and reads what it missed."""
    world.discord.marks = list(places)
    world.intake.all_behind()
    report = await world.catch_up.run()
    await world.outbox.drain()
    return report
