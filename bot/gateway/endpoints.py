"""Points the client at another Discord-compatible server or proxy; process-wide, as discord.py holds them."""

import discord.http
import yarl
from discord.gateway import DiscordWebSocket


def use_endpoints(*, api_base: str | None = None, gateway_url: str | None = None) -> None:
    """Replace the REST base (`https://host/api/v10`) and the gateway address (`wss://host/`); None keeps Discord's."""
    if api_base is not None:
        discord.http.Route.BASE = api_base.rstrip("/")
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
