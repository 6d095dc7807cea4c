"""Failing parts: what a model, a database or one strange post leaves for later, and what old rows leave for good."""

import asyncio
from dataclasses import replace

from bot.core.errors import StoreError
from bot.core.posts import Origin
from tests.making import GUILD, MEMBER, MODERATOR
from tests.services.while_away import at, connect, place, post_at


async def test_with_the_model_down_posts_wait_and_are_read_later(world):
    """Red flags reach moderators at once; the rest is read when the model is back."""
    world.assessor.down = True
    red = post_at(-2, "emergency now")
    plain = post_at(-1, "today later")
    await world.say(red, plain)
    at_once = list(world.discord.done("case"))

    world.assessor.down = False
    await world.watchkeeper.retry_waiting()
    await world.outbox.drain()

    assert at_once == [f"case emergency of {red.message_id}"]
    assert f"case same_day of {plain.message_id}" in world.discord.transcript
    assert len(world.discord.done("card ")) == 2
    async with world.store.transaction(read_only=True) as tx:
        assert list(await tx.ledger.waiting(limit=10)) == []


async def test_waiting_posts_are_left_alone_while_the_model_is_down(world):
    """The attempt cap counts readings of the post, not the length of an outage."""
    world.assessor.down = True
    await world.say(post_at(-1, "today later"))

    for _ in range(20):
        await world.watchkeeper.retry_waiting()

    async with world.store.transaction(read_only=True) as tx:
        waiting = await tx.ledger.waiting(limit=10)
    assert [one.attempts for one in waiting] == [0]


async def test_a_waiting_post_that_was_deleted_is_forgotten(world):
    """Nothing is kept about a post that is gone."""
    world.assessor.down = True
    post = post_at(-1, "today later")
    await world.say(post)
    del world.discord.posts[post.message_id]
    world.assessor.down = False

    await world.watchkeeper.retry_waiting()

    async with world.store.transaction(read_only=True) as tx:
        assert list(await tx.ledger.waiting(limit=10)) == []


async def test_a_database_that_does_not_answer_leaves_the_channel_to_catch_up(world, monkeypatch):
    """The batch is not lost: the mark stays, and the next catch-up reads it."""
    await connect(world, place(newest=at(-60)))
    post = world.discord.write(post_at(-1, "today something"))

    async def fail(*_args, **_kwargs):
        raise StoreError("the database did not answer")

    with monkeypatch.context() as broken:
        broken.setattr(world.triage, "handle_each", fail)
        await world.intake.settle([post])
    world.discord.marks = [place(newest=post.message_id)]
    assert world.intake.needs_catch_up

    await world.watchkeeper.tick()
    await world.outbox.drain()

    assert post.message_id in world.discord.cards
    assert not world.intake.needs_catch_up


async def test_the_worker_finishes_its_batch_before_it_ends(world):
    """Cancelling the loop in the middle of a batch still commits the batch."""
    post = world.discord.write(post_at(-1, "today something"))
    task = asyncio.create_task(world.intake.run())
    world.intake.offer(post)
    while not world.assessor.read:  # noqa: ASYNC110 - the double is read from a thread and has no event to wait for
        await asyncio.sleep(0)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert (await world.case_of(post)).message_id == post.message_id


async def test_a_full_queue_leaves_the_channel_to_catch_up(world, monkeypatch):
    """Overflow is no loss either."""
    await connect(world, place(newest=at(-60)))
    monkeypatch.setattr(world.intake, "_items", asyncio.Queue(1))

    world.intake.offer(post_at(-2, "today a"))
    world.intake.offer(post_at(-1, "today b"))

    assert world.intake.depth == 1
    assert world.intake.needs_catch_up


async def test_retention_removes_what_is_old_and_settled(world):
    """After the configured days resolved cases and decisions are gone."""
    from bot.core.cases import Verdict

    post = post_at(-1, "today something")
    await world.say(post)
    case = await world.case_of(post)
    await world.desk.resolve(GUILD, case.case_id, by=MODERATOR, verdict=Verdict.CONFIRMED, reason="seen")
    await world.outbox.drain()
    world.clock.forward(days=15)

    removed = await world.watchkeeper.sweep()

    assert removed > 0
    async with world.store.transaction(read_only=True) as tx:
        assert await tx.cases.of_post(post.message_id) is None
        assert await tx.decisions.get(post.message_id) is None


async def test_erasing_a_member_leaves_nothing_tied_to_them(world):
    """Rows and the bot's own messages go: the card under the post, and the case card that shows its text."""
    await world.say(post_at(-1, "today something"))
    before = await world.privacy.export(MEMBER)
    assert world.discord.cards
    assert world.discord.case_cards

    await world.privacy.erase(MEMBER)
    after = await world.privacy.export(MEMBER)

    assert str(MEMBER).encode() in before
    assert str(MEMBER).encode() not in after
    assert (world.discord.cards, world.discord.case_cards) == ({}, {})
    async with world.store.transaction(read_only=True) as tx:
        assert await tx.audit.verify() is None


async def test_a_poison_post_is_set_aside_and_shown_to_moderators(world, monkeypatch):
    """The post that breaks its reader does not take the batch along; after three tries a human is asked to read it."""
    read = world.assessor.assess

    def choke(posts):
        if any(post.text.startswith("poison") for post in posts):
            raise ValueError("nobody foresaw this")
        return read(posts)

    monkeypatch.setattr(world.assessor, "assess", choke)
    poison, urgent = post_at(-2, "poison"), post_at(-1, "today something")
    world.discord.write(poison)
    world.discord.write(urgent)
    await world.intake.settle([poison, urgent])
    await world.outbox.drain()
    first = list(world.discord.done("case"))
    for _ in range(3):
        world.clock.forward(hours=3)
        await world.watchkeeper.retry_waiting()
    await world.outbox.drain()

    assert first == [f"case same_day of {urgent.message_id}"]
    assert len(world.discord.done("case")) == 2
    async with world.store.transaction(read_only=True) as tx:
        assert [one.message_id for one in await tx.ledger.given_up()] == [poison.message_id]


async def test_an_outage_of_the_database_does_not_end_the_outbox(world, monkeypatch):
    """The loop goes on, and sends when the database is back."""
    post = world.discord.write(post_at(-1, "today something"))
    await world.triage.handle([post])
    begin = world.store.transaction

    def fail(*, read_only: bool = False):
        raise StoreError("the database did not answer")

    monkeypatch.setattr(world.store, "transaction", fail)
    task = asyncio.create_task(world.outbox.run())
    await asyncio.sleep(0.05)
    monkeypatch.setattr(world.store, "transaction", begin)
    world.outbox.wake()
    async with asyncio.timeout(5):
        while not world.discord.done("card "):  # noqa: ASYNC110 - the double has no event to wait for
            await asyncio.sleep(0.01)

    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_edit_that_met_an_outage_is_tried_again(world, monkeypatch):
    """Catch-up would not find an edit of a post that it knows, so the intake keeps it."""
    post = world.discord.write(post_at(-1, "soon something"))
    await world.say(post)
    worse = replace(post, text="emergency something", origin=Origin.EDIT)

    async def fail(*_args, **_kwargs):
        raise StoreError("the database did not answer")

    with monkeypatch.context() as broken:
        broken.setattr(world.triage, "handle_each", fail)
        await world.intake.settle([worse])

    assert world.intake.depth == 1


async def test_waiting_posts_that_may_no_longer_be_read_are_forgotten(world):
    """An opt-out during an outage does not leave the post waiting for ever."""
    world.assessor.down = True
    post = post_at(-1, "today later")
    await world.say(post)
    await world.privacy.opt_out(GUILD, MEMBER, out=True)
    world.assessor.down = False

    await world.watchkeeper.retry_waiting()

    async with world.store.transaction(read_only=True) as tx:
        assert list(await tx.ledger.waiting(limit=10)) == []
