"""The commands, each a thin translation from what was typed to one call of the services; no rule lives here."""

from typing import Any

from discord import app_commands

from bot.gateway.commands.about import about
from bot.gateway.commands.ask import ask_a_moderator
from bot.gateway.commands.check import check
from bot.gateway.commands.privacy import privacy
from bot.gateway.commands.queue import case, queue

GUILDS = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
INSTALLS = app_commands.AppInstallationType(guild=True, user=False)


def register(tree: app_commands.CommandTree[Any]) -> None:
    """Add every command to the tree; again after a restart of the same client changes nothing."""
    every: list[Any] = [queue, case, about, check, privacy, ask_a_moderator]
    for command in every:
        tree.add_command(command, override=True)
