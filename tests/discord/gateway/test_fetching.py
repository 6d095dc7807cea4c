"""Reading one post again, as it stands now, for a card that is about to be drawn."""

from collections.abc import Awaitable, Callable

import pytest

from bot.core.posts import ChannelId, GuildId, MessageId
from tests.discord.gateway.world import World


@pytest.mark.parametrize("cold", [False, True], ids=["cached", "after-restart"])
async def test_a_post_is_fetched_with_its_context(world: World, cold: bool) -> None:
    """As it stands now."""
    await world.member.send(world.patients, "before")
    sent = await world.member.send(world.patients, "the post")
    if cold:
        await world.env.restart_bot(world.new_client())

    post = await world.messenger.fetch_post(
        guild_id=world.guild_id, channel_id=ChannelId(world.patients.id), message_id=MessageId(sent.id)
    )

    assert post is not None
    assert (post.text, post.context) == ("the post", ("before",))


async def gone(world: World) -> int:
    """A deleted post."""
    sent = await world.member.send(world.patients, "x")
    await world.member.delete(sent)
    return sent.id


async def cards(world: World) -> int:
    """A message of the bot itself."""
    return world.env.backend.create_message(world.patients.id, world.env.backend.bot_user.id, "a card").id


async def elsewhere(world: World) -> int:
    """A post of another channel."""
    return (await world.member.send(world.offtopic, "x")).id


@pytest.mark.parametrize("which", [gone, cards, elsewhere], ids=["gone", "the-bots-own", "another-channel"])
async def test_what_is_no_members_post_here_is_not_fetched(
    world: World, which: Callable[[World], Awaitable[int]]
) -> None:
    """None, not an error."""
    message_id = MessageId(await which(world))

    channel_id = ChannelId(world.patients.id)
    assert (
        await world.messenger.fetch_post(guild_id=world.guild_id, channel_id=channel_id, message_id=message_id) is None
    )


async def test_a_post_of_another_guild_is_not_fetched(world: World) -> None:
    """One guild can never read another's."""
    sent = await world.member.send(world.patients, "x")

    post = await world.messenger.fetch_post(
        guild_id=GuildId(1), channel_id=ChannelId(world.patients.id), message_id=MessageId(sent.id)
    )

    assert post is None
