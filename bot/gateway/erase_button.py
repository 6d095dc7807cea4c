"""The button that confirms `/privacy delete`; works for the one member it was shown to, and judges nothing."""

import re
from typing import Any

import discord

from bot.core.authority import Deed
from bot.core.posts import UserId
from bot.gateway.admission import admit, answering, tell
from bot.gateway.ports import ports_of
from bot.gateway.wording import DELETE_EVERYTHING, DELETED, OLD_BUTTON

ERASE_IDS = re.compile(r"ac:erase:(?P<user_id>[0-9]{1,20})")


class EraseButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=ERASE_IDS):
    """Removes everything about the member who was asked; stands only in that member's private message."""

    def __init__(self, user_id: UserId) -> None:
        self.user_id = user_id
        style = discord.ButtonStyle.danger
        super().__init__(discord.ui.Button(label=DELETE_EVERYTHING, style=style, custom_id=f"ac:erase:{user_id}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "EraseButton":
        """Rebuild the button from what its message carries."""
        return cls(UserId(int(match["user_id"])))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Remove what is kept, and put the answer where the question stood."""
        async with answering(interaction):
            community = await admit(interaction, Deed.PRIVACY)
            if community is None:
                return
            if interaction.user.id != self.user_id:
                await tell(interaction, OLD_BUTTON)
                return
            await interaction.response.defer()
            rows = await ports_of(interaction).services.privacy_erase(community.guild_id, self.user_id)
            await tell(interaction, f"{DELETED} ({rows} entries)")


def erase_view(user_id: UserId) -> discord.ui.View:
    """The one button below the question."""
    view = discord.ui.View(timeout=None)
    view.add_item(EraseButton(user_id))
    return view
