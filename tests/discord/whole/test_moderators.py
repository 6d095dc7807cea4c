"""The queue under moderators' hands: buttons, commands, two at once, restarts."""

from bot.core.cases import Refusal


async def test_claim_release_and_resolve_by_button(community):
    """The card shows each state; resolving asks for verdict and reason."""
    await community.ana.send(community.chat, "today something")
    (card,) = community.bot_messages(community.queue)

    claimed = await community.mo.click(card, label="Claim")
    (case,) = await community.cases()
    holder = case.state.holder
    await community.mo.click(community.bot_messages(community.queue)[0], label="Release")
    (case,) = await community.cases()

    assert claimed.acknowledged
    assert holder == community.mo.id
    assert case.state.holder is None


async def test_two_moderators_press_claim(community):
    """One wins; the other's press, made on the card as it stood, is answered privately with who was faster."""
    await community.ana.send(community.chat, "today something")
    (case,) = await community.cases()
    (card,) = community.bot_messages(community.queue)

    await community.mo.click(card, label="Claim")
    late = await community.app.house.claim(community.guild.id, case.case_id, by=community.mia.id)

    (case,) = await community.cases()
    assert case.state.holder == community.mo.id
    assert isinstance(late, Refusal)
    assert late.holder == community.mo.id
    assert "Claim" not in [
        child.label for row in community.bot_messages(community.queue)[0].components for child in row.children
    ]


async def test_members_cannot_work_cases(community):
    """A press without the role changes nothing and is answered privately."""
    await community.ana.send(community.chat, "today something")
    (card,) = community.bot_messages(community.queue)

    refused = await community.ben.click(card, label="Claim")

    (case,) = await community.cases()
    assert refused.ephemeral
    assert case.state.holder is None


async def test_buttons_work_after_a_restart(community):
    """Old cards stay alive."""
    await community.ana.send(community.chat, "today something")
    await community.restart()
    (card,) = community.bot_messages(community.queue)

    await community.mo.click(card, label="Claim")

    (case,) = await community.cases()
    assert case.state.holder == community.mo.id


async def test_the_member_takes_the_card_back(community):
    """Not about me removes the public answer."""
    await community.ana.send(community.chat, "today something")
    (card,) = community.bot_messages(community.chat)

    stranger = await community.ben.click(card, label="Not about me")
    still_there = community.bot_messages(community.chat)
    await community.ana.click(card, label="Not about me")

    assert stranger.ephemeral
    assert len(still_there) == 1
    assert community.bot_messages(community.chat) == []


async def test_why_did_i_get_this_is_answered_privately(community):
    """Plain words, to the one who asks."""
    await community.ana.send(community.chat, "today something")
    (card,) = community.bot_messages(community.chat)

    answer = await community.ana.click(card, label="Why did I get this?")

    assert answer.ephemeral
    assert answer.response is not None


async def test_approving_in_assist_mode_sends_the_card(community):
    """The proposed card appears under the post only after the press."""
    await community.ana.send(community.assist, "today something")
    (card,) = community.bot_messages(community.queue)

    await community.mo.click(card, label="Approve")

    assert len(community.bot_messages(community.assist)) == 1


async def test_queue_and_case_commands_answer_privately(community):
    """Moderators see the list and one case in full."""
    await community.ana.send(community.chat, "today something")
    (case,) = await community.cases()

    listed = await community.mo.slash(community.queue, "queue")
    shown = await community.mo.slash(community.queue, "case", number=case.case_id)
    refused = await community.ben.slash(community.chat, "queue")

    assert listed.ephemeral
    assert shown.ephemeral
    assert refused.ephemeral
    assert refused.response is not None
    assert str(case.message_id) not in refused.response.content


async def test_a_member_can_opt_out_and_in(community):
    """After opting out nothing is read; after opting in it is again."""
    await community.ana.slash(community.chat, "privacy opt-out")
    await community.ana.send(community.chat, "emergency something")
    silent = await community.cases()
    await community.ana.slash(community.chat, "privacy opt-in")
    await community.ana.send(community.chat, "emergency something")

    assert silent == []
    assert len(await community.cases()) == 1
