"""What a button or command reaches through its client; holds no state of its own."""

from dataclasses import dataclass
from typing import Any, Protocol, cast

import discord

from bot.core.communities import Directory
from bot.core.ports import AnswerLibrary, Clock
from bot.gateway.services_port import Services
from bot.gateway.translate import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The services and the reference data behind every interaction."""

    services: Services
    directory: Directory
    library: AnswerLibrary
    clock: Clock
    translator: Translator


class _Host(Protocol):
    @property
    def ports(self) -> Ports: ...


def ports_of(interaction: discord.Interaction[Any]) -> Ports:
    """The ports of the client that received an interaction."""
    return cast(_Host, interaction.client).ports
