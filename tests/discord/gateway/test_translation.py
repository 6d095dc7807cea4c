"""What the bot hands over of what happens on Discord, and what it leaves alone."""

import discord
import pytest
from simcord.enums import MessageType

from bot.core.policy import Consent, Mode
from bot.core.posts import MAX_CONTEXT, Origin, Post, RoleId
from tests.discord.gateway.world import World, rules


async def test_a_live_post_is_offered_with_its_ids_and_untouched_text(world: World) -> None:
    """Ids, text, time and place arrive as Discord has them."""
    text = "  **help** \u200b @everyone <@1> ||x||\n\u202eabc "

    sent = await world.member.send(world.patients, text)

    post = world.services.post("offer")
    assert post.text == text
    assert (post.message_id, post.author_id, post.guild_id) == (sent.id, world.member.id, world.guild.id)
    assert post.channel_id == post.watched_id == world.patients.id
    assert post.created_at == sent.created_at
    assert post.origin is Origin.LIVE


@pytest.mark.parametrize("text", ["", "😀😀", "א" * 2000], ids=["attachment-only", "emoji-only", "right-to-left"])
async def test_every_members_post_of_a_watched_channel_is_offered(world: World, text: str) -> None:
    """What is odd is for the services to judge."""
    await world.member.send(world.patients, text, attachments=[("a.txt", b"x")])

    assert world.services.post("offer").text == text


async def test_a_thread_post_names_the_thread_and_its_watched_channel(world: World) -> None:
    """A thread has an id of its own and belongs to its parent."""
    thread = await world.thread(world.patients)

    await world.member.send(thread, "in a thread")

    post = world.services.post("offer")
    assert (post.channel_id, post.watched_id) == (thread.id, world.patients.id)


async def test_a_forum_posts_first_message_is_offered_without_asking_for_history(world: World) -> None:
    """Nothing can stand before the message that carries the thread's own id."""
    thread = await world.thread(world.forum, opening="my story")

    post = world.services.post("offer")
    assert (post.message_id, post.channel_id, post.watched_id) == (thread.id, thread.id, world.forum.id)
    assert post.context == ()
    assert not [call for call in world.env.http_requests if call.path.endswith("/messages") and call.method == "GET"]


async def test_earlier_posts_become_context_oldest_first(world: World) -> None:
    """Five at most, members' only."""
    thread = await world.thread(world.forum, opening="post 0")
    for number in range(1, 8):
        await world.other.send(thread, f"post {number}")
    world.env.backend.create_message(thread.id, world.env.backend.bot_user.id, "a card")

    await world.member.send(thread, "the last")

    last = world.services.said("offer")[-1]["post"]
    assert last.context == tuple(f"post {number}" for number in range(3, 8))


async def test_context_comes_from_one_history_call_when_the_cache_is_cold(world: World) -> None:
    """After a restart the cache is empty; Discord is asked once, not once per post."""
    for number in range(MAX_CONTEXT + 2):
        await world.member.send(world.patients, f"post {number}")
    await world.env.restart_bot(world.new_client())
    asked = len(world.env.http_requests)

    await world.member.send(world.patients, "the last")

    assert world.services.said("offer")[-1]["post"].context == tuple(f"post {n}" for n in range(2, 7))
    assert len([call for call in world.env.http_requests[asked:] if call.method == "GET"]) == 1


async def test_the_post_replied_to_is_the_last_of_the_context(world: World) -> None:
    """However long ago it was written."""
    thread = await world.thread(world.forum, opening="the story")
    first = await world.other.send(thread, "the question")
    for number in range(6):
        await world.other.send(thread, f"chat {number}")

    await world.member.send(thread, "the answer", reply_to=first)

    context = world.services.said("offer")[-1]["post"].context
    assert context == ("chat 2", "chat 3", "chat 4", "chat 5", "the question")


async def test_outside_threads_other_peoples_posts_do_not_colour_a_post(world: World) -> None:
    """Only what the writer wrote before, and what the post replies to, belongs to it."""
    await world.other.send(world.patients, "something alarming")
    question = await world.other.send(world.patients, "a question")
    await world.member.send(world.patients, "my first")

    await world.member.send(world.patients, "my second", reply_to=question)

    assert world.services.said("offer")[-1]["post"].context == ("my first", "a question")


async def test_a_post_is_offered_without_context_when_history_fails(world: World) -> None:
    """Context is good to have; the post is what counts."""
    world.env.inject_error("GET", "/channels/*/messages", status=403, times=None)

    await world.member.send(world.patients, "help")

    assert world.services.post("offer").context == ()


async def test_under_opt_in_only_those_who_consented_become_context(world: World) -> None:
    """Silence is no consent, not even to be read along with somebody else's post."""
    role = RoleId(world.consented.id)
    world.configure(patients=rules(Mode.AUTO, consent=Consent.OPT_IN, consent_role=role))
    willing = world.guild.add_member(world.env.create_user("willing"), roles=[world.consented])
    await world.other.send(world.patients, "no consent")
    thread = await world.thread(world.patients)
    await world.other.send(thread, "no consent")
    await willing.send(thread, "with consent")

    await willing.send(thread, "the post")

    post = world.services.said("offer")[-1]["post"]
    assert post.context == ("with consent",)
    assert role in post.author_roles


async def test_bots_webhooks_and_system_messages_are_left_alone(world: World) -> None:
    """Only people write posts."""
    webhook = world.guild.create_webhook(world.patients)
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))

    await webhook.send("from a webhook")
    await robot.send(world.patients, "from a bot")
    world.guild.create_system_message(world.patients, MessageType.NEW_MEMBER, author=world.member)
    world.env.backend.create_message(world.patients.id, world.env.backend.bot_user.id, "its own")
    await world.env.settle()

    assert world.services.kinds() == []


async def test_an_unwatched_channel_is_not_read(world: World) -> None:
    """On request means on request."""
    await world.member.send(world.offtopic, "what a day")

    assert world.services.kinds() == []


async def test_a_guild_that_was_never_set_up_is_not_read(world: World) -> None:
    """An invitation alone allows nothing."""
    guild = world.env.create_guild("Elsewhere")
    channel = guild.create_text_channel("patients")
    stranger = guild.add_member(world.env.create_user("stranger"))

    sent = await stranger.send(channel, f"hello <@{world.env.backend.bot_user.id}>")
    await stranger.delete(sent)

    assert world.services.kinds() == []


@pytest.mark.parametrize(("field", "context"), [("offtopic", ()), ("patients", ("before",))], ids=["asked", "watched"])
async def test_a_mention_lets_the_bot_read_this_one_post(world: World, field: str, context: tuple[str, ...]) -> None:
    """Once, with context only where the channel is read anyway."""
    channel = getattr(world, field)
    await world.member.send(channel, "before")

    await world.member.send(channel, f"<@{world.env.backend.bot_user.id}> please look")

    post = world.services.post("mentioned")
    assert post.origin is Origin.MENTION
    assert post.context == context


async def test_a_moderators_answer_is_noted_and_not_read(world: World) -> None:
    """Whoever comforts a member repeats the alarming words; read as a post of its own it would page."""
    question = await world.member.send(world.patients, "is this normal?")

    await world.moderator.send(world.patients, "please call your team", reply_to=question)

    noted = world.services.only("moderator_wrote")
    assert (noted["channel_id"], noted["member_id"]) == (world.patients.id, world.member.id)
    assert [call["post"].author_id for call in world.services.said("offer")] == [world.member.id]


async def test_a_moderators_own_post_is_read(world: World) -> None:
    """Moderators are patients too."""
    await world.moderator.send(world.patients, "my own trouble")

    assert world.services.said("offer")[-1]["post"].author_id == world.moderator.id


async def test_a_moderator_who_answers_nobody_is_noted_without_a_member(world: World) -> None:
    """Any message of a moderator counts for what follows."""
    await world.moderator.send(world.patients, "good morning")

    assert world.services.only("moderator_wrote")["member_id"] is None


@pytest.mark.parametrize("cold", [False, True], ids=["cached", "after-restart"])
async def test_an_edit_is_handed_over_with_its_new_text(world: World, cold: bool) -> None:
    """From the raw event, so that old posts count too."""
    sent = await world.member.send(world.patients, "before")
    if cold:
        await world.env.restart_bot(world.new_client())

    await world.member.edit(sent, "after")

    post = world.services.post("edited")
    assert (post.text, post.origin, post.message_id) == ("after", Origin.EDIT, sent.id)


async def test_a_pin_is_no_edit(world: World) -> None:
    """Discord announces it as an update, but no word changed."""
    sent = await world.member.send(world.patients, "keep this")
    keeper = world.guild.create_role("Keeper", permissions=discord.Permissions(manage_messages=True, pin_messages=True))
    holder = world.guild.add_member(world.env.create_user("holder"), roles=[keeper])

    await holder.set_pinned(sent, True)

    assert world.services.said("edited") == []


async def test_deletions_are_handed_over_one_by_one_or_in_bulk(world: World) -> None:
    """A purge is as many deletions."""
    sent = [await world.member.send(world.patients, f"post {number}") for number in range(3)]

    await world.member.delete(sent[0])
    world.env.backend.bulk_delete_messages(world.patients.id, [m.id for m in sent[1:]])
    await world.env.settle()

    assert [call["message_id"] for call in world.services.said("deleted")] == [m.id for m in sent]


async def test_what_goes_with_a_thread_or_channel_is_handed_over(world: World) -> None:
    """As far as the bot can know it: the first post, and what it remembers."""
    thread = await world.thread(world.forum, opening="my story")
    reply = await world.other.send(thread, "me too")
    sent = await world.member.send(world.patients, "post")

    world.env.backend.delete_channel(thread.id)
    world.env.backend.delete_channel(world.patients.id)
    await world.env.settle()

    assert {call["message_id"] for call in world.services.said("deleted")} == {thread.id, reply.id, sent.id}


async def test_every_session_begins_with_catching_up(world: World) -> None:
    """Once per READY, however often it comes."""
    assert len(world.services.said("connected")) == 1

    await world.env.restart_bot(world.new_client())

    assert len(world.services.said("connected")) == 2


@pytest.mark.parametrize(
    ("mode", "content"), [(Mode.SHADOW, True), (Mode.AUTO, True), (Mode.ON_REQUEST, False), (Mode.OFF, False)]
)
async def test_intents_are_as_narrow_as_the_modes_allow(world: World, mode: Mode, content: bool) -> None:
    """Message content is asked for only where a channel is watched; nothing else ever."""
    world.configure(patients=rules(mode))

    intents = world.new_client().intents

    expected = {"guilds", "guild_messages", *({"message_content"} if content else ())}
    assert {name for name, on in intents if on and name not in {"messages"}} == expected


@pytest.mark.parametrize("answers", [True, False], ids=["found", "outage"])
async def test_a_thread_that_the_client_has_not_seen_is_looked_up(world: World, answers: bool) -> None:
    """Where Discord does not answer, the post is left to catch-up rather than lost."""
    thread = await world.thread(world.patients)
    guild = world.env.bot.get_guild(world.guild.id)
    assert guild is not None
    guild._threads.pop(thread.id)
    if not answers:
        world.env.inject_error("GET", f"/channels/{thread.id}", status=503, times=None)

    await world.member.send(thread, "in a thread")

    assert len(world.services.said("connected")) == (1 if answers else 2)
    assert [call["post"].watched_id for call in world.services.said("offer")] == [world.patients.id] * answers


async def test_posts_of_a_channel_keep_their_order_while_one_waits_for_its_context(world: World) -> None:
    """A mark must never move over a post that has not been handed over."""
    backend = world.env.backend

    for number in range(10):
        backend.create_message(world.patients.id, world.member.id, f"post {number}")
    await world.env.settle()

    offered: list[Post] = [call["post"] for call in world.services.said("offer")]
    assert [post.text for post in offered] == [f"post {number}" for number in range(10)]
