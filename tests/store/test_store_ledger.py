"""The ledger's contract, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.posts import ChannelId, MessageId
from bot.core.records import ChannelMark
from tests.making import CHANNEL, GUILD, NOW, make_post

MARK = ChannelMark(channel_id=CHANNEL, watched_id=CHANNEL, guild_id=GUILD, settled_id=MessageId(50))


async def test_an_unknown_channel_has_no_mark(store):
    """Nothing was settled there yet."""
    async with store.transaction(read_only=True) as tx:
        assert await tx.ledger.mark(CHANNEL) is None
        assert await tx.ledger.marks() == []


@pytest.mark.parametrize(
    ("second", "stands_at"),
    [pytest.param(60, 60, id="forward"), pytest.param(50, 50, id="same"), pytest.param(40, 50, id="never-back")],
)
async def test_a_mark_moves_only_forward(store, second, stands_at):
    """A late report about an old message does not make the bot read everything again."""
    async with store.transaction() as tx:
        await tx.ledger.advance(MARK)
        await tx.ledger.advance(replace(MARK, settled_id=MessageId(second)))

    async with store.transaction(read_only=True) as tx:
        assert await tx.ledger.mark(CHANNEL) == replace(MARK, settled_id=MessageId(stands_at))


async def test_marks_keep_threads_apart(store):
    """A thread has a mark of its own, below the channel that it belongs to."""
    thread = ChannelMark(channel_id=ChannelId(999), watched_id=CHANNEL, guild_id=GUILD, settled_id=MessageId(7))

    async with store.transaction() as tx:
        await tx.ledger.advance(thread)
        await tx.ledger.advance(MARK)
        marks = await tx.ledger.marks()

    assert marks == [MARK, thread]


async def test_the_last_attempt_gives_a_post_up(store):
    """Three attempts at most: the third is the last, and a fourth changes nothing about that."""
    post = make_post()
    seen = []
    for attempt in range(4):
        async with store.transaction() as tx:
            seen.append(await tx.ledger.wait(post, now=NOW + timedelta(minutes=attempt), max_attempts=3))

    assert [(one.attempts, one.given_up) for one in seen] == [(1, False), (2, False), (3, True), (4, True)]
    assert {one.first_seen_at for one in seen} == {NOW}


async def test_waiting_and_given_up_posts_are_listed_apart(store):
    """Oldest post first, whatever the order in which they came to wait."""
    async with store.transaction() as tx:
        for message_id in (30, 10, 20):
            await tx.ledger.wait(make_post(message_id=MessageId(message_id)), now=NOW, max_attempts=2)
        await tx.ledger.wait(make_post(message_id=MessageId(20)), now=NOW, max_attempts=2)
        waiting = await tx.ledger.waiting(limit=10)
        first = await tx.ledger.waiting(limit=1)
        given_up = await tx.ledger.given_up()

    assert [one.message_id for one in waiting] == [10, 30]
    assert [one.message_id for one in first] == [10]
    assert [one.message_id for one in given_up] == [20]


async def test_a_settled_post_waits_no_more(store):
    """Settling forgets the post and its attempts; settling what never waited is no error."""
    async with store.transaction() as tx:
        await tx.ledger.wait(make_post(), now=NOW, max_attempts=3)
        await tx.ledger.settle(MessageId(1000))
        await tx.ledger.settle(MessageId(1001))

        assert await tx.ledger.waiting(limit=10) == []
        assert (await tx.ledger.wait(make_post(), now=NOW, max_attempts=3)).attempts == 1


async def test_an_attempt_that_does_not_count_leaves_a_post_waiting(store):
    """An outage is not the post's fault: it waits without coming nearer to being given up."""
    post = make_post()
    async with store.transaction() as tx:
        for _ in range(5):
            waiting = await tx.ledger.wait(post, now=NOW, max_attempts=3, counts=False)
        counted = await tx.ledger.wait(post, now=NOW, max_attempts=3)

    assert (waiting.attempts, waiting.given_up) == (0, False)
    assert (counted.attempts, counted.given_up) == (1, False)
