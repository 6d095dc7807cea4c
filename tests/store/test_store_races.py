"""Several writers at once, through separate stores as separate processes would, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from bot.core.cases import CaseEvent, CaseEventKind, CaseStatus
from bot.core.errors import StoreError
from bot.core.posts import MessageId, UserId
from bot.core.records import ChannelMark
from bot.store import open_store
from tests.making import CHANNEL, GUILD, MODERATOR, NOW, OTHER_MODERATOR
from tests.store.building import make_case, make_decision, make_effect

ROUNDS = 50


async def press_claim(store, message_id, *, by):
    """Read the case, find it open, claim it: what one moderator's button does. True for the winner."""
    async with store.transaction() as tx:
        case = await tx.cases.of_post(message_id)
        assert case is not None
        if case.state.status is not CaseStatus.OPEN:
            return False
        event = CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW + timedelta(seconds=1), actor=by)
        return await tx.cases.append(case, event) is not None


async def test_of_two_who_claim_together_exactly_one_wins(store, opened):
    """Fifty times over; the history holds the winner's claim and no other."""
    other = await opened()
    wins = []
    for number in range(ROUNDS):
        message_id = MessageId(5000 + number)
        async with store.transaction() as tx:
            await tx.cases.open(make_case(message_id=message_id))
        mine, theirs = await asyncio.gather(
            press_claim(store, message_id, by=MODERATOR), press_claim(other, message_id, by=OTHER_MODERATOR)
        )
        async with store.transaction(read_only=True) as tx:
            case = await tx.cases.of_post(message_id)
        assert case is not None
        assert len(case.events) == 2
        assert case.state.holder == (MODERATOR if mine else OTHER_MODERATOR)
        wins.append((mine, theirs))

    assert all(mine != theirs for mine, theirs in wins)


async def test_who_read_before_the_other_wrote_loses(store, opened):
    """The race at its narrowest: both read the same history before either writes."""
    other = await opened()
    async with store.transaction() as tx:
        await tx.cases.open(make_case())
    async with store.transaction(read_only=True) as tx:
        case = await tx.cases.of_post(MessageId(1000))
    assert case is not None

    async def append(through, by):
        async with through.transaction() as tx:
            event = CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW, actor=by)
            return await tx.cases.append(case, event)

    outcomes = await asyncio.gather(append(store, MODERATOR), append(other, OTHER_MODERATOR))

    assert sorted(outcome is None for outcome in outcomes) == [False, True]


async def test_the_same_post_settled_twice_at_once_is_settled_once(store, opened):
    """One decision is new, one case is opened, one card is queued, whoever was first."""
    other = await opened()

    async def settle(through):
        async with through.transaction() as tx:
            new = await tx.decisions.put(make_decision())
            case = await tx.cases.open(make_case())
            queued = await tx.outbox.enqueue(make_effect(case_id=case.case_id))
            return new, queued, case.case_id

    outcomes = await asyncio.gather(settle(store), settle(other), settle(store), settle(other))

    assert sorted(new for new, _, _ in outcomes) == [False, False, False, True]
    assert sorted(queued for _, queued, _ in outcomes) == [False, False, False, True]
    assert len({case_id for _, _, case_id in outcomes}) == 1


async def test_many_writers_all_get_their_turn(store, opened):
    """Nobody is told that the database is locked, and no write is lost."""
    other = await opened()

    async def write(through, number):
        async with through.transaction() as tx:
            await tx.members.set_opt_out(GUILD, UserId(number), out=True, now=NOW)

    await asyncio.gather(*(write(store if number % 2 else other, number) for number in range(1, 101)))

    async with store.transaction(read_only=True) as tx:
        assert len(await tx.members.opted_out(GUILD, [UserId(n) for n in range(1, 101)])) == 100


async def test_a_reader_is_not_held_up_by_a_writer(store):
    """And sees nothing of what is not committed."""
    mark = ChannelMark(channel_id=CHANNEL, watched_id=CHANNEL, guild_id=GUILD, settled_id=MessageId(1))
    async with store.transaction() as writing:
        await writing.ledger.advance(mark)
        async with asyncio.timeout(2), store.transaction(read_only=True) as reading:
            during = await reading.ledger.marks()
    async with store.transaction(read_only=True) as reading:
        after = await reading.ledger.marks()

    assert (during, after) == ([], [mark])


async def test_an_exception_rolls_everything_back(store):
    """The decision, the case, the effect and the mark commit together or not at all."""

    async def write_and_fail():
        async with store.transaction() as tx:
            await tx.decisions.put(make_decision())
            await tx.cases.open(make_case())
            await tx.outbox.enqueue(make_effect())
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()

    async with store.transaction(read_only=True) as tx:
        assert await tx.decisions.known([MessageId(1000)]) == frozenset()
        assert await tx.cases.of_post(MessageId(1000)) is None
        assert await tx.outbox.due(now=NOW, limit=10) == []


async def test_a_cancelled_transaction_leaves_nothing_and_locks_nothing(store):
    """Ctrl-C in the middle of a write."""
    begun = asyncio.Event()

    async def hang():
        async with store.transaction() as tx:
            await tx.decisions.put(make_decision())
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])

    async with asyncio.timeout(2), store.transaction() as tx:
        assert await tx.decisions.known([MessageId(1000)]) == frozenset()


async def test_a_read_only_transaction_refuses_to_write(store):
    """A promise that the database itself keeps."""
    with pytest.raises(StoreError, match="refused a statement"):
        async with store.transaction(read_only=True) as tx:
            await tx.decisions.put(make_decision())


async def test_a_write_inside_a_write_is_a_mistake_that_is_named(tmp_path):
    """On SQLite it would wait for itself for ever."""
    store = await open_store(f"sqlite:///{tmp_path}/a.sqlite", notes_key=None)
    async with store.transaction():
        with pytest.raises(RuntimeError, match="inside another one"):
            async with store.transaction():
                pass
    async with store.transaction() as tx:
        assert await tx.ledger.marks() == []
    await store.close()
