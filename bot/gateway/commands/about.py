"""`/about`: what the bot is, and what it does in this channel; the same for everybody."""

from typing import Any

import discord
from discord import app_commands

from bot.core.authority import Deed
from bot.core.policy import Mode
from bot.gateway.admission import admit, answering, tell
from bot.gateway.ports import ports_of
from bot.gateway.translate import place_of
from bot.gateway.wording import ABOUT

HERE = {
    Mode.OFF: "In this channel the bot is switched off.",
    Mode.ON_REQUEST: "In this channel the bot reads a post only when somebody asks it to.",
    Mode.SHADOW: "In this channel the bot reads posts for the moderators and answers nobody.",
    Mode.ASSIST: "In this channel the bot reads posts, and a moderator approves each answer.",
    Mode.AUTO: "In this channel the bot reads posts and answers with fixed general information.",
}


@app_commands.command(name="about", description="What Aftercare is, what it is not, and what it does here.")
async def about(interaction: discord.Interaction[Any]) -> None:
    """Say what the bot is."""
    async with answering(interaction):
        community = await admit(interaction, Deed.WHY)
        if community is None:
            return
        channel = ports_of(interaction).translator.channel(interaction.channel_id)
        place = place_of(channel)
        here = "" if place is None else f"\n\n{HERE[community.rules_for(place.watched_id).mode]}"
        await tell(interaction, f"{ABOUT}{here}")
