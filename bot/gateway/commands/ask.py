"""*Ask a moderator* in a message's menu: brings a post, one's own or another's, to the queue; judges nothing."""

from typing import Any

import discord
from discord import app_commands

from bot.core.authority import Deed
from bot.core.posts import Origin, UserId
from bot.gateway.admission import admit, answering, tell
from bot.gateway.ports import ports_of
from bot.gateway.wording import ASKED, NOT_A_MEMBERS_POST, NOT_ASKED


@app_commands.context_menu(name="Ask a moderator")
async def ask_a_moderator(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    """Bring a post to the moderators."""
    async with answering(interaction):
        community = await admit(interaction, Deed.ASK_MODERATOR)
        if community is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        ports = ports_of(interaction)
        post = await ports.translator.post(message, origin=Origin.REQUEST)
        if post is None or post.guild_id != community.guild_id:
            await tell(interaction, NOT_A_MEMBERS_POST)
            return
        opened = await ports.services.ask(post, by=UserId(interaction.user.id))
        await tell(interaction, NOT_ASKED if opened is None else ASKED)
