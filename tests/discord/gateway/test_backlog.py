"""What the bot reads of the time it was away."""

import pytest

from bot.core.errors import DeliveryDelayed
from bot.core.posts import ChannelId, GuildId, MessageId, Origin, Post
from bot.core.records import ChannelMark
from tests.discord.gateway.world import World


async def read(world: World, place: ChannelMark, *, after: int = 1, limit: int = 50) -> list[tuple[int, Post | None]]:
    """One page."""
    return [
        (found.message_id, found.post)
        async for found in world.backlog.posts_after(place, after=MessageId(after), limit=limit)
    ]


def mark(world: World, channel_id: int, *, newest: int = 0) -> ChannelMark:
    """A place of this guild."""
    own = ChannelId(channel_id)
    return ChannelMark(channel_id=own, watched_id=own, guild_id=world.guild_id, settled_id=MessageId(newest))


async def test_watched_places_are_channels_threads_and_forum_posts_with_their_newest_message(world: World) -> None:
    """Sleeping threads too; unwatched channels not."""
    thread = await world.thread(world.patients)
    story = await world.thread(world.forum, opening="my story")
    asleep = await world.thread(world.forum, opening="an older story")
    sent = await world.member.send(world.patients, "post")
    inside = await world.member.send(thread, "in the thread")
    world.env.backend.edit_channel(asleep.id, {}, thread_metadata={"archived": True})
    await world.env.restart_bot(world.new_client())

    places = await world.backlog.watched_places()

    found = {place.channel_id: (place.watched_id, place.settled_id) for place in places}
    assert found[ChannelId(world.patients.id)] == (world.patients.id, sent.id)
    assert found[ChannelId(thread.id)] == (world.patients.id, inside.id)
    assert found[ChannelId(story.id)] == (world.forum.id, story.id)
    assert found[ChannelId(asleep.id)] == (world.forum.id, asleep.id)
    assert set(found) == {world.patients.id, world.forum.id, thread.id, story.id, asleep.id}


async def test_a_channel_that_cannot_be_read_is_no_place(world: World) -> None:
    """Discord would answer with nothing, which must not be taken for silence."""
    await world.deny(world.patients, read_message_history=True)

    assert world.patients.id not in {place.channel_id for place in await world.backlog.watched_places()}


async def test_pages_come_in_order_with_context_and_a_none_for_what_is_no_post(world: World) -> None:
    """Marks move over bots' messages too."""
    for number in range(7):
        await world.member.send(world.patients, f"post {number}")
    history = world.patients.history()
    card = world.env.backend.create_message(world.patients.id, world.env.backend.bot_user.id, "a card")
    last = await world.member.send(world.patients, "the last")

    found = await read(world, mark(world, world.patients.id), after=history[5].id)

    assert [message_id for message_id, _ in found] == [history[6].id, card.id, last.id]
    first, none, newest = (post for _, post in found)
    assert none is None
    assert first is not None
    assert newest is not None
    assert first.context == tuple(f"post {number}" for number in range(1, 6))
    assert newest.context == tuple(f"post {number}" for number in range(2, 7))
    assert newest.origin is Origin.CATCH_UP


async def test_a_page_is_no_longer_than_asked(world: World) -> None:
    """So that a busy channel cannot starve the others."""
    for number in range(4):
        await world.other.send(world.patients, f"post {number}")

    found = await read(world, mark(world, world.patients.id), limit=3)

    assert [post.text for _, post in found if post is not None] == ["post 0", "post 1", "post 2"]


async def test_a_forum_itself_and_a_place_that_is_gone_hold_nothing(world: World) -> None:
    """Neither is an error that should stop the others."""
    gone = world.guild.create_text_channel("gone")
    world.env.backend.delete_channel(gone.id)

    assert await read(world, mark(world, world.forum.id)) == []
    assert await read(world, mark(world, gone.id)) == []


async def test_another_guilds_place_is_not_read(world: World) -> None:
    """A mark names its guild."""
    await world.member.send(world.patients, "post")
    own = ChannelId(world.patients.id)
    foreign = ChannelMark(channel_id=own, watched_id=own, guild_id=GuildId(1), settled_id=MessageId(0))

    assert await read(world, foreign) == []


async def test_an_outage_while_reading_is_a_delay(world: World) -> None:
    """The marks stay where they are, and the next pass reads again."""
    await world.member.send(world.patients, "post")
    world.env.inject_error("GET", "/channels/*/messages", status=503, times=None)

    with pytest.raises(DeliveryDelayed, match="503"):
        await read(world, mark(world, world.patients.id))


async def test_moderators_answers_are_noticed_in_the_backlog(world: World) -> None:
    """Who wrote with the moderators' role, when, and to whom; history names no roles, so Discord is asked."""
    asked = await world.member.send(world.patients, "a question")
    answered = await world.moderator.send(world.patients, "an answer", reply_to=asked)

    place = mark(world, world.patients.id)
    found = [one async for one in world.backlog.posts_after(place, after=MessageId(1), limit=50)]

    noticed = [(one.message_id, one.answers) for one in found if one.moderator_at is not None]
    assert noticed == [(answered.id, world.member.id)]
