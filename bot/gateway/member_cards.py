"""A member's card as an embed: the vetted text and nothing else; what it says is decided in the library."""

import discord

from bot.core.answers import MemberCard, SourceLink
from bot.gateway.embed_layout import (
    CALM,
    DESCRIPTION_LIMIT,
    FOOTER_LIMIT,
    MESSAGE_LIMIT,
    TITLE_LIMIT,
    add_lines,
    weight,
)
from bot.gateway.spoiler import cut, escape, size

UNDATED = "undated"
"""How the texts mark a source that shows no date (`responses.snippet`)."""


def member_embed(card: MemberCard) -> discord.Embed:
    """Draw a vetted card; the wording is taken as it stands."""
    embed = discord.Embed(
        title=cut(card.title, TITLE_LIMIT), description=cut(card.body, DESCRIPTION_LIMIT), colour=CALM
    )
    add_lines(embed, "Whom to contact", card.contacts)
    add_lines(embed, "Sources", map(_link, card.sources))
    embed.set_footer(text=cut(card.footer, FOOTER_LIMIT))
    over = weight([embed]) - MESSAGE_LIMIT
    if over > 0:
        embed.description = cut(card.body, max(0, size(embed.description or "") - over))
    return embed


def _link(source: SourceLink) -> str:
    dated = "" if source.date == UNDATED else f" ({source.date})"
    return f"[{escape(source.title)}]({source.url}){dated}"
