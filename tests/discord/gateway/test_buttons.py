"""What happens when somebody presses, whoever they are and whenever they do."""

from dataclasses import replace

import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.core.authority import Deed
from bot.core.cases import CaseEventKind, CaseId, CaseStatus, Verdict
from bot.core.effects import EffectKind
from bot.core.posts import ChannelId, GuildId, MessageId, RoleId, UserId
from bot.gateway.buttons import CardMove, CaseMove
from bot.gateway.wording import NOT_SET_UP, OLD_BUTTON, PHRASES, TRY_AGAIN
from responses.phrases import REQUIRED
from tests.discord.gateway.facade import a_brief, a_card, a_case
from tests.discord.gateway.world import World, answer

CASE = CaseId(12)


async def case_card(world: World, *, proposed: bool = True) -> int:
    """An open case with a proposed answer, and its card in the queue; returns the card's id."""
    case = a_case(CASE, guild_id=world.guild_id, proposed=proposed)
    effect = world.effect(EffectKind.CASE_CARD, message_id=1, channel=world.queue, case_id=CASE)
    card = await world.messenger.send_case_card(effect, a_brief(case))
    world.services.cases[CASE] = replace(case, card_channel_id=ChannelId(world.queue.id), card_message_id=card)
    return card


async def redraw(world: World) -> None:
    """What the outbox does after a move."""
    effect = world.effect(EffectKind.REFRESH_CASE_CARD, message_id=1, channel=world.queue, case_id=CASE)
    await world.messenger.refresh_case_card(effect, a_brief(world.services.cases[CASE]))


async def press(world: World, who: MemberActor, move: CaseMove) -> InteractionResult:
    """Press a button under the case card."""
    card = world.services.cases[CASE].card_message_id
    [message] = [message for message in world.queue.history() if message.id == card]
    return await who.click(message, custom_id=f"ac:case:{move}:{CASE}")


async def member_card(world: World) -> int:
    """A card below the member's post; returns the card's id."""
    post = await world.member.send(world.patients, "a nosebleed")
    effect = world.effect(EffectKind.MEMBER_CARD, message_id=post.id, channel=world.patients)
    card = await world.messenger.send_member_card(effect, a_card())
    world.services.cards[card] = UserId(world.member.id)
    return card


async def press_card(world: World, who: MemberActor, move: CardMove) -> InteractionResult:
    """Press a button under the newest message of the patients' channel."""
    message = world.patients.last_message
    assert message is not None
    return await who.click(message, custom_id=f"ac:card:{move}")


async def test_claim_then_release(world: World) -> None:
    """Each is answered privately, and handed over with who and where."""
    await case_card(world)

    assert answer(await press(world, world.moderator, CaseMove.CLAIM)) == "Case 12 is yours."
    await redraw(world)
    assert answer(await press(world, world.moderator, CaseMove.RELEASE)) == "Case 12 is back in the queue."

    expected = {"guild_id": world.guild_id, "case_id": CASE, "by": world.moderator.id}
    assert world.services.only("claim") == expected
    assert world.services.only("release") == expected


async def test_of_two_who_press_at_once_one_wins_and_the_other_is_told_who(world: World) -> None:
    """Both see the same card."""
    await case_card(world)

    first = answer(await press(world, world.moderator, CaseMove.CLAIM))
    second = answer(await press(world, world.second, CaseMove.CLAIM))

    assert first == "Case 12 is yours."
    assert second == f"Somebody else holds this case. It is with <@{world.moderator.id}>."
    assert world.services.cases[CASE].state.holder == world.moderator.id


async def test_resolve_asks_for_verdict_and_reason(world: World) -> None:
    """Both are handed over as they were given."""
    await case_card(world)

    form = await press(world, world.moderator, CaseMove.RESOLVE)
    sent = await world.moderator.submit_modal(form, {"verdict": ["false_alarm"], "reason": "It was about a cat."})

    assert answer(sent) == "Case 12 is resolved. Thank you."
    given = world.services.only("resolve")
    assert (given["verdict"], given["reason"]) == (Verdict.FALSE_ALARM, "It was about a cat.")
    assert world.services.cases[CASE].state.status is CaseStatus.RESOLVED


async def test_two_people_can_fill_in_the_form_and_a_restart_loses_neither(world: World) -> None:
    """The form keeps nothing in memory; the second is told that the case is closed."""
    await case_card(world)
    forms = [await press(world, who, CaseMove.RESOLVE) for who in (world.moderator, world.second)]
    await world.env.restart_bot(world.new_client())
    values = {"verdict": ["confirmed"], "reason": "Called the team."}

    first = await world.moderator.submit_modal(forms[0], values)
    second = await world.second.submit_modal(forms[1], values)

    assert answer(first) == "Case 12 is resolved. Thank you."
    assert answer(second) == "This case is already resolved."


@pytest.mark.parametrize(
    ("move", "kind"),
    [(CaseMove.APPROVE, CaseEventKind.ANSWER_APPROVED), (CaseMove.DECLINE, CaseEventKind.ANSWER_DECLINED)],
)
async def test_a_proposed_answer_is_decided_once(world: World, move: CaseMove, kind: CaseEventKind) -> None:
    """The second press is refused kindly."""
    await case_card(world)

    answer(await press(world, world.moderator, move))
    again = answer(await press(world, world.second, CaseMove.APPROVE))

    assert again == "The proposed answer was already decided."
    assert [event.kind for event in world.services.cases[CASE].events][-1] is kind


@pytest.mark.parametrize("move", list(CaseMove))
async def test_every_case_button_works_after_a_restart(world: World, move: CaseMove) -> None:
    """Its id is all it needs."""
    await case_card(world)
    if move is CaseMove.RELEASE:
        answer(await press(world, world.moderator, CaseMove.CLAIM))
        await redraw(world)
    await world.env.restart_bot(world.new_client())

    result = await press(world, world.moderator, move)

    assert result.modal is not None if move is CaseMove.RESOLVE else answer(result).startswith("Case 12")


NEEDS = {
    CaseMove.CLAIM: Deed.CLAIM,
    CaseMove.RELEASE: Deed.RELEASE,
    CaseMove.RESOLVE: Deed.RESOLVE,
    CaseMove.APPROVE: Deed.SETTLE_ANSWER,
    CaseMove.DECLINE: Deed.SETTLE_ANSWER,
}


@pytest.mark.parametrize("move", list(CaseMove))
@pytest.mark.parametrize(("who", "allowed"), [("member", False), ("moderator", True), ("admin", True)])
async def test_case_buttons_are_for_moderators_and_admins(
    world: World, move: CaseMove, who: str, allowed: bool
) -> None:
    """Anybody else is told so, nothing moves, and the refusal is passed on."""
    await case_card(world)
    if move is CaseMove.RELEASE:
        answer(await press(world, world.second, CaseMove.CLAIM))
        await redraw(world)
        world.services.transcript.clear()

    result = await press(world, getattr(world, who), move)

    if allowed:
        assert result.acknowledged
        assert world.services.said("refuse") == []
        return
    assert answer(result) == "[refused_not_moderator]"
    assert world.services.kinds() == ["refuse"]
    refusal = world.services.only("refuse")
    assert (refusal["case_id"], refusal["deed"], refusal["by"]) == (CASE, NEEDS[move], world.member.id)


async def test_a_role_taken_away_while_the_form_was_open_counts(world: World) -> None:
    """The role is checked at each step, not only at the first."""
    await case_card(world)
    form = await press(world, world.moderator, CaseMove.RESOLVE)
    world.communities[world.guild_id] = replace(
        world.communities[world.guild_id], moderators_role=RoleId(world.on_call.id)
    )

    sent = await world.moderator.submit_modal(form, {"verdict": ["other"], "reason": "xyz"})

    assert answer(sent) == "[refused_not_moderator]"
    assert world.services.said("resolve") == []


async def test_an_unknown_case_is_answered_kindly(world: World) -> None:
    """Old cards may outlive their case."""
    await case_card(world)
    card = world.services.cases.pop(CASE).card_message_id
    [message] = [message for message in world.queue.history() if message.id == card]

    result = await world.moderator.click(message, custom_id=f"ac:case:claim:{CASE}")

    assert answer(result) == "There is no such case in this community."


async def test_another_guilds_case_is_unknown_here(world: World) -> None:
    """Whatever number a button carries, the guild it was pressed in decides."""
    await case_card(world)
    world.services.cases[CASE] = replace(world.services.cases[CASE], guild_id=GuildId(1))

    assert answer(await press(world, world.moderator, CaseMove.CLAIM)) == "There is no such case in this community."
    assert world.services.only("claim")["guild_id"] == world.guild_id


async def test_a_button_of_an_older_version_is_answered_kindly(world: World) -> None:
    """It no longer means anything, and says so."""
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Old", "custom_id": "ac:case:snooze:12"}]}
    bot = world.env.backend.bot_user.id
    stored = world.env.backend.create_message(world.queue.id, bot, "old card", components=[row])
    [message] = [message for message in world.queue.history() if message.id == stored.id]

    assert answer(await world.moderator.click(message, label="Old")) == OLD_BUTTON


async def test_a_failure_behind_a_button_is_answered(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Silence would look like success; what failed is for the log."""
    await case_card(world)
    world.services.failing = RuntimeError("the database is away")

    assert answer(await press(world, world.moderator, CaseMove.CLAIM)) == TRY_AGAIN
    assert "the database is away" in caplog.text


@pytest.mark.parametrize(
    ("move", "who", "said", "called"),
    [
        (CardMove.NOT_ABOUT_ME, "member", "[not_about_me_done]", "not_about_me"),
        (CardMove.NOT_ABOUT_ME, "other", "[not_about_me_not_author]", "not_about_me"),
        (CardMove.ASK_HUMAN, "member", "[ask_human_done]", "ask_human"),
        (CardMove.ASK_HUMAN, "other", "[ask_human_done]", "ask_human"),
        (CardMove.WHY, "member", "[why_explanation]", None),
        (CardMove.WHY, "other", "[why_explanation]", None),
    ],
    ids=lambda value: str(value),
)
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_member_buttons(
    world: World, move: CardMove, who: str, said: str, called: str | None, restarted: bool
) -> None:
    """Everybody gets a private answer; only the member under the card changes anything."""
    card = await member_card(world)
    if restarted:
        await world.env.restart_bot(world.new_client())
    world.services.transcript.clear()

    result = await press_card(world, getattr(world, who), move)

    assert answer(result) == said
    if called is None:
        assert world.services.kinds() == []
    else:
        given = world.services.only(called)
        assert (given["card_message_id"], given["by"]) == (MessageId(card), getattr(world, who).id)


async def test_asking_from_a_card_that_the_store_forgot_is_answered_kindly(world: World) -> None:
    """Nobody was told, and the answer does not claim it."""
    world.services.cards.pop(MessageId(await member_card(world)))

    assert answer(await press_card(world, world.member, CardMove.ASK_HUMAN)) == OLD_BUTTON
    assert world.services.kinds() == ["offer", "ask_human"]


async def test_phrases_are_asked_for_in_the_communitys_language_and_with_its_name(world: World) -> None:
    """Labels when a card is sent, answers when it is pressed."""
    world.communities[world.guild_id] = replace(world.communities[world.guild_id], language="de", name="Verein")
    await member_card(world)

    await press_card(world, world.member, CardMove.WHY)

    assert world.library.named == [
        ("not_about_me", "de", None), ("why", "de", None), ("ask_human", "de", None),
        ("why_explanation", "de", "Verein"),
    ]  # fmt: skip


@pytest.mark.parametrize(("kept", "said"), [(True, "nothing quoted"), (False, "It is not kept")], ids=["key", "no-key"])
async def test_the_form_says_whether_the_reason_is_kept(world: World, kept: bool, said: str) -> None:
    """Nobody writes down what nobody will read; three characters are the least."""
    await case_card(world)
    world.services.keeps_notes = kept

    form = await press(world, world.moderator, CaseMove.RESOLVE)

    assert form.modal is not None
    label = form.modal["components"][1]
    assert said in label["description"]
    assert len(label["description"]) <= 100
    assert label["component"]["min_length"] == 3


async def test_buttons_in_a_guild_that_is_no_longer_set_up_say_so(world: World) -> None:
    """The configuration may change under an old card."""
    await member_card(world)
    world.communities.clear()

    assert answer(await press_card(world, world.member, CardMove.WHY)) == NOT_SET_UP


def test_every_phrase_that_is_asked_for_exists() -> None:
    """A missing sentence would be found by a member."""
    assert set(PHRASES) <= REQUIRED
