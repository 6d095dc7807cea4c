"""One day with the whole bot: what members see, what moderators get, what stays quiet."""

import pytest


async def test_chit_chat_is_ignored(community):
    """Nothing is said, nothing is queued."""
    await community.ana.send(community.chat, "hello all")

    assert community.bot_messages(community.chat) == []
    assert await community.cases() == []


async def test_a_same_day_post_is_answered_and_queued(community):
    """One card under the post, one in the queue, nobody pinged."""
    post = await community.ana.send(community.chat, "today something")

    (card,) = community.bot_messages(community.chat)
    assert card.reference is not None
    assert card.reference.message_id == post.id
    assert "not medical advice" in (card.embeds[0].footer.text or "")
    assert len(community.bot_messages(community.queue)) == 1
    assert community.pings() == 0


async def test_an_emergency_pings_the_on_call_role_once(community):
    """At once, and once."""
    await community.ana.send(community.chat, "emergency something")
    await community.env.advance_time(600)

    assert community.pings() == 1


async def test_the_card_never_echoes_the_member(community):
    """General education only: no word of the post, no urgency, no score."""
    await community.ana.send(community.chat, "emergency zebrafinch quixotic")

    (card,) = community.bot_messages(community.chat)
    shown = str(card.embeds[0].to_dict()).lower()
    assert "zebrafinch" not in shown
    assert "0.97" not in shown


async def test_a_crisis_post_is_left_to_humans(community):
    """Moderators at once; the crisis card only after ten minutes without anyone."""
    await community.ana.send(community.chat, "crisis something")
    at_once = list(community.bot_messages(community.chat))
    await community.env.advance_time(11 * 60)

    assert at_once == []
    assert community.pings() == 1
    assert len(community.bot_messages(community.chat)) == 1


async def test_a_claimed_crisis_is_never_answered_by_the_bot(community):
    """A human has it."""
    await community.ana.send(community.chat, "crisis something")
    (queue_card,) = community.bot_messages(community.queue)
    await community.mo.click(queue_card, label="Claim")
    await community.env.advance_time(11 * 60)

    assert community.bot_messages(community.chat) == []


async def test_a_forum_post_and_its_comments_are_read(community):
    """Forum posts and their threads belong to the configured channel."""
    thread = await community.open_thread(community.forum, community.ana, "today something")
    await community.ben.send(thread, "hello all")

    assert len(community.bot_messages(thread)) == 1
    (case,) = await community.cases()
    assert case.watched_id == community.forum.id
    assert case.channel_id == thread.id


async def test_a_thread_of_a_watched_channel_is_read(community):
    """Threads inherit their channel's mode."""
    thread = await community.open_thread(community.chat, community.ana)
    await community.ben.send(thread, "today something")

    assert len(community.bot_messages(thread)) == 1


@pytest.mark.parametrize(("where", "queued"), [("shadow", 1), ("assist", 1), ("ask_only", 0), ("unlisted", 0)])
async def test_other_channels_show_members_nothing(community, where, queued):
    """Shadow and assist reach the queue; where the bot is not asked it reads nothing."""
    channel = getattr(community, where)

    await community.ana.send(channel, "emergency something")

    assert community.bot_messages(channel) == []
    assert len(await community.cases()) == queued


async def test_a_mention_lets_the_bot_read_one_post(community):
    """In an on_request channel the writer can call the bot."""
    me = community.app.client.user
    await community.ana.send(community.ask_only, f"today something <@{me.id}>")

    assert len(community.bot_messages(community.ask_only)) == 1


async def test_an_edited_away_sign_takes_the_card_back(community):
    """The answer follows the post."""
    post = await community.ana.send(community.chat, "today something")
    assert len(community.bot_messages(community.chat)) == 1

    await community.ana.edit(post, "hello all")

    assert community.bot_messages(community.chat) == []


async def test_a_deleted_post_takes_the_card_along(community):
    """Nothing stays under a post that is gone; the queue says so."""
    post = await community.ana.send(community.chat, "today something")

    await community.ana.delete(post)

    assert community.bot_messages(community.chat) == []
    (card,) = community.bot_messages(community.queue)
    assert "deleted" in str(card.embeds[0].to_dict()).lower()


async def test_a_moderator_who_answers_the_member_keeps_the_bot_silent(community):
    """The queue still gets the case."""
    first = await community.ana.send(community.chat, "hello all")
    await community.mo.send(community.chat, "hi, tell me more", reply_to=first)
    await community.ana.send(community.chat, "today something")

    assert community.bot_messages(community.chat) == []
    assert len(await community.cases()) == 1


async def test_the_context_menu_brings_any_post_to_the_moderators(community):
    """Ask a moderator works in channels that are not watched, and answers privately."""
    post = await community.ana.send(community.unlisted, "hello all")

    result = await community.ben.context_menu(community.unlisted, "Ask a moderator", post)

    assert result.ephemeral
    assert len(await community.cases()) == 1
    assert len(community.bot_messages(community.queue)) == 1
    assert community.bot_messages(community.unlisted) == []


@pytest.mark.parametrize(
    "text",
    [
        "😀" * 500,
        "x" * 3_900,
        "\u202eمرحبا بالعالم",
        "\u200b\u200d\ufeff hello",
        "hallo 你好 مرحبا hello 😀",
        "``` || ** <@1>",
    ],
    ids=["emoji", "very-long", "right-to-left", "zero-width", "mixed", "markdown"],
)
async def test_odd_posts_are_survived(community, text):
    """Whatever people paste, the bot goes on."""
    await community.ana.send(community.chat, text[:2000])
    await community.ana.send(community.chat, "today something")

    assert len(await community.cases()) == 1
