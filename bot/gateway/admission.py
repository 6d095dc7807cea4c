"""At the door of every button and command: who is this, may they, and an answer in any case; does no work itself."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import discord
import structlog

from bot.core.authority import NEEDED, Deed, Standing, may, standing_of
from bot.core.cases import CaseId
from bot.core.communities import Community
from bot.core.posts import GuildId, UserId
from bot.gateway.ports import Ports, ports_of
from bot.gateway.translate import roles_of
from bot.gateway.wording import ADMINS_ONLY, NOT_SET_UP, TRY_AGAIN

log = structlog.get_logger(__name__)

FALLBACK_LANGUAGE = "en"


async def tell(
    interaction: discord.Interaction[Any],
    text: str | None = None,
    *,
    embeds: Iterable[discord.Embed] = (),
    view: discord.ui.View | None = None,
    file: discord.File | None = None,
) -> None:
    """Answer privately, whether the interaction was deferred before or not; pings nobody."""
    nobody = discord.AllowedMentions.none()
    shown = list(embeds)
    if interaction.response.is_done():
        files = [] if file is None else [file]
        await interaction.edit_original_response(
            content=text, embeds=shown, view=view, attachments=files, allowed_mentions=nobody
        )
        return
    await interaction.response.send_message(
        text,
        embeds=shown,
        view=view or discord.utils.MISSING,
        file=file or discord.utils.MISSING,
        ephemeral=True,
        allowed_mentions=nobody,
    )


def phrase(interaction: discord.Interaction[Any], key: str) -> str:
    """A fixed sentence in the language and with the name of the community; in the fallback language without one."""
    ports = ports_of(interaction)
    community = _community(interaction, ports)
    if community is None:
        return ports.library.phrase(key, language=FALLBACK_LANGUAGE)
    return ports.library.phrase(key, language=community.language, community=community.name)


async def admit(
    interaction: discord.Interaction[Any], deed: Deed, *, case_id: CaseId | None = None
) -> Community | None:
    """Let in who may do the deed; anybody else is told so privately, and the refusal is passed on to be audited."""
    ports = ports_of(interaction)
    community = _community(interaction, ports)
    if community is None:
        await tell(interaction, NOT_SET_UP)
        return None
    if may(_standing(interaction, community), deed):
        return community
    admins_only = NEEDED[deed] is Standing.ADMIN
    await tell(interaction, ADMINS_ONLY if admins_only else phrase(interaction, "refused_not_moderator"))
    await ports.services.refuse(community.guild_id, case_id, by=UserId(interaction.user.id), deed=deed)
    return None


@asynccontextmanager
async def answering(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """See that a failure is answered too; it is logged by its kind and then raised for discord.py to report."""
    try:
        yield
    except Exception as error:
        log.error("interaction failed", action="interaction", error=type(error).__name__, guild_id=interaction.guild_id)
        try:
            await tell(interaction, TRY_AGAIN)
        except discord.HTTPException:
            log.warning("interaction could not be answered", action="interaction", guild_id=interaction.guild_id)
        raise


def _community(interaction: discord.Interaction[Any], ports: Ports) -> Community | None:
    return None if interaction.guild_id is None else ports.directory.get(GuildId(interaction.guild_id))


def _standing(interaction: discord.Interaction[Any], community: Community) -> Standing:
    return standing_of(community, roles_of(interaction.user), administrator=interaction.permissions.administrator)
