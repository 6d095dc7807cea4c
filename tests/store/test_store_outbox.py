"""The outbox's contract, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.effects import EffectId, EffectKind, EffectState
from bot.core.errors import StoreError
from bot.core.posts import ChannelId, MessageId, UserId
from tests.making import CHANNEL, MEMBER, NOW
from tests.store.building import make_decision, make_effect

CARD = EffectKind.MEMBER_CARD


async def test_an_effect_is_added_once(store):
    """The pair of message and action is the truth about "already done", whatever became of the first."""
    async with store.transaction() as tx:
        first = await tx.outbox.enqueue(make_effect())
        again = await tx.outbox.enqueue(make_effect(topic="kidney"))
        await tx.outbox.drop_pending(MessageId(1000), CARD)
        dropped = await tx.outbox.enqueue(make_effect())
        other = await tx.outbox.enqueue(make_effect(action="member_card:2"))

    assert (first, again, dropped, other) == (True, False, False, True)


async def test_an_effect_comes_back_as_it_was_added(store):
    """With an id of its own."""
    effect = make_effect(page=True, only_if_unclaimed=True, audience="carer")
    async with store.transaction() as tx:
        await tx.outbox.enqueue(effect)
        stored = await tx.outbox.of_post(MessageId(1000), CARD)

    assert stored is not None
    assert stored.effect_id > 0
    assert stored == replace(effect, effect_id=stored.effect_id)


async def test_an_effect_made_from_a_sent_one_starts_afresh(store):
    """A withdrawal is a copy of the card's row: it is due, unattempted, and still names the card."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        card = await tx.outbox.of_post(MessageId(1000), CARD)
        assert card is not None
        await tx.outbox.begin(card.effect_id)
        await tx.outbox.finish(card.effect_id, state=EffectState.SENT, sent_message_id=MessageId(9), template="a@1")
        sent = await tx.outbox.of_post(MessageId(1000), CARD)
        assert sent is not None
        kind = EffectKind.WITHDRAW_MEMBER_CARD
        await tx.outbox.enqueue(replace(sent, action=kind.value, kind=kind))
        withdrawal = await tx.outbox.of_post(MessageId(1000), kind)
        found = await tx.outbox.by_sent_message(MessageId(9))

    assert withdrawal is not None
    assert (sent.state, sent.attempts, sent.template) == (EffectState.SENT, 1, "a@1")
    assert (withdrawal.state, withdrawal.attempts, withdrawal.sent_message_id) == (EffectState.DUE, 0, 9)
    assert withdrawal.effect_id != sent.effect_id
    assert found == sent


async def test_pages_come_first_then_the_oldest(store):
    """And what is not due yet does not come at all."""
    async with store.transaction() as tx:
        for message_id, minutes, page in ((1, -1, False), (2, -3, False), (3, 0, True), (4, 1, True), (5, -2, True)):
            await tx.outbox.enqueue(
                make_effect(message_id=MessageId(message_id), not_before=NOW + timedelta(minutes=minutes), page=page)
            )
        due = await tx.outbox.due(now=NOW, limit=10)
        first = await tx.outbox.due(now=NOW, limit=2)
        next_due_at = await tx.outbox.next_due_at()

    assert [effect.message_id for effect in due] == [5, 3, 2, 1]
    assert [effect.message_id for effect in first] == [5, 3]
    assert next_due_at == NOW - timedelta(minutes=3)


async def test_an_attempt_that_was_begun_is_due_again_after_a_crash(store, opened):
    """A second process start finds what the first left in the middle."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.begin(effect.effect_id)

    async with (await opened()).transaction(read_only=True) as tx:
        left_over = await tx.outbox.due(now=NOW - timedelta(days=1), limit=10)
        next_due_at = await tx.outbox.next_due_at()

    assert left_over == [replace(effect, state=EffectState.SENDING, attempts=1)]
    assert next_due_at is None


async def test_what_was_dropped_cannot_be_begun(store):
    """A post deleted between looking and sending keeps its card from going out."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        dropped = await tx.outbox.drop_pending(MessageId(1000), CARD)

    assert dropped == 1
    with pytest.raises(StoreError, match="not waiting to be sent"):
        async with store.transaction() as tx:
            await tx.outbox.begin(effect.effect_id)
    with pytest.raises(StoreError, match="not waiting to be sent"):
        async with store.transaction() as tx:
            await tx.outbox.begin(EffectId(12345))


async def test_an_attempt_under_way_is_not_dropped(store):
    """Only what was not begun yet can be kept back."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        await tx.outbox.enqueue(make_effect(action="case_card", kind=EffectKind.CASE_CARD))
        (effect, _) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.begin(effect.effect_id)

        assert await tx.outbox.drop_pending(MessageId(1000), CARD) == 0
        assert (await tx.outbox.counts())[EffectState.DUE] == 1


async def test_a_postponed_effect_waits_for_its_moment(store):
    """And remembers its attempts."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.begin(effect.effect_id)
        await tx.outbox.postpone(effect.effect_id, until=NOW + timedelta(seconds=30))
        at_once = await tx.outbox.due(now=NOW, limit=10)
        later = await tx.outbox.due(now=NOW + timedelta(seconds=30), limit=10)

    assert at_once == []
    assert [(one.state, one.attempts) for one in later] == [(EffectState.DUE, 1)]


async def test_counts_name_every_state(store):
    """Also those that no effect is in."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        await tx.outbox.enqueue(make_effect(message_id=MessageId(1001)))
        (effect, _) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.finish(effect.effect_id, state=EffectState.FAILED)
        counts = await tx.outbox.counts()

    assert counts == {**dict.fromkeys(EffectState, 0), EffectState.DUE: 1, EffectState.FAILED: 1}


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        pytest.param(EffectState.DUE, True, id="due"),
        pytest.param(EffectState.SENDING, True, id="sending"),
        pytest.param(EffectState.SENT, True, id="sent"),
        pytest.param(EffectState.DROPPED, False, id="dropped"),
        pytest.param(EffectState.FAILED, False, id="failed"),
    ],
)
async def test_a_card_counts_for_the_cool_down_unless_it_never_came(store, state, counted):
    """The member saw it, or is about to."""
    async with store.transaction() as tx:
        await tx.decisions.put(make_decision())
        await tx.outbox.enqueue(make_effect())
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.finish(effect.effect_id, state=state)
        moment = await tx.outbox.last_card_at(channel_id=CHANNEL, author_id=MEMBER, topic="bleeding")

    assert moment == (NOW if counted else None)


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param({"channel_id": ChannelId(9)}, id="other-channel"),
        pytest.param({"author_id": UserId(9)}, id="other-member"),
        pytest.param({"topic": "kidney"}, id="other-topic"),
    ],
)
async def test_a_card_counts_only_where_and_to_whom_it_went(store, elsewhere):
    """The cool-down is per member, topic and channel; the latest card counts."""
    async with store.transaction() as tx:
        for number in (0, 1):
            message_id, moment = MessageId(1000 + number), NOW + timedelta(hours=number)
            await tx.decisions.put(make_decision(message_id=message_id, decided_at=moment))
            await tx.outbox.enqueue(make_effect(message_id=message_id))
        await tx.outbox.enqueue(make_effect(action="case_card", kind=EffectKind.CASE_CARD, topic="kidney"))
        asked = {"channel_id": CHANNEL, "author_id": MEMBER, "topic": "bleeding"}

        assert await tx.outbox.last_card_at(**asked) == NOW + timedelta(hours=1)
        assert await tx.outbox.last_card_at(**{**asked, **elsewhere}) is None


async def test_an_effect_that_was_attempted_is_not_dropped_unseen(store):
    """The attempt may have arrived; the sender looks before it takes the card back."""
    async with store.transaction() as tx:
        await tx.outbox.enqueue(make_effect())
        (effect,) = await tx.outbox.due(now=NOW, limit=1)
        await tx.outbox.begin(effect.effect_id)
        await tx.outbox.postpone(effect.effect_id, until=NOW)

        assert await tx.outbox.drop_pending(MessageId(1000), CARD) == 0
