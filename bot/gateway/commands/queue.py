"""`/queue` and `/case`: the moderators' list and one case, shown privately; changes nothing."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from bot.core.authority import Deed
from bot.core.cases import CaseId
from bot.core.policy import Priority
from bot.gateway.admission import admit, answering, tell
from bot.gateway.buttons import case_view
from bot.gateway.case_cards import case_embeds, case_line
from bot.gateway.embed_layout import CALM, DESCRIPTION_LIMIT
from bot.gateway.ports import ports_of
from bot.gateway.spoiler import size

SHOWN = 15
"""Cases on one page, fewer where their lines do not fit."""
ASKED_FOR = 500
"""More cases than any queue should hold; beyond it the count is said to be a lower bound."""
HIGHEST_PAGE = ASKED_FOR
HIGHEST_CASE = 2**53 - 1
"""The largest number that a command option can carry (Discord reference, "Application Command Option")."""


@app_commands.command(name="queue", description="Cases that wait for a moderator, most urgent first.")
@app_commands.describe(page="Which page of the list", low="Only the low-priority glances")
async def queue(
    interaction: discord.Interaction[Any], page: app_commands.Range[int, 1, HIGHEST_PAGE] = 1, low: bool = False
) -> None:
    """Show the cases that wait."""
    async with answering(interaction):
        community = await admit(interaction, Deed.SEE_QUEUE)
        if community is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        cases = await ports_of(interaction).services.queue(community.guild_id, limit=ASKED_FOR)
        shown = [record for record in cases if record.priority is Priority.LOW or not low]
        if not shown:
            await tell(interaction, "No glances wait." if low else "Nothing waits.")
            return
        pages = _pages([case_line(record) for record in shown])
        if page > len(pages):
            await tell(interaction, f"There are {len(pages)} pages: `/queue page:{len(pages)}` shows the last.")
            return
        before = sum(len(lines) for lines in pages[: page - 1])
        total = f"at least {len(shown)}" if len(cases) == ASKED_FOR else str(len(shown))
        title = "Glances that wait" if low else "Cases that wait"
        embed = discord.Embed(title=title, description="\n".join(pages[page - 1]), colour=CALM)
        counted = f"{before + 1} to {before + len(pages[page - 1])} of {total}"
        more = f" · /queue page:{page + 1} shows more" if page < len(pages) else ""
        embed.set_footer(text=f"{counted}{more}")
        await tell(interaction, embeds=[embed])


def _pages(lines: Sequence[str]) -> list[list[str]]:
    """Lay lines out on pages that Discord takes."""
    pages: list[list[str]] = [[]]
    for line in lines:
        if len(pages[-1]) == SHOWN or size("\n".join([*pages[-1], line])) > DESCRIPTION_LIMIT:
            pages.append([])
        pages[-1].append(line)
    return pages


@app_commands.command(name="case", description="One case with its evidence and its buttons.")
@app_commands.describe(number="The number on the case's card")
async def case(interaction: discord.Interaction[Any], number: app_commands.Range[int, 1, HIGHEST_CASE]) -> None:
    """Show one case."""
    case_id = CaseId(number)
    async with answering(interaction):
        community = await admit(interaction, Deed.SEE_CASE, case_id=case_id)
        if community is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        brief = await ports_of(interaction).services.brief(community.guild_id, case_id)
        if brief is None:
            await tell(interaction, "There is no such case in this community.")
            return
        await tell(interaction, embeds=case_embeds(brief, in_full=True), view=case_view(brief.case))
