"""`/privacy delete`: nothing goes before the member has confirmed it."""

import pytest

from bot.gateway.wording import ASK_BEFORE_DELETING, DELETE_EVERYTHING, DELETED, OLD_BUTTON
from tests.discord.gateway.world import World, answer


async def test_deleting_asks_first(world: World) -> None:
    """The command alone removes nothing."""
    asked = await world.member.slash(world.patients, "privacy delete")

    assert answer(asked) == ASK_BEFORE_DELETING
    assert world.services.said("privacy_erase") == []


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_pressing_the_button_deletes_and_says_how_much(world: World, restarted: bool) -> None:
    """For the one who asked, in this community; the button goes with the question."""
    asked = await world.member.slash(world.patients, "privacy delete")
    if restarted:
        await world.env.restart_bot(world.new_client())

    assert asked.response is not None
    await world.member.click(asked.response, label=DELETE_EVERYTHING)

    assert (asked.response.content, asked.response.components) == (f"{DELETED} (3 entries)", [])
    assert world.services.only("privacy_erase") == {"guild_id": world.guild_id, "user_id": world.member.id}


async def test_nobody_can_confirm_for_somebody_else(world: World) -> None:
    """The button carries whose it is."""
    row = {"type": 1, "components": [{"type": 2, "style": 4, "label": "x", "custom_id": f"ac:erase:{world.member.id}"}]}
    bot = world.env.backend.bot_user.id
    world.env.backend.create_message(world.patients.id, bot, "forged", components=[row])
    message = world.patients.last_message
    assert message is not None

    assert answer(await world.other.click(message, label="x")) == OLD_BUTTON
    assert world.services.said("privacy_erase") == []
