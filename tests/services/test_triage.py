"""Triage: what a post leaves behind, and what it does not."""

from dataclasses import replace

import pytest

from bot.core.communities import Directory
from bot.core.policy import Mode, Priority, ReasonCode
from bot.core.posts import MessageId, Origin, UserId
from bot.services.intake import Deletion
from tests.making import CHANNEL, GUILD, MEMBER, MODERATOR, NOW, make_community, make_directory, make_post, make_rules
from tests.services.conftest import build_world


async def test_a_flagged_post_gets_one_card_and_one_case(world):
    """Same-day: a public card and a case card, no ping."""
    post = make_post(text="today something")

    await world.say(post)

    assert world.discord.transcript == [
        f"case same_day of {post.message_id}",
        f"card general-self@1 to {post.message_id}",
    ]
    assert world.discord.pings == 0


async def test_an_emergency_pings_once_and_first(world):
    """The page goes out before any member's card, and exactly once."""
    post = make_post(text="emergency something")

    await world.say(make_post(text="today first", message_id=MessageId(999)), post)
    await world.outbox.drain()

    assert world.discord.transcript[0] == f"case emergency of {post.message_id}"
    assert world.discord.pings == 1


async def test_chit_chat_leaves_no_row(world):
    """Unflagged posts leave nothing: no decision, no case, no effect."""
    post = make_post(text="hello all")

    await world.say(post)

    async with world.store.transaction(read_only=True) as tx:
        assert await tx.decisions.get(post.message_id) is None
        assert await tx.cases.of_post(post.message_id) is None
    assert world.discord.transcript == []


async def test_the_same_post_twice_is_settled_once(world):
    """A replayed gateway event, or catch-up over it, changes nothing."""
    post = make_post(text="today something")

    await world.say(post)
    again = await world.say(replace(post, origin=Origin.CATCH_UP), post)

    assert {reason.code for one in again for reason in one.decision.reasons} == {ReasonCode.ALREADY_DECIDED}
    assert len(world.discord.transcript) == 2


async def test_an_uncertain_post_is_listed_without_a_card(world):
    """The review band reaches `/queue`, not the channel."""
    post = make_post(text="unsure something")

    await world.say(post)

    assert world.discord.transcript == []
    assert [case.priority for case in await world.desk.queue(post.guild_id, limit=5)] == [Priority.LOW]


async def test_opted_out_members_never_reach_the_classifier(world):
    """Opting out is honoured before reading."""
    post = make_post(text="emergency something")
    await world.privacy.opt_out(post.guild_id, MEMBER, out=True)

    await world.say(post)

    assert world.assessor.read == []
    assert world.discord.transcript == []


async def test_asking_for_a_moderator_works_even_where_the_bot_may_not_read(world):
    """A person's request reaches people, without the classifier."""
    post = make_post(text="hello all")
    await world.privacy.opt_out(post.guild_id, MEMBER, out=True)
    world.discord.write(post)

    case = await world.desk.ask(replace(post, origin=Origin.REQUEST), by=MODERATOR)
    await world.outbox.drain()

    assert case is not None
    assert case.decision is None
    assert world.assessor.read == []
    assert world.discord.done("case")


async def test_a_card_is_shown_once_per_member_topic_and_cool_down(world):
    """The second post within the cool-down still makes a case, but no second card; after it a card again."""
    first, second = make_post(text="today a"), make_post(text="today b", message_id=MessageId(1001))
    await world.say(first)
    await world.say(second)
    world.clock.forward(hours=25)
    third = make_post(text="today c", message_id=MessageId(1002), created_at=world.clock.now)
    await world.say(third)

    assert len(world.discord.done("case")) == 3
    assert set(world.discord.cards) == {first.message_id, third.message_id}


async def test_an_edit_that_removes_the_sign_withdraws_the_card(world):
    """The answer follows its source."""
    post = make_post(text="today something")
    await world.say(post)

    await world.say(replace(post, text="hello all", origin=Origin.EDIT))

    assert world.discord.cards == {}
    assert world.discord.done("redraw")


async def test_an_edit_into_an_emergency_pages_with_a_new_card(world):
    """An edited message pings nobody, so the raised case is posted anew, with the ping."""
    post = make_post(text="soon something")
    await world.say(post)
    assert world.discord.pings == 0

    await world.say(replace(post, text="emergency something", origin=Origin.EDIT))

    assert world.discord.pings == 1
    assert world.discord.done("case")[-1] == f"case emergency of {post.message_id}"
    assert len(world.discord.done("card ")) == 1


async def test_a_resolved_case_reopens_when_an_edit_makes_it_worse(world):
    """A verdict on a milder text does not bury what was added later."""
    from bot.core.cases import CaseStatus, Verdict

    post = make_post(text="soon something")
    await world.say(post)
    case = await world.case_of(post)
    await world.desk.resolve(post.guild_id, case.case_id, by=MODERATOR, verdict=Verdict.UNDER_CARE, reason="known")

    await world.say(replace(post, text="emergency something", origin=Origin.EDIT))

    assert (await world.case_of(post)).state.status is CaseStatus.OPEN
    assert world.discord.pings == 1


async def test_a_deleted_post_takes_its_card_along(world):
    """The card is withdrawn and the case says that its source is gone."""
    post = make_post(text="today something")
    await world.say(post)

    await world.intake.settle([Deletion(guild_id=post.guild_id, message_id=post.message_id)])
    await world.outbox.drain()

    assert world.discord.cards == {}
    assert world.discord.done("redraw") == [f"redraw {post.message_id} deleted"]


async def test_a_post_deleted_before_its_card_was_sent_gets_none(world):
    """What was not begun is dropped."""
    post = make_post(text="today something")
    world.discord.write(post)
    await world.triage.handle([post])

    await world.intake.settle([Deletion(guild_id=post.guild_id, message_id=post.message_id)])
    await world.outbox.drain()

    assert world.discord.done("card ") == []


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.OFF, Mode.ON_REQUEST, Mode.ASSIST])
async def test_other_modes_show_members_nothing_by_themselves(tmp_path, mode):
    """Only auto mode answers without a moderator."""
    community = make_community(channels={CHANNEL: make_rules(mode=mode)})
    world = await build_world(tmp_path, make_directory(community))

    await world.say(make_post(text="emergency something"))

    assert world.discord.done("card ") == []
    assert bool(world.discord.done("case")) == mode.watches
    await world.store.close()


async def test_unconfigured_communities_are_ignored(tmp_path):
    """A server that invited the bot but was never set up is not read."""
    world = await build_world(tmp_path, Directory(by_guild={}))

    await world.say(make_post(text="emergency something"))

    assert world.assessor.read == []
    await world.store.close()


async def test_an_answering_moderator_keeps_the_bot_silent_but_not_the_queue(world):
    """Somebody who answers the member right now is enough."""
    post = make_post(text="today something")
    world.intake.moderator_wrote(post.channel_id, MEMBER, NOW)
    await world.intake.write_answers()

    await world.say(post)

    assert world.discord.done("card ") == []
    assert world.discord.done("case")


async def test_unsigned_wording_is_not_shown(world):
    """Without a clinician's signature, or the admin's permission by name, auto mode stays silent."""
    world.library.signed = False

    await world.say(make_post(text="today something"))

    assert world.discord.done("card ") == []
    assert world.discord.done("case")


async def test_showing_somebody_elses_post_to_moderators_never_puts_a_card_under_it(tmp_path):
    """Whoever shows a post brings humans to it; only its writer can call the bot's card where it is not watched."""
    world = await build_world(tmp_path, make_directory(make_community(channels={})))
    shown = world.discord.write(make_post(text="today something", origin=Origin.REQUEST))
    own = world.discord.write(make_post(text="today something", message_id=MessageId(1001), origin=Origin.REQUEST))

    await world.desk.ask(shown, by=MODERATOR)
    await world.desk.ask(own, by=MEMBER)
    await world.outbox.drain()

    assert len(world.discord.done("case")) == 2
    assert list(world.discord.cards) == [own.message_id]
    await world.store.close()


async def test_what_an_opted_out_member_wrote_is_not_read_as_context(world, monkeypatch):
    """Opting out covers the thread's other posts too."""
    quiet = UserId(4999)
    await world.privacy.opt_out(GUILD, quiet, out=True)
    seen = []
    read = world.assessor.assess
    monkeypatch.setattr(world.assessor, "assess", lambda posts: seen.extend(posts) or read(posts))

    await world.say(make_post(text="today x", context=("private", "public"), context_authors=(quiet, MODERATOR)))

    assert [post.context for post in seen] == [("public",)]
