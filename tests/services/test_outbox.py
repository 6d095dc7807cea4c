"""The outbox: once, in order, with retries, and looking before sending again."""

from datetime import timedelta

import pytest

from bot.core.cases import CaseStatus, Verdict
from bot.core.effects import EffectKind, EffectState
from bot.core.errors import DeliveryDelayed, DeliveryRefused
from bot.services.outbox import MAX_ATTEMPTS, backoff
from tests.making import MODERATOR, make_post


async def states(world) -> dict[EffectState, int]:
    """How many effects stand where."""
    async with world.store.transaction(read_only=True) as tx:
        return {state: count for state, count in (await tx.outbox.counts()).items() if count}


async def test_a_send_that_arrived_before_the_crash_is_not_sent_again(world):
    """The sender looks on Discord before it repeats an interrupted attempt."""
    world.discord.lose[EffectKind.MEMBER_CARD] = [DeliveryDelayed("the connection broke after the send")]
    world.discord.lose[EffectKind.CASE_CARD] = [DeliveryDelayed("the connection broke after the send")]

    await world.say(make_post(text="today something"))
    world.clock.forward(minutes=1)
    await world.outbox.drain()

    assert len(world.discord.done("card ")) == 1
    assert len(world.discord.done("case")) == 1
    assert len(world.discord.done("look")) == 2
    assert await states(world) == {EffectState.SENT: 2}


async def test_a_delayed_send_is_tried_again_after_the_wait(world):
    """Discord's own waiting time is respected."""
    world.discord.refuse[EffectKind.MEMBER_CARD] = [DeliveryDelayed("slow down", retry_after=30)]
    await world.say(make_post(text="today something"))
    assert len(world.discord.done("card ")) == 0

    world.clock.forward(seconds=29)
    await world.outbox.drain()
    early = len(world.discord.done("card "))
    world.clock.forward(seconds=2)
    await world.outbox.drain()

    assert (early, len(world.discord.done("card "))) == (0, 1)


async def test_a_refused_member_card_is_dropped_and_the_case_still_arrives(world):
    """The source is gone or a permission is missing: no loop, no loss for moderators."""
    world.discord.refuse[EffectKind.MEMBER_CARD] = [DeliveryRefused("the bot may not write here")]

    await world.say(make_post(text="today something"))

    assert world.discord.done("card ") == []
    assert world.discord.done("case")
    assert await states(world) == {EffectState.SENT: 1, EffectState.DROPPED: 1}


async def test_a_refused_case_card_is_tried_again_until_it_arrives(world):
    """A permission that an admin mends later must not cost the case."""
    world.discord.refuse[EffectKind.CASE_CARD] = [DeliveryRefused("the bot may not write there")]
    await world.say(make_post(text="emergency something"))
    before = list(world.discord.done("case"))
    world.clock.forward(minutes=6)
    await world.outbox.drain()

    assert before == []
    assert len(world.discord.done("case")) == 1
    assert world.discord.pings == 1


async def test_an_effect_that_breaks_its_sender_does_not_stop_the_others(world, monkeypatch):
    """The member's card is postponed, the case card goes out."""

    async def choke(*_args, **_kwargs):
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(world.discord, "send_member_card", choke)
    await world.say(make_post(text="today something"))

    assert world.discord.done("case")
    assert (await states(world))[EffectState.SENT] == 1


async def test_a_card_that_waits_is_not_shown_after_an_opt_out(world):
    """The crisis card is due in ten minutes; the member opts out meanwhile."""
    post = make_post(text="crisis something")
    await world.say(post)
    await world.privacy.opt_out(post.guild_id, post.author_id, out=True)
    world.clock.forward(minutes=11)
    await world.outbox.drain()

    assert world.discord.done("card ") == []


async def test_a_crisis_claim_that_lapses_brings_the_ping_and_the_card_back(world):
    """Claimed at minute nine and abandoned: the role is pinged again and the crisis lines follow."""
    post = make_post(text="crisis something")
    await world.say(post)
    case = await world.case_of(post)
    world.clock.forward(minutes=9)
    await world.desk.claim(post.guild_id, case.case_id, by=MODERATOR)
    world.clock.forward(minutes=5)
    await world.outbox.drain()
    while_claimed = list(world.discord.done("card "))
    world.clock.forward(minutes=20)
    await world.watchkeeper.tick()
    await world.outbox.drain()

    assert while_claimed == []
    assert world.discord.pings == 2
    assert len(world.discord.done("card crisis-self@1")) == 1


async def test_member_cards_are_given_up_but_case_cards_are_not(world):
    """A card for members is stale after minutes; moderators' cards are tried for ever."""
    await world.triage.handle([world.discord.write(make_post(text="today something"))])
    for _ in range(MAX_ATTEMPTS + 3):
        for failures in world.discord.refuse.values():
            failures[:] = [DeliveryDelayed("down")]
        await world.outbox.drain()
        world.clock.forward(minutes=6)
    world.discord.refuse = {kind: [] for kind in EffectKind}
    await world.outbox.drain()

    assert world.discord.done("card ") == []
    assert len(world.discord.done("case")) == 1
    assert await states(world) == {EffectState.FAILED: 1, EffectState.SENT: 1}


async def test_the_crisis_card_waits_for_humans(world):
    """Nothing before the minutes are over; the crisis card after them when nobody came."""
    await world.say(make_post(text="crisis something"))
    before = list(world.discord.done("card "))
    world.clock.forward(minutes=11)
    await world.outbox.drain()

    assert before == []
    assert len(world.discord.done("card crisis-self@1")) == 1


@pytest.mark.parametrize("move", ["claim", "resolve"])
async def test_no_crisis_card_once_a_moderator_took_the_case(world, move):
    """A human is there: the bot stays out of it."""
    post = make_post(text="crisis something")
    await world.say(post)
    case = await world.case_of(post)
    if move == "claim":
        await world.desk.claim(post.guild_id, case.case_id, by=MODERATOR)
    else:
        await world.desk.resolve(
            post.guild_id, case.case_id, by=MODERATOR, verdict=Verdict.CONFIRMED, reason="spoke with them"
        )
    world.clock.forward(minutes=11)
    await world.outbox.drain()

    assert world.discord.done("card ") == []


async def test_a_released_crisis_case_counts_as_unclaimed(world):
    """Claim and release again before the deadline: the card still goes out."""
    post = make_post(text="crisis something")
    await world.say(post)
    case = await world.case_of(post)
    await world.desk.claim(post.guild_id, case.case_id, by=MODERATOR)
    released = await world.desk.release(post.guild_id, case.case_id, by=MODERATOR)
    assert released.state.status is CaseStatus.OPEN
    world.clock.forward(minutes=11)
    await world.outbox.drain()

    assert len(world.discord.done("card ")) == 1


@pytest.mark.parametrize(
    ("attempts", "retry_after", "expected"),
    [(0, 0, 2), (1, 0, 4), (3, 0, 16), (30, 0, 300), (0, 90, 90)],
    ids=["first", "second", "fourth", "capped", "as-discord-asks"],
)
def test_waits_double_up_to_five_minutes(attempts, retry_after, expected):
    """Seconds before the next attempt."""
    assert backoff(attempts, retry_after=retry_after) == timedelta(seconds=expected)
