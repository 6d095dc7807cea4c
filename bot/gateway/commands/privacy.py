"""`/privacy`: what is kept about the one who asks, and how to end it; always private, always about oneself."""

import io
import json
from typing import Any

import discord
from discord import app_commands

from bot.core.authority import Deed
from bot.core.communities import Community
from bot.core.posts import UserId
from bot.gateway.admission import admit, answering, phrase, tell
from bot.gateway.erase_button import erase_view
from bot.gateway.ports import ports_of
from bot.gateway.wording import ASK_BEFORE_DELETING, EXPORTED

privacy = app_commands.Group(name="privacy", description="What Aftercare keeps about you, and how to end it.")


@privacy.command(name="show", description="What is kept about you, in numbers.")
async def show(interaction: discord.Interaction[Any]) -> None:
    """Count what is kept."""
    async with answering(interaction):
        if await _let_in(interaction) is not None:
            kept = json.loads(await ports_of(interaction).services.privacy_export(UserId(interaction.user.id)))
            counts = [
                f"- {kind.replace('_', ' ')}: {len(rows)}" for kind, rows in kept.items() if isinstance(rows, list)
            ]
            await tell(interaction, "\n".join([phrase(interaction, "privacy_summary"), *counts]))


@privacy.command(name="export", description="Everything that is kept about you, as a file.")
async def export(interaction: discord.Interaction[Any]) -> None:
    """Hand over everything that is kept."""
    async with answering(interaction):
        if await _let_in(interaction) is not None:
            kept = await ports_of(interaction).services.privacy_export(UserId(interaction.user.id))
            file = discord.File(io.BytesIO(kept), filename="aftercare.json")
            await tell(interaction, EXPORTED, file=file)


@privacy.command(name="delete", description="Remove everything that is kept about you; asks first.")
async def delete(interaction: discord.Interaction[Any]) -> None:
    """Ask first: what is removed cannot be brought back."""
    async with answering(interaction):
        if await admit(interaction, Deed.PRIVACY) is not None:
            await tell(interaction, ASK_BEFORE_DELETING, view=erase_view(UserId(interaction.user.id)))


@privacy.command(name="opt-out", description="The bot stops reading your posts in this community.")
async def opt_out(interaction: discord.Interaction[Any]) -> None:
    """Stop being read."""
    await _set(interaction, out=True)


@privacy.command(name="opt-in", description="The bot may read your posts again.")
async def opt_in(interaction: discord.Interaction[Any]) -> None:
    """Be read again."""
    await _set(interaction, out=False)


async def _set(interaction: discord.Interaction[Any], *, out: bool) -> None:
    async with answering(interaction):
        community = await _let_in(interaction)
        if community is not None:
            await ports_of(interaction).services.opt_out(community.guild_id, UserId(interaction.user.id), out=out)
            await tell(interaction, phrase(interaction, f"opt_{'out' if out else 'in'}_done"))


async def _let_in(interaction: discord.Interaction[Any]) -> Community | None:
    """Admit everybody of a community that is set up, and gain time for the work that follows."""
    community = await admit(interaction, Deed.PRIVACY)
    if community is not None:
        await interaction.response.defer(ephemeral=True, thinking=True)
    return community
