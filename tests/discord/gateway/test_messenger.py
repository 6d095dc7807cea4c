"""What the bot does on Discord, and how refusals and outages come back."""

from dataclasses import replace

import pytest

from bot.core.assessments import Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, Verdict
from bot.core.effects import Effect, EffectKind
from bot.core.errors import DeliveryDelayed, DeliveryRefused
from bot.core.ports import CaseBrief
from bot.core.posts import ChannelId, MessageId, RoleId, UserId
from tests.discord.gateway.facade import NOW, a_brief, a_card, a_case
from tests.discord.gateway.world import World


def sends(world: World) -> list[dict[str, object]]:
    """The bodies of what the bot sent."""
    return [
        call.json
        for call in world.env.http_requests
        if call.method == "POST" and call.path.endswith("/messages") and isinstance(call.json, dict)
    ]


async def member_card(world: World) -> tuple[Effect, MessageId]:
    """A post of the member, and the effect that answers it."""
    post = await world.member.send(world.patients, "a nosebleed")
    return world.effect(EffectKind.MEMBER_CARD, message_id=post.id, channel=world.patients), MessageId(post.id)


def case_card(world: World, *, page: bool = False, old: int | None = None) -> tuple[Effect, CaseBrief]:
    """An effect that posts a case, and its brief."""
    case = a_case(CaseId(12), guild_id=world.guild_id, urgency=Urgency.EMERGENCY)
    if old is not None:
        case = replace(case, card_channel_id=ChannelId(world.queue.id), card_message_id=MessageId(old))
    effect = world.effect(
        EffectKind.CASE_CARD, message_id=1, channel=world.queue, case_id=CaseId(12), page=page, effect_id=77
    )
    return effect, a_brief(case, ping_role=RoleId(world.on_call.id) if page else None)


async def test_a_member_card_replies_without_pinging_and_with_its_nonce(world: World) -> None:
    """Three buttons, the vetted text, the duplicate guard."""
    effect, post_id = await member_card(world)

    sent = await world.messenger.send_member_card(effect, a_card())

    message = world.patients.last_message
    assert message is not None
    assert message.id == sent
    assert message.reference is not None
    assert message.reference.message_id == post_id
    assert message.mentions == []
    assert message.embeds[0].description == a_card().body
    assert [child.label for row in message.components for child in row.children] == [  # type: ignore[union-attr]
        "[not_about_me]", "[why]", "[ask_human]",
    ]  # fmt: skip
    body = sends(world)[-1]
    assert (body["nonce"], body["enforce_nonce"]) == (effect.nonce, True)
    assert body["allowed_mentions"] == {"parse": [], "replied_user": False}


async def test_a_card_for_a_deleted_post_is_refused(world: World) -> None:
    """It must not stand alone in the channel: Discord is asked to check, and its answer is final."""
    effect, post_id = await member_card(world)
    world.env.inject_error("POST", "/channels/*/messages", status=400, code=50035, message="Unknown message")

    with pytest.raises(DeliveryRefused, match="code 50035"):
        await world.messenger.send_member_card(effect, a_card())

    await world.messenger.send_member_card(effect, a_card())
    reference = sends(world)[-1]["message_reference"]
    assert isinstance(reference, dict)
    assert (reference["message_id"], reference["fail_if_not_exists"]) == (post_id, True)


async def test_a_card_in_a_thread_asks_for_the_threads_own_permission(world: World) -> None:
    """Sending in threads is a permission of its own."""
    thread = await world.thread(world.forum, opening="a nosebleed")
    effect = world.effect(EffectKind.MEMBER_CARD, message_id=thread.id, channel=thread)
    await world.deny(world.forum, send_messages=True)
    await world.messenger.send_member_card(effect, a_card())
    await world.deny(world.forum, send_messages_in_threads=True)

    with pytest.raises(DeliveryRefused, match=f"'Send Messages in Threads' in channel {thread.id}"):
        await world.messenger.send_member_card(effect, a_card())


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ("view_channel", "View Channel"),
        ("send_messages", "Send Messages"),
        ("embed_links", "Embed Links"),
        ("read_message_history", "Read Message History"),
    ],
)
async def test_a_missing_permission_is_named_before_anything_is_sent(world: World, denied: str, named: str) -> None:
    """A refused request would count against the bot's address."""
    effect, _ = await member_card(world)
    await world.deny(world.patients, **{denied: True})
    asked = len(world.env.http_requests)

    with pytest.raises(DeliveryRefused, match=f"'{named}'.* in channel {world.patients.id}"):
        await world.messenger.send_member_card(effect, a_card())

    assert len(world.env.http_requests) == asked


async def test_another_guilds_channel_is_refused(world: World) -> None:
    """One guild can never touch another's."""
    elsewhere = world.env.create_guild("Elsewhere").create_text_channel("theirs")
    effect = world.effect(EffectKind.MEMBER_CARD, message_id=1, channel=elsewhere)

    with pytest.raises(DeliveryRefused, match="belongs to guild"):
        await world.messenger.send_member_card(effect, a_card())


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, DeliveryDelayed), (503, DeliveryDelayed), (403, DeliveryRefused), (404, DeliveryRefused)],
)
async def test_discords_answers_become_the_houses_errors(world: World, status: int, expected: type[Exception]) -> None:
    """Outages wait, refusals do not."""
    effect, _ = await member_card(world)
    world.env.inject_error("POST", "/channels/*/messages", status=status, times=None)

    with pytest.raises(expected, match=f"Discord answered {status}"):
        await world.messenger.send_member_card(effect, a_card())


async def test_a_channel_that_is_gone_is_refused(world: World) -> None:
    """With a sentence, not a stack trace."""
    effect, _ = await member_card(world)
    world.env.backend.delete_channel(world.patients.id)

    with pytest.raises(DeliveryRefused, match=f"channel {world.patients.id}"):
        await world.messenger.send_member_card(effect, a_card())


async def test_only_the_on_call_role_is_pinged_and_only_when_named(world: World) -> None:
    """Whatever else a card may hold."""
    paged, brief = case_card(world, page=True)
    hostile = replace(brief, text=f"@everyone <@{world.member.id}> <@&{world.moderators.id}>")

    await world.messenger.send_case_card(paged, hostile)
    message = world.queue.last_message

    assert message is not None
    assert [role.id for role in message.role_mentions] == [world.on_call.id]
    assert (message.mentions, message.mention_everyone) == ([], False)
    mentions = sends(world)[-1]["allowed_mentions"]
    assert mentions == {"parse": [], "roles": [world.on_call.id]}
    quiet, brief = case_card(world)
    await world.messenger.send_case_card(quiet, brief)
    assert world.queue.last_message is not None
    assert "<@&" not in world.queue.last_message.content


async def test_a_ping_that_discord_would_not_deliver_is_said(world: World) -> None:
    """Silently pinging nobody would be worse than any error."""
    role = world.env.backend.get_guild(world.guild.id).roles[world.on_call.id]
    role.mentionable = False
    await world.env.restart_bot(world.new_client())
    await world.deny(world.queue, mention_everyone=True)
    effect, brief = case_card(world, page=True)

    await world.messenger.send_case_card(effect, brief)

    assert world.queue.last_message is not None
    assert world.queue.last_message.content.startswith("Nobody was pinged. Please tell the others yourself;")


async def test_a_new_case_card_replaces_the_old_one(world: World) -> None:
    """One case, one card."""
    first, brief = case_card(world)
    old = await world.messenger.send_case_card(first, brief)
    second, brief = case_card(world, page=True, old=old)

    new = await world.messenger.send_case_card(second, brief)

    assert [message.id for message in world.queue.history()] == [new]


async def test_an_old_card_that_is_gone_does_not_undo_the_new_one(world: World) -> None:
    """The new card was sent: an error now would send it twice."""
    effect, brief = case_card(world, old=123)

    assert await world.messenger.send_case_card(effect, brief)


async def test_a_case_card_is_redrawn_where_it_stands(world: World) -> None:
    """Without a ping, and without a new message."""
    effect, brief = case_card(world, page=True)
    card = await world.messenger.send_case_card(effect, brief)
    _, changed = case_card(world, old=card)

    await world.messenger.refresh_case_card(effect, replace(changed, text="other words", spans=()))

    [message] = world.queue.history()
    assert message.id == card
    assert "other words" in (message.embeds[0].description or "")


@pytest.mark.parametrize("cold", [False, True], ids=["cached", "after-restart"])
async def test_the_line_above_follows_the_case_and_keeps_its_mention(world: World, cold: bool) -> None:
    """What a phone shows is true after every redraw; the mention stays as text and pings nobody a second time."""
    effect, brief = case_card(world, page=True)
    card = await world.messenger.send_case_card(effect, brief)
    _, standing = case_card(world, old=card)
    case = standing.case
    if cold:
        await world.env.restart_bot(world.new_client())
    claimed = replace(case, events=(*case.events, CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW, actor=UserId(77))))
    resolved = CaseEvent(kind=CaseEventKind.RESOLVED, at=NOW, actor=UserId(77), verdict=Verdict.CONFIRMED)

    lines = []
    for state in (claimed, replace(claimed, events=(*claimed.events, resolved))):
        await world.messenger.refresh_case_card(effect, a_brief(state))
        [message] = world.queue.history()
        lines.append(message.content)

    mention = world.on_call.mention
    assert lines[0] == f"{mention}\n🔴 Emergency · claimed by <@77>: a post by <@5> in <#8>"
    assert lines[1] == f"{mention}\n✔ Resolved · case 12: a post by <@5> in <#8>"
    edits = [call.json for call in world.env.http_requests if call.method == "PATCH" and "/messages/" in call.path]
    assert all(isinstance(body, dict) and body["allowed_mentions"] == {"parse": []} for body in edits)
    assert len(edits) == 2


async def test_a_ping_that_failed_stays_said_after_a_redraw(world: World) -> None:
    """Even when it could be delivered by now: it was not."""
    effect, brief = case_card(world)
    card = await world.messenger.send_case_card(effect, replace(brief, ping_role=RoleId(404)))
    _, standing = case_card(world, old=card)

    await world.messenger.refresh_case_card(effect, standing)

    [message] = world.queue.history()
    assert message.content.startswith("Nobody was pinged.")
    assert message.content.count("\n") == 1


async def test_a_case_without_a_card_needs_no_redrawing(world: World) -> None:
    """Its first card will show where it stands."""
    effect, brief = case_card(world)

    await world.messenger.refresh_case_card(effect, brief)

    assert world.queue.history() == []


async def test_a_card_is_withdrawn_once_and_a_second_time_changes_nothing(world: World) -> None:
    """Already gone is done."""
    effect, post_id = await member_card(world)
    card = await world.messenger.send_member_card(effect, a_card())

    await world.messenger.withdraw_member_card(effect, card)
    await world.messenger.withdraw_member_card(effect, card)

    assert [message.id for message in world.patients.history()] == [post_id]


async def test_an_interrupted_card_is_found_again(world: World) -> None:
    """Below its own post, and nowhere else."""
    effect, _ = await member_card(world)
    other = await world.other.send(world.patients, "another post")
    card = await world.messenger.send_member_card(effect, a_card())

    assert await world.messenger.find_sent(effect) == card
    assert await world.messenger.find_sent(replace(effect, message_id=MessageId(other.id))) is None


async def test_an_interrupted_card_is_found_behind_many_messages(world: World) -> None:
    """The search looks at both ends of the time since the post."""
    effect, _ = await member_card(world)
    for number in range(150):
        world.env.backend.create_message(world.patients.id, world.other.id, f"chat {number}", broadcast=False)
    card = await world.messenger.send_member_card(effect, a_card())

    assert await world.messenger.find_sent(effect) == card


async def test_an_interrupted_case_card_is_told_from_an_older_one(world: World) -> None:
    """A case that grew gets a second card; only the right one counts as sent."""
    effect, brief = case_card(world)
    card = await world.messenger.send_case_card(effect, brief)

    assert await world.messenger.find_sent(effect) == card
    assert await world.messenger.find_sent(replace(effect, effect_id=78)) is None
    assert await world.messenger.find_sent(replace(effect, case_id=CaseId(1))) is None
