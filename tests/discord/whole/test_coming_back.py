"""Restarts and failures with the whole bot: nothing lost, nothing doubled."""


async def test_posts_written_while_away_are_answered_once(community):
    """Chat, forum and a thread created meanwhile; further restarts add nothing."""
    await community.ana.send(community.chat, "hello all")
    await community.stop()
    await community.ana.send(community.chat, "today missed")
    thread = await community.open_thread(community.forum, community.ben, "emergency missed")
    await community.start()
    await community.restart()
    await community.restart()

    assert len(community.bot_messages(community.chat)) == 1
    assert len(community.bot_messages(thread)) == 1
    assert len(await community.cases()) == 2
    assert len(community.bot_messages(community.queue)) == 2
    assert community.pings() == 1


async def test_a_post_deleted_before_it_was_read_leaves_nothing(community):
    """Deleted while the bot was away: as if never written."""
    await community.ana.send(community.chat, "hello all")
    await community.stop()
    post = await community.ana.send(community.chat, "today missed")
    await community.ana.delete(post)
    await community.start()

    assert await community.cases() == []
    assert community.bot_messages(community.chat) == []


async def test_a_lost_permission_in_the_chat_still_reaches_moderators(community):
    """The public card is refused, the case arrives."""
    await community.deny(community.chat, send_messages=True)

    await community.ana.send(community.chat, "emergency something")

    assert community.bot_messages(community.chat) == []
    assert community.pings() == 1


async def test_discord_errors_are_retried(community):
    """A failing send is tried again after its wait, once."""
    community.env.inject_error("POST", f"/channels/{community.queue.id}/messages", status=500)
    await community.ana.send(community.chat, "emergency something")
    await community.env.advance_time(600)

    assert community.pings() == 1


async def test_with_the_model_down_red_flags_still_reach_moderators(community):
    """And the other posts are read once it is back."""
    community.assessor.down = True
    await community.ana.send(community.chat, "emergency something")
    await community.ben.send(community.chat, "today something")
    during = [case.message_id for case in await community.cases()]
    community.assessor.down = False
    await community.env.advance_time(60)

    assert len(during) == 1
    assert community.pings() == 1
    assert len(await community.cases()) == 2


async def test_the_moderators_channel_disappears(community):
    """The bot goes on, and members still get their card."""
    community.env.inject_error("POST", f"/channels/{community.queue.id}/messages", status=404, code=10003)

    await community.ana.send(community.chat, "emergency something")

    assert len(community.bot_messages(community.chat)) == 1
