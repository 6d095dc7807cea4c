"""Discord's limits for embeds, and how text is brought within them; knows nothing of what the text says."""

from collections.abc import Iterable

import discord

from bot.gateway.spoiler import cut, size

MESSAGE_LIMIT = 6000
"""Characters of all embeds of one message together (Discord reference, "Embed Limits")."""
DESCRIPTION_LIMIT = 4096
FIELD_LIMIT = 1024
TITLE_LIMIT = 256
FOOTER_LIMIT = 2048

CALM = discord.Colour(0x4F7CAC)
"""Whatever calls for nobody."""


def add_lines(embed: discord.Embed, name: str, lines: Iterable[str]) -> None:
    """Add lines as one field, or as several where one would not hold them."""
    chunk: list[str] = []
    title = name
    for line in (cut(line, FIELD_LIMIT) for line in lines):
        if chunk and size("\n".join([*chunk, line])) > FIELD_LIMIT:
            embed.add_field(name=title, value="\n".join(chunk), inline=False)
            chunk, title = [], "\u200b"
        chunk.append(line)
    if chunk:
        embed.add_field(name=title, value="\n".join(chunk), inline=False)


def weight(embeds: Iterable[discord.Embed]) -> int:
    """Characters that Discord counts against a message's limit."""
    total = 0
    for embed in embeds:
        total += size(embed.title or "") + size(embed.description or "") + size(embed.footer.text or "")
        total += sum(size(field.name or "") + size(field.value or "") for field in embed.fields)
    return total
