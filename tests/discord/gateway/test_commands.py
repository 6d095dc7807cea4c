"""The commands, for everybody who may use them and everybody who may not."""

from dataclasses import replace

import discord
import pytest
from simcord.results import InteractionResult

from bot.core.authority import Deed
from bot.core.cases import CaseId
from bot.core.policy import Mode
from bot.core.posts import GuildId, Origin
from bot.gateway.wording import ADMINS_ONLY, ASKED, EXPORTED, NOT_A_MEMBERS_POST, NOT_SET_UP, TRY_AGAIN
from tests.discord.gateway.facade import Library, a_case
from tests.discord.gateway.world import World, answer, rules

CASE = CaseId(12)


async def run(world: World, who: str, command: str) -> InteractionResult:
    """Type a command in the patients' channel."""
    options = {"number": int(CASE)} if command == "case" else {}
    return await getattr(world, who).slash(world.patients, command, **options)


async def test_every_command_is_registered_and_only_for_guilds(world: World) -> None:
    """The names are a contract."""
    assert set(world.member.available_commands(world.patients)) == {
        "queue", "case", "about", "check",
        "privacy show", "privacy export", "privacy delete", "privacy opt-out", "privacy opt-in",
    }  # fmt: skip
    registered = world.env.http_requests[1].json
    assert isinstance(registered, list)
    assert {entry["name"] for entry in registered} == {
        "queue", "case", "about", "check", "privacy", "Ask a moderator",
    }  # fmt: skip
    assert all(entry["contexts"] == [0] and entry["integration_types"] == [0] for entry in registered)


@pytest.mark.parametrize(
    ("command", "deed", "allowed"),
    [
        ("queue", Deed.SEE_QUEUE, {"moderator", "admin", "owner"}),
        ("case", Deed.SEE_CASE, {"moderator", "admin", "owner"}),
        ("check", Deed.CHECK, {"admin", "owner"}),
        ("about", Deed.WHY, {"member", "moderator", "admin", "owner"}),
        ("privacy show", Deed.PRIVACY, {"member", "moderator", "admin", "owner"}),
        ("privacy export", Deed.PRIVACY, {"member", "moderator", "admin", "owner"}),
        ("privacy delete", Deed.PRIVACY, {"member", "moderator", "admin", "owner"}),
        ("privacy opt-out", Deed.PRIVACY, {"member", "moderator", "admin", "owner"}),
        ("privacy opt-in", Deed.PRIVACY, {"member", "moderator", "admin", "owner"}),
    ],
)
@pytest.mark.parametrize("who", ["member", "moderator", "admin", "owner"])
async def test_who_may_use_which_command(world: World, command: str, deed: Deed, allowed: set[str], who: str) -> None:
    """Server administrators count as admins; a refusal is private, changes nothing, and is passed on."""
    powers = world.guild.create_role("Owner", permissions=discord.Permissions(administrator=True))
    owner = world.guild.add_member(world.env.create_user("owner"), roles=[powers])
    actor = owner if who == "owner" else getattr(world, who)
    world.services.cases[CASE] = a_case(CASE, guild_id=world.guild_id)
    options = {"number": int(CASE)} if command == "case" else {}

    said = answer(await actor.slash(world.patients, command, **options))

    if who in allowed:
        assert world.services.said("refuse") == []
        return
    assert said == (ADMINS_ONLY if deed is Deed.CHECK else "[refused_not_moderator]")
    assert world.services.kinds() == ["refuse"]
    assert (world.services.only("refuse")["deed"], world.services.only("refuse")["by"]) == (deed, actor.id)


async def test_a_case_is_shown_privately_with_its_buttons(world: World) -> None:
    """The same card, for one pair of eyes."""
    world.services.cases[CASE] = a_case(CASE, guild_id=world.guild_id)
    world.services.texts[CASE] = "nose bleeds"

    result = await run(world, "moderator", "case")

    assert "||__**nose**__ bleeds\u200b||" in answer(result)
    assert result.response is not None
    claimed = await world.moderator.click(result.response, label="Claim")
    assert answer(claimed) == "Case 12 is yours."


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "another-guilds"])
async def test_a_case_that_is_not_here_is_not_shown(world: World, known: bool) -> None:
    """Nobody learns whether another guild has it."""
    if known:
        world.services.cases[CASE] = a_case(CASE, guild_id=GuildId(1))

    assert answer(await run(world, "moderator", "case")) == "There is no such case in this community."


@pytest.mark.parametrize("asker", ["member", "other"], ids=["ones-own", "somebody-elses"])
@pytest.mark.parametrize("field", ["patients", "offtopic"])
async def test_a_post_can_be_brought_to_the_moderators_from_its_menu(world: World, asker: str, field: str) -> None:
    """One's own or another's, in watched channels and in others."""
    channel = getattr(world, field)
    sent = await world.member.send(channel, "is this normal?")

    result = await getattr(world, asker).context_menu(channel, "Ask a moderator", sent)

    assert answer(result) == ASKED
    asked = world.services.only("ask")
    assert (asked["post"].message_id, asked["post"].text) == (sent.id, "is this normal?")
    assert (asked["post"].origin, asked["post"].author_id) == (Origin.REQUEST, world.member.id)
    assert asked["by"] == getattr(world, asker).id


async def test_a_post_in_a_thread_can_be_brought_to_the_moderators(world: World) -> None:
    """With the thread and the channel that it belongs to."""
    thread = await world.thread(world.forum, opening="my story")
    [sent] = thread.history()

    answer(await world.other.context_menu(thread, "Ask a moderator", sent))

    post = world.services.post("ask")
    assert (post.channel_id, post.watched_id) == (thread.id, world.forum.id)


async def test_a_bots_message_cannot_be_brought_to_the_moderators(world: World) -> None:
    """It is no member's post."""
    world.env.backend.create_message(world.patients.id, world.env.backend.bot_user.id, "a card")
    message = world.patients.last_message
    assert message is not None

    assert answer(await world.member.context_menu(world.patients, "Ask a moderator", message)) == NOT_A_MEMBERS_POST
    assert world.services.said("ask") == []


async def test_privacy_show_counts_what_is_kept(world: World) -> None:
    """In numbers, under the community's summary."""
    said = answer(await run(world, "member", "privacy show"))

    assert said == "[privacy_summary]\n- cases: 2\n- opt outs: 0"


async def test_privacy_export_hands_over_a_file(world: World) -> None:
    """Privately."""
    result = await run(world, "member", "privacy export")

    assert answer(result) == EXPORTED
    assert result.response is not None
    assert [file.filename for file in result.response.attachments] == ["aftercare.json"]


@pytest.mark.parametrize(("command", "out"), [("opt-out", True), ("opt-in", False)])
async def test_opting_out_and_in(world: World, command: str, out: bool) -> None:
    """Said back in the vetted words."""
    key = command.replace("-", "_")

    assert answer(await run(world, "member", f"privacy {command}")) == f"[{key}_done]"
    assert world.services.only("opt_out") == {"guild_id": world.guild_id, "user_id": world.member.id, "out": out}


@pytest.mark.parametrize(
    ("mode", "said"),
    [(Mode.OFF, "switched off"), (Mode.SHADOW, "answers nobody"), (Mode.AUTO, "fixed general information")],
)
async def test_about_says_what_the_bot_does_here(world: World, mode: Mode, said: str) -> None:
    """And what it is not."""
    world.configure(patients=rules(mode))

    told = answer(await run(world, "member", "about"))

    assert "not a medical device" in told
    assert said in told


async def test_check_names_unsigned_cards_and_missing_permissions(world: World) -> None:
    """What an admin has to mend."""
    await world.deny(world.patients, embed_links=True)
    world.library.unsigned = frozenset({"bleeding"})

    told = answer(await run(world, "admin", "check"))

    assert f"channel {world.patients.id}: the bot lacks 'Embed Links'" in told
    assert "1 cards carry wording that no clinician has signed" in told
    assert "`bleeding@1`" in told


async def test_check_says_when_all_is_well(world: World) -> None:
    """Both halves."""
    await world.close_queue()

    told = answer(await run(world, "admin", "check"))

    assert "nothing is missing" in told
    assert "every wording is signed" in told
    assert isinstance(world.library, Library)


@pytest.mark.parametrize("command", ["queue", "about", "privacy show"])
async def test_a_guild_that_was_never_set_up_is_told_so(world: World, command: str) -> None:
    """An answer in any case."""
    world.communities.clear()

    assert answer(await run(world, "member", command)) == NOT_SET_UP


async def test_a_failure_behind_a_command_is_answered(world: World) -> None:
    """And reported to the log, once."""
    world.services.failing = RuntimeError("the database is away")

    assert answer(await run(world, "moderator", "queue")) == TRY_AGAIN
    [error] = world.env.errors
    assert "the database is away" in str(error)


async def test_other_members_never_see_an_answer(world: World) -> None:
    """Nothing that was asked for shows in the channel."""
    for command in ("about", "privacy show"):
        await run(world, "member", command)

    assert world.patients.history(viewer=world.other) == []
    assert replace(world.communities[world.guild_id]) == world.communities[world.guild_id]
