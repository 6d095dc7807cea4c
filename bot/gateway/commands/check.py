"""`/check`: what an admin has to mend, as the running bot sees it; mends nothing itself."""

from typing import Any

import discord
from discord import app_commands

from bot.core.authority import Deed
from bot.core.communities import Community
from bot.core.ports import AnswerLibrary
from bot.core.topics import Audience, Topic
from bot.gateway.admission import admit, answering, tell
from bot.gateway.embed_layout import CALM, DESCRIPTION_LIMIT
from bot.gateway.permissions import missing_in, unsafe_queue
from bot.gateway.ports import ports_of
from bot.gateway.spoiler import cut


@app_commands.command(name="check", description="Missing permissions and wording that no clinician has signed.")
async def check(interaction: discord.Interaction[Any]) -> None:
    """Name what is to be mended."""
    async with answering(interaction):
        community = await admit(interaction, Deed.CHECK)
        if community is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        problems = [*missing_in(interaction.client, community), *unsafe_queue(interaction.client, community)]
        unsigned = unsigned_templates(ports_of(interaction).library, community)
        lines = [f"- {problem}" for problem in problems] or ["- Permissions and roles: nothing is missing."]
        if unsigned:
            lines += ["", f"**{len(unsigned)} cards carry wording that no clinician has signed:**"]
            lines += [f"- `{template}`" for template in unsigned]
        else:
            lines.append("- Cards: every wording is signed.")
        text = cut("\n".join(lines), DESCRIPTION_LIMIT)
        await tell(interaction, embeds=[discord.Embed(title="Check", description=text, colour=CALM)])


def unsigned_templates(library: AnswerLibrary, community: Community) -> list[str]:
    """Name the cards that this community would be shown unsigned."""
    cards = (
        library.card(topic=topic, audience=audience, regions=community.regions, language=community.language)
        for topic in Topic
        for audience in Audience
    )
    return sorted({card.template for card in cards if not card.signed})
