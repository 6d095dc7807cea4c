"""Coming back: catch-up, marks, waiting posts, and what a failing part leaves for later."""

from dataclasses import replace

from bot.core.errors import DeliveryRefused
from tests.making import CHANNEL, MODERATOR, MODERATORS
from tests.services.while_away import THREAD, at, connect, place, post_at


async def test_a_channel_seen_for_the_first_time_begins_now(world):
    """What was written before the bot was invited is not read."""
    old = world.discord.write(post_at(-30, "emergency old"))

    await connect(world, place(newest=old.message_id))

    assert world.assessor.read == []


async def test_posts_written_while_away_are_read_once(world):
    """After a restart the missed post gets its case and card; a second connection changes nothing."""
    await connect(world, place(newest=at(-60)))
    missed = world.discord.write(post_at(-10, "today missed"))
    world.discord.write(post_at(-9, "hello all"))

    first = await connect(world, place(newest=post_at(-9, "").message_id))
    second = await connect(world, place(newest=post_at(-9, "").message_id))

    assert (first.posts, second.posts) == (2, 0)
    assert list(world.discord.cards) == [missed.message_id]
    assert len(world.discord.done("case")) == 1


async def test_threads_created_while_away_are_read_from_their_beginning(world):
    """A thread without a mark of its own starts at its channel's mark."""
    await connect(world, place(newest=at(-60)))
    missed = world.discord.write(post_at(-10, "today missed", THREAD))

    await connect(world, place(newest=at(-60)), place(THREAD, newest=missed.message_id))

    assert missed.message_id in world.discord.cards


async def test_a_live_post_never_moves_the_mark_over_what_catch_up_has_not_read(world):
    """A crash between connect and catch-up loses nothing."""
    await connect(world, place(newest=at(-60)))
    world.discord.write(post_at(-10, "today missed"))
    live = world.discord.write(post_at(0, "hello all"))

    world.intake.all_behind()
    await world.intake.settle([live])

    async with world.store.transaction(read_only=True) as tx:
        mark = await tx.ledger.mark(CHANNEL)
    assert mark is not None
    assert mark.settled_id == at(-60)


async def test_live_posts_move_the_mark_once_caught_up(world):
    """In the ordinary course the mark follows the channel."""
    await connect(world, place(newest=at(-60)))
    live = world.discord.write(post_at(0, "hello all"))

    await world.intake.settle([live])

    async with world.store.transaction(read_only=True) as tx:
        mark = await tx.ledger.mark(CHANNEL)
    assert mark is not None
    assert mark.settled_id == live.message_id


async def test_a_busy_channel_does_not_starve_a_quiet_one(world):
    """Pages take turns: the quiet thread is read after the busy channel's first page."""
    await connect(world, place(newest=at(-60)), place(THREAD, newest=at(-60)))
    for index in range(120):
        world.discord.write(post_at(-50 + index / 10, "hello all"))
    quiet = world.discord.write(post_at(-20, "today quiet", THREAD))
    newest = max(world.discord.posts)

    world.discord.transcript.clear()
    await connect(world, place(newest=newest), place(THREAD, newest=quiet.message_id))

    reads = [line.split()[1] for line in world.discord.done("read")]
    assert reads[:3] == [str(CHANNEL), str(THREAD), str(CHANNEL)]
    assert len(set(world.assessor.read)) == 121


async def test_age_is_bounded_and_the_gap_is_reported(world):
    """Posts older than the bound are not read, and the report names the channel."""
    await connect(world, place(newest=at(-60 * 30)))
    too_old = world.discord.write(post_at(-60 * 29, "today too old"))
    recent = world.discord.write(post_at(-60, "today recent"))

    report = await connect(world, place(newest=recent.message_id))

    assert report.too_old == (CHANNEL,)
    assert too_old.message_id not in world.discord.cards
    assert recent.message_id in world.discord.cards


async def test_old_posts_reach_moderators_without_a_public_card(world):
    """A card half a day late helps nobody; a case still may."""
    await connect(world, place(newest=at(-60 * 20)))
    late = world.discord.write(post_at(-60 * 13, "today late"))

    await connect(world, place(newest=late.message_id))

    assert world.discord.done("card ") == []
    assert world.discord.done("case")


async def test_a_moderator_who_answered_meanwhile_is_respected(world):
    """No card under a post that a human answered while the bot was away."""
    await connect(world, place(newest=at(-60)))
    missed = world.discord.write(post_at(-30, "today missed"))
    world.discord.write(replace(post_at(-20, "hello all"), author_id=MODERATOR, author_roles=frozenset({MODERATORS})))

    await connect(world, place(newest=missed.message_id))

    assert world.discord.done("card ") == []
    assert world.discord.done("case")


async def test_a_disconnect_during_catch_up_is_caught_up_too(world, monkeypatch):
    """What fell behind while a pass ran is not ticked off by it."""
    await connect(world, place(newest=at(-60)))
    listed = world.discord.watched_places

    async def disconnect_meanwhile():
        world.intake.all_behind()
        return await listed()

    with monkeypatch.context() as unlucky:
        unlucky.setattr(world.discord, "watched_places", disconnect_meanwhile)
        await world.catch_up.run()

    assert world.intake.needs_catch_up


async def test_one_unreadable_place_does_not_keep_the_others_from_being_read(world, monkeypatch):
    """The healthy channel is read, the other stays behind."""
    await connect(world, place(newest=at(-60)), place(THREAD, newest=at(-60)))
    missed = world.discord.write(post_at(-10, "today missed"))
    after = world.discord.posts_after

    def refuse(where, **more):
        if where.channel_id == THREAD:
            raise DeliveryRefused("the thread is gone")
        return after(where, **more)

    monkeypatch.setattr(world.discord, "posts_after", refuse)
    await connect(world, place(newest=missed.message_id), place(THREAD, newest=at(-5)))

    assert missed.message_id in world.discord.cards
    assert world.intake.needs_catch_up
