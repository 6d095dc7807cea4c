"""What `aftercare check` learns from one connection: a real client against a small server that speaks like Discord."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import discord
import pytest
from aiohttp import web
from discord.gateway import DiscordWebSocket

from bot.core.communities import Community, Directory
from bot.core.errors import LoginError
from bot.core.policy import ChannelRules, Consent, Mode
from bot.core.posts import ChannelId, GuildId, RoleId
from bot.gateway.endpoints import use_endpoints
from bot.gateway.survey import survey

GUILD, CHANNEL, QUEUE, MODERATORS, ME = 10, 11, 12, 13, 14
BOT = {"id": str(ME), "username": "aftercare", "discriminator": "0000", "avatar": None, "bot": True}
REFUSED_INTENT = 4014
"""Close code "Disallowed intent(s)" (Discord reference, "Gateway Close Event Codes")."""
POWERS = discord.Permissions(
    view_channel=True, send_messages=True, send_messages_in_threads=True, read_message_history=True
)


def as_json(data: object, *, status: int = 200) -> web.Response:
    """An answer as Discord gives it: its content type names no charset, which the client compares literally."""
    return web.Response(body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json"})


@dataclass
class LocalDiscord:
    """As much of Discord as a first connection needs."""

    token: str = "right"
    guilds: list[dict[str, Any]] = field(default_factory=list)
    close_code: int | None = None
    silent: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def me(self, request: web.Request) -> web.Response:
        """Who owns a token."""
        if self.silent:
            await self.released.wait()
        if request.headers.get("Authorization") != f"Bot {self.token}":
            return as_json({"code": 0, "message": "401: Unauthorized"}, status=401)
        return as_json(BOT)

    async def application(self, request: web.Request) -> web.Response:
        """The application behind the token."""
        return as_json(
            {
                "id": str(ME), "flags": 0, "name": "aftercare", "description": "", "icon": None, "bot_public": True,
                "bot_require_code_grant": False, "owner": BOT, "verify_key": "",
            }
        )  # fmt: skip

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        """Greet, let the client identify, and tell it of its guilds."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45_000}, "s": None, "t": None})
        async for message in socket:
            if json.loads(message.data)["op"] != 2:
                continue
            if self.close_code is not None:
                await socket.close(code=self.close_code)
                break
            waiting = [{"id": guild["id"], "unavailable": True} for guild in self.guilds]
            ready = {
                "v": 10,
                "user": BOT,
                "guilds": waiting,
                "session_id": "s",
                "resume_gateway_url": str(request.url.origin().with_scheme("ws")),
                "application": {"id": str(ME), "flags": 0},
            }
            events = [("READY", ready), *(("GUILD_CREATE", guild) for guild in self.guilds)]
            for number, (name, data) in enumerate(events, start=1):
                await socket.send_json({"op": 0, "d": data, "s": number, "t": name})
        return socket


@asynccontextmanager
async def serving(local: LocalDiscord) -> AsyncIterator[None]:
    """Serve on a free port of this machine, with the client pointed at it."""
    app = web.Application()
    app.router.add_get("/api/v10/users/@me", local.me)
    app.router.add_get("/api/v10/oauth2/applications/@me", local.application)
    app.router.add_get("/", local.gateway)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    use_endpoints(api_base=f"http://{host}:{port}/api/v10", gateway_url=f"ws://{host}:{port}/")
    try:
        yield
    finally:
        local.released.set()
        await runner.cleanup()


@pytest.fixture(autouse=True)
def _discord_again() -> Iterator[None]:
    """The endpoints are process-wide: put them back for the tests that follow."""
    base, gateway = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    use_endpoints(api_base=base, gateway_url=str(gateway))


def a_channel(channel_id: int) -> dict[str, Any]:
    """A text channel as Discord sends it."""
    return {
        "id": str(channel_id), "type": 0, "name": "a channel", "position": 0, "permission_overwrites": [],
        "nsfw": False, "parent_id": None,
    }  # fmt: skip


def a_guild() -> dict[str, Any]:
    """A guild with two channels and the moderators' role, in which the bot may not embed links."""
    roles = [
        {"id": str(role), "name": name, "permissions": str(powers), "position": 0, "colors": {"primary_color": 0},
         "color": 0, "hoist": False, "managed": False, "mentionable": False, "flags": 0}
        for role, name, powers in ((GUILD, "@everyone", POWERS.value), (MODERATORS, "Moderators", 0))
    ]  # fmt: skip
    member = {
        "user": BOT,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }
    return {
        "id": str(GUILD), "name": "A community", "owner_id": "1", "roles": roles, "emojis": [], "features": [],
        "channels": [a_channel(CHANNEL), a_channel(QUEUE)], "members": [member], "member_count": 1, "threads": [],
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
        "nsfw_level": 0, "premium_tier": 0, "system_channel_flags": 0, "preferred_locale": "en-US",
        "voice_states": [], "presences": [], "stage_instances": [], "guild_scheduled_events": [], "stickers": [],
        "soundboard_sounds": [], "premium_progress_bar_enabled": False, "unavailable": False, "large": False,
    }  # fmt: skip


def directory() -> Directory:
    """One community with one channel in auto mode."""
    rules = ChannelRules(
        mode=Mode.AUTO,
        consent=Consent.NOTICE,
        consent_role=None,
        cool_down=timedelta(hours=24),
        moderator_answer_window=timedelta(minutes=30),
        crisis_card_after=timedelta(minutes=10),
    )
    community = Community(
        guild_id=GuildId(GUILD),
        name="A community",
        language="en",
        regions=(),
        moderators_channel=ChannelId(QUEUE),
        moderators_role=RoleId(MODERATORS),
        admins_role=None,
        on_call_role=None,
        default_rules=rules,
        claim_ttl=timedelta(minutes=30),
        channels={ChannelId(CHANNEL): rules},
    )
    return Directory(by_guild={GuildId(GUILD): community})


async def test_a_refused_token_is_a_finding_that_says_what_to_do() -> None:
    """It is the installation's problem, to be listed beside the others."""
    async with serving(LocalDiscord()):
        found = await survey("wrong", directory())

    assert found == ["Discord refused the bot token; expected the one on the application's Bot page: set DISCORD_TOKEN"]


async def test_a_refused_intent_is_a_finding_that_says_what_to_do() -> None:
    """The switch is in the portal."""
    async with serving(LocalDiscord(close_code=REFUSED_INTENT)):
        [found] = await survey("right", directory())

    assert found.startswith("Discord refused the Message Content intent")


async def test_no_answer_is_an_error_after_the_time_that_was_given() -> None:
    """Nothing was learned, so nothing is called well."""
    async with serving(LocalDiscord(silent=True)):
        with pytest.raises(LoginError, match=r"did not answer within 0\.2 seconds; expected a session"):
            await survey("right", directory(), patience_s=0.2)


async def test_nobody_there_is_an_error() -> None:
    """A proxy or a firewall, most often."""
    async with serving(LocalDiscord()):
        pass  # the port was free a moment ago, and is again

    with pytest.raises(LoginError, match="could not be reached"):
        await survey("right", directory())


async def test_missing_permissions_are_found_over_a_real_session() -> None:
    """From what Discord tells a client that has just connected."""
    async with serving(LocalDiscord(guilds=[a_guild()])):
        found = await survey("right", directory())

    mend = "the bot lacks 'Embed Links'; grant it in the channel's settings"
    assert found == [
        f"guild {GUILD}, channel {CHANNEL}: {mend}",
        f"guild {GUILD}, moderators' channel {QUEUE}: {mend}",
        f"guild {GUILD}, moderators' channel {QUEUE}: everyone can read it, and case cards show what members wrote;"
        " close it to all but moderators",
    ]


async def test_a_community_that_the_bot_never_joined_is_named() -> None:
    """The invitation is a step that is easily forgotten."""
    async with serving(LocalDiscord()):
        [found] = await survey("right", directory())

    assert found.startswith(f"guild {GUILD}: the bot is not a member")
