"""The moderators' list, page by page, and what `/case` adds to the card."""

from dataclasses import replace

import pytest
from simcord.results import InteractionResult

from bot.core.cases import CaseEvent, CaseEventKind, CaseId, Verdict
from bot.core.policy import Priority
from bot.core.posts import ChannelId, GuildId, MessageId, UserId
from tests.discord.gateway.facade import NOW, a_case
from tests.discord.gateway.world import World, answer


def fill(world: World, count: int, *, low: int = 0, carded: bool = False) -> None:
    """Open cases of this guild, the last `low` of them glances, and one case of another guild."""
    for number in range(1, count + 1):
        priority = Priority.LOW if number > count - low else Priority.NORMAL
        case = a_case(CaseId(number), guild_id=world.guild_id, priority=priority)
        if carded:
            case = replace(case, card_channel_id=ChannelId(2**62), card_message_id=MessageId(2**62))
        world.services.cases[CaseId(number)] = case
    world.services.cases[CaseId(9999)] = a_case(CaseId(9999), guild_id=GuildId(1))


async def queue(world: World, **options: object) -> tuple[list[str], str]:
    """Ask for the queue: its lines and its foot."""
    result: InteractionResult = await world.moderator.slash(world.queue, "queue", **options)
    answer(result)
    assert result.response is not None
    [embed] = result.response.embeds
    return (embed.description or "").splitlines(), embed.footer.text or ""


async def test_the_queue_says_how_many_of_how_many_it_shows(world: World) -> None:
    """And how to see the rest; another guild's cases are not counted."""
    fill(world, 83)

    lines, foot = await queue(world)

    assert len(lines) == 15
    assert lines[0].startswith("**1** 🟠 Same day")
    assert foot == "1 to 15 of 83 · /queue page:2 shows more"


async def test_pages_hold_every_case_once_whatever_fits(world: World) -> None:
    """Long lines make more pages, and none is lost between them."""
    fill(world, 40, carded=True)

    seen: list[str] = []
    for page in range(1, 40):
        lines, foot = await queue(world, page=page)
        assert foot.startswith(f"{len(seen) + 1} to {len(seen) + len(lines)} of 40")
        seen += lines
        if "more" not in foot:
            break

    assert [line.split("**")[1] for line in seen] == [str(number) for number in range(1, 41)]


async def test_glances_can_be_listed_alone(world: World) -> None:
    """They are last in the list otherwise."""
    fill(world, 20, low=3)

    lines, foot = await queue(world, low=True)

    assert [line.split("**")[1] for line in lines] == ["18", "19", "20"]
    assert foot == "1 to 3 of 3"


async def test_a_count_that_is_a_lower_bound_says_so(world: World) -> None:
    """The services were asked for no more."""
    fill(world, 501)

    _, foot = await queue(world)

    assert foot.startswith("1 to 15 of at least 500 ·")


async def test_a_page_beyond_the_last_names_the_last(world: World) -> None:
    """Instead of an empty list, which would look like good news."""
    fill(world, 20)

    said = answer(await world.moderator.slash(world.queue, "queue", page=7))

    assert said == "There are 2 pages: `/queue page:2` shows the last."


@pytest.mark.parametrize(("options", "said"), [({}, "Nothing waits."), ({"low": True}, "No glances wait.")])
async def test_an_empty_list_says_so(world: World, options: dict[str, bool], said: str) -> None:
    """Nothing waits is good news."""
    assert answer(await world.moderator.slash(world.queue, "queue", **options)) == said


async def test_a_resolved_case_shows_its_reason_to_who_asks(world: World) -> None:
    """In the moderator's own words, which can do nothing."""
    done = CaseEvent(
        kind=CaseEventKind.RESOLVED, at=NOW, actor=UserId(7), verdict=Verdict.OTHER, note="About a *cat* <@5>"
    )
    world.services.cases[CaseId(12)] = a_case(CaseId(12), guild_id=world.guild_id, events=(done,))

    result = await world.moderator.slash(world.queue, "case", number=12)

    assert result.response is not None
    fields = {field.name: field.value for field in result.response.embeds[0].fields}
    assert fields["Reason of the resolution"] == r"About a \*cat\* \<\@5\>"
