"""The desk: what moderators and members can do, what is refused, and what the audit log keeps."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.authority import Deed
from bot.core.cases import CaseId, CaseStatus, Refusal, Verdict
from bot.core.policy import Mode
from bot.core.posts import GuildId, MessageId, Origin
from tests.making import (
    CHANNEL,
    MEMBER,
    MODERATOR,
    OTHER_MODERATOR,
    make_community,
    make_directory,
    make_post,
    make_rules,
)
from tests.services.conftest import build_world

FOREIGN = GuildId(999)


async def test_two_moderators_who_press_at_once(world):
    """Exactly one wins; the other is told who."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)

    outcomes = await asyncio.gather(
        world.desk.claim(post.guild_id, case.case_id, by=MODERATOR),
        world.desk.claim(post.guild_id, case.case_id, by=OTHER_MODERATOR),
    )

    refused = [one for one in outcomes if isinstance(one, Refusal)]
    holder = (await world.case_of(post)).state.holder
    assert len(refused) == 1
    assert refused[0].holder == holder


async def test_resolving_as_false_alarm_withdraws_the_card(world):
    """The public answer goes with the verdict, and the queue's card shows it."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)

    done = await world.desk.resolve(
        post.guild_id, case.case_id, by=MODERATOR, verdict=Verdict.FALSE_ALARM, reason="a joke"
    )
    await world.outbox.drain()

    assert not isinstance(done, Refusal)
    assert done.state.status is CaseStatus.RESOLVED
    assert world.discord.cards == {}
    assert world.discord.transcript[-1] == f"redraw {post.message_id} resolved false_alarm"


@pytest.mark.parametrize("verdict", [Verdict.CONFIRMED, Verdict.UNDER_CARE, Verdict.DUPLICATE, Verdict.OTHER])
async def test_other_verdicts_leave_the_card(world, verdict):
    """Only a false alarm takes the education back."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)

    await world.desk.resolve(post.guild_id, case.case_id, by=MODERATOR, verdict=verdict, reason="seen")
    await world.outbox.drain()

    assert post.message_id in world.discord.cards


@pytest.mark.parametrize(
    "press",
    [
        pytest.param(lambda desk, case: desk.claim(FOREIGN, case, by=MODERATOR), id="claim"),
        pytest.param(lambda desk, case: desk.release(FOREIGN, case, by=MODERATOR), id="release"),
        pytest.param(
            lambda desk, case: desk.resolve(FOREIGN, case, by=MODERATOR, verdict=Verdict.OTHER, reason="x"),
            id="resolve",
        ),
        pytest.param(lambda desk, case: desk.settle_answer(FOREIGN, case, by=MODERATOR, approve=True), id="approve"),
    ],
)
async def test_one_community_never_touches_anothers_case(world, press):
    """A case number of another server is as good as none."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)

    outcome = await press(world.desk, case.case_id)

    assert outcome == Refusal(sentence="There is no such case in this community.")
    assert await world.desk.brief(FOREIGN, case.case_id) is None
    assert list(await world.desk.queue(FOREIGN, limit=10)) == []
    assert (await world.case_of(post)).state.status is CaseStatus.OPEN


async def test_every_move_and_every_refusal_is_audited(world):
    """The audit chain holds after moves, refusals, and a press without the role."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)

    await world.desk.claim(post.guild_id, case.case_id, by=MODERATOR)
    await world.desk.claim(post.guild_id, case.case_id, by=OTHER_MODERATOR)
    await world.desk.claim(post.guild_id, CaseId(12345), by=OTHER_MODERATOR)
    await world.desk.refuse(case.case_id, by=MEMBER, deed=Deed.CLAIM)

    async with world.store.transaction(read_only=True) as tx:
        rows = (await tx.members.export(OTHER_MODERATOR)).get("audit", [])
        verified = await tx.audit.verify()
    assert verified is None
    assert len(rows) == 2


async def test_assist_mode_sends_the_card_on_approval(tmp_path):
    """Nothing before the press, one card after it, and a second press is refused."""
    community = make_community(channels={CHANNEL: make_rules(mode=Mode.ASSIST)})
    world = await build_world(tmp_path, make_directory(community))
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)
    before = list(world.discord.done("card "))
    brief = world.discord.briefs[-1]

    await world.desk.settle_answer(post.guild_id, case.case_id, by=MODERATOR, approve=True)
    await world.outbox.drain()
    again = await world.desk.settle_answer(post.guild_id, case.case_id, by=OTHER_MODERATOR, approve=True)

    assert before == []
    assert brief.proposed_card is not None
    assert len(world.discord.done("card ")) == 1
    assert isinstance(again, Refusal)
    await world.store.close()


async def test_a_declined_answer_is_never_sent(tmp_path):
    """Decline means silence."""
    community = make_community(channels={CHANNEL: make_rules(mode=Mode.ASSIST)})
    world = await build_world(tmp_path, make_directory(community))
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)

    await world.desk.settle_answer(post.guild_id, case.case_id, by=MODERATOR, approve=False)
    await world.outbox.drain()

    assert world.discord.done("card ") == []
    await world.store.close()


async def test_only_the_member_can_say_not_about_me(world):
    """The card goes on the member's word, and on nobody else's."""
    post = make_post(text="today something")
    await world.say(post)
    card = world.discord.cards[post.message_id]

    stranger = await world.desk.not_about_me(post.guild_id, card, by=MODERATOR)
    kept = dict(world.discord.cards)
    member = await world.desk.not_about_me(post.guild_id, card, by=MEMBER)
    await world.outbox.drain()

    assert (stranger, member) == (False, True)
    assert kept == {post.message_id: card}
    assert world.discord.cards == {}
    assert world.discord.done("redraw")


async def test_ask_a_human_puts_a_fresh_card_before_the_moderators(world):
    """A redrawn card notifies nobody, so the case is posted again; pressing twice asks once."""
    post = make_post(text="today something")
    await world.say(post)
    card = world.discord.cards[post.message_id]

    asked = [await world.desk.ask_human(post.guild_id, card, by=MEMBER) for _ in range(2)]
    await world.outbox.drain()

    assert asked == [True, True]
    assert len(world.discord.done("case")) == 2


async def test_ask_a_human_reopens_a_resolved_case(world):
    """A verdict does not make a member's request disappear."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)
    await world.desk.resolve(post.guild_id, case.case_id, by=MODERATOR, verdict=Verdict.OTHER, reason="seen")
    await world.outbox.drain()

    await world.desk.ask_human(post.guild_id, world.discord.cards[post.message_id], by=OTHER_MODERATOR)
    await world.outbox.drain()

    assert (await world.case_of(post)).state.status is CaseStatus.OPEN
    assert len(world.discord.done("case")) == 2


async def test_asking_about_an_ordinary_post_opens_a_case(world):
    """Ask a moderator always reaches a moderator."""
    post = world.discord.write(make_post(text="hello all", origin=Origin.REQUEST))

    case = await world.desk.ask(post, by=MODERATOR)
    await world.outbox.drain()

    assert case is not None
    assert world.discord.done("case")
    assert world.discord.done("card ") == []


async def test_nothing_is_asked_where_the_bot_is_off(tmp_path):
    """Off is off."""
    community = make_community(channels={CHANNEL: make_rules(mode=Mode.OFF)})
    world = await build_world(tmp_path, make_directory(community))

    case = await world.desk.ask(make_post(text="hello all", origin=Origin.REQUEST), by=MODERATOR)

    assert case is None
    await world.store.close()


async def test_an_abandoned_claim_returns_visibly(world):
    """After its time the claim ends, the card is redrawn, somebody else can take it."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)
    await world.desk.claim(post.guild_id, case.case_id, by=MODERATOR)
    world.clock.forward(minutes=21)

    await world.watchkeeper.tick()
    await world.outbox.drain()
    taken = await world.desk.claim(post.guild_id, case.case_id, by=OTHER_MODERATOR)

    assert not isinstance(taken, Refusal)
    assert world.discord.done("redraw")[-1] == f"redraw {post.message_id} open"


async def test_the_queue_lists_the_most_urgent_first(world):
    """Emergency, same day, soon, then glances."""
    words = ["unsure", "soon", "emergency", "today"]
    posts = [make_post(text=f"{word} x", message_id=MessageId(1000 + i)) for i, word in enumerate(words)]
    await world.say(*[replace(post) for post in posts])

    listed = [case.message_id for case in await world.desk.queue(posts[0].guild_id, limit=10)]

    assert listed == [1002, 1003, 1001, 1000]


async def test_the_sender_is_woken_only_after_the_commit(world, monkeypatch):
    """A sender that wakes before the commit finds nothing and sleeps on: the card would come half a minute late."""
    post = make_post(text="today something")
    await world.say(post)
    case = await world.case_of(post)
    seen: list[str] = []
    begin = world.store.transaction

    @asynccontextmanager
    async def watched(*, read_only: bool = False):
        async with begin(read_only=read_only) as tx:
            yield tx
        seen.append("end")

    monkeypatch.setattr(world.store, "transaction", watched)
    monkeypatch.setattr(world.desk, "_wake", lambda: seen.append("wake"))

    await world.desk.claim(post.guild_id, case.case_id, by=MODERATOR)

    assert seen == ["end", "wake"]
