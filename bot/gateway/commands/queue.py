"""`/queue` and `/case`: the moderators' list and one case, shown privately; changes nothing."""

from typing import Any

import discord
from discord import app_commands

from bot.core.authority import Deed
from bot.core.cases import CaseId
from bot.gateway.admission import admit, answering, tell
from bot.gateway.buttons import case_view
from bot.gateway.cards import CALM, DESCRIPTION_LIMIT, case_embeds, case_line
from bot.gateway.ports import ports_of
from bot.gateway.spoiler import size

SHOWN = 15
HIGHEST_CASE = 2**53 - 1
"""The largest number that a command option can carry (Discord reference, "Application Command Option")."""


@app_commands.command(name="queue", description="Cases that wait for a moderator, most urgent first.")
async def queue(interaction: discord.Interaction[Any]) -> None:
    """Show the cases that wait."""
    async with answering(interaction):
        community = await admit(interaction, Deed.SEE_QUEUE)
        if community is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        cases = await ports_of(interaction).services.queue(community.guild_id, limit=SHOWN + 1)
        if not cases:
            await tell(interaction, "Nothing waits.")
            return
        lines: list[str] = []
        for record in cases[:SHOWN]:
            line = case_line(record)
            if size("\n".join([*lines, line])) > DESCRIPTION_LIMIT:
                break
            lines.append(line)
        embed = discord.Embed(title="Cases that wait", description="\n".join(lines), colour=CALM)
        if len(cases) > len(lines):
            embed.set_footer(text=f"Only the first {len(lines)} are shown.")
        await tell(interaction, embeds=[embed])


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
        await tell(interaction, embeds=case_embeds(brief), view=case_view(brief.case))
