"""How the client logs in, where it connects to, and what it needs before it starts."""

import aiohttp
import discord.http
import pytest
from aiohttp import web
from discord.gateway import DiscordWebSocket

from bot.core.errors import DeliveryDelayed, DeliveryRefused, LoginError
from bot.gateway.client import AftercareClient
from bot.gateway.delivery import delivering
from bot.gateway.endpoints import use_endpoints
from tests.discord.gateway.facade import Facade
from tests.discord.gateway.world import World


@pytest.fixture
def own_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put Discord's own addresses back afterwards."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.mark.usefixtures("own_endpoints")
def test_the_client_can_be_pointed_at_another_server() -> None:
    """Both addresses, a trailing slash forgiven."""
    use_endpoints(api_base="http://localhost:1/api/v10/", gateway_url="ws://localhost:2/")

    assert discord.http.Route("GET", "/users/@me").url == "http://localhost:1/api/v10/users/@me"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://localhost:2/"


def test_without_overrides_discords_own_addresses_stay() -> None:
    """None means no change."""
    before = (discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)

    use_endpoints()

    assert before == (discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.mark.usefixtures("own_endpoints")
async def test_a_refused_token_is_one_sentence(world: World) -> None:
    """From a real HTTP answer of a server on this machine."""
    seen: list[str] = []

    async def refuse(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)

    app = web.Application()
    app.router.add_get("/api/v10/{tail:.*}", refuse)
    runner = web.AppRunner(app)
    await world.env.shutdown()
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [address] = runner.addresses
    use_endpoints(api_base=f"http://127.0.0.1:{address[1]}/api/v10")
    client = AftercareClient(directory=world.directory, library=world.library, clock=world.now, services=Facade())

    with pytest.raises(LoginError, match=r"^Discord refused the bot token; .* set DISCORD_TOKEN again$"):
        await client.serve("not-a-token")

    assert client.is_closed()
    assert seen == ["/api/v10/users/@me"]
    await runner.cleanup()


async def test_a_missing_intent_is_one_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to switch on, and the way around it."""
    client = world.new_client()

    async def start(token: str, *, reconnect: bool = True) -> None:
        raise discord.PrivilegedIntentsRequired(None)

    monkeypatch.setattr(client, "start", start)

    with pytest.raises(LoginError, match="Message Content intent"):
        await client.serve("a-token")


async def test_a_client_without_services_fails_at_once(world: World) -> None:
    """Not at the first message."""
    client = AftercareClient(directory=world.directory, library=world.library, clock=world.now)

    with pytest.raises(RuntimeError, match=r"attach\(\)"):
        await client.setup_hook()

    client.attach(world.services)
    assert client.ports.services is world.services


async def test_commands_that_cannot_be_registered_do_not_stop_the_bot(world: World) -> None:
    """Watching matters more."""
    world.env.inject_error("PUT", "/applications/*/commands", status=503, times=None)

    await world.env.restart_bot(world.new_client())
    await world.member.send(world.patients, "help")

    assert world.services.post("offer").text == "help"


async def test_the_cache_holds_no_members_and_nobody_is_ever_chunked(world: World) -> None:
    """People are known by what they write, and only while they write it."""
    await world.member.send(world.patients, "help")

    guild = world.env.bot.get_guild(world.guild.id)
    assert guild is not None
    assert [member.id for member in guild.members] == [world.env.backend.bot_user.id]


@pytest.mark.parametrize(
    ("raised", "expected", "retry_after"),
    [
        (discord.RateLimited(7.5), DeliveryDelayed, 7.5),
        (aiohttp.ClientConnectionError(), DeliveryDelayed, 0.0),
        (TimeoutError(), DeliveryDelayed, 0.0),
    ],
    ids=["rate-limited", "network", "timeout"],
)
def test_what_never_reached_discord_is_tried_again(
    raised: Exception, expected: type[Exception], retry_after: float
) -> None:
    """After as long as Discord asked for."""
    with pytest.raises(DeliveryDelayed) as caught, delivering("the card"):
        raise raised

    assert isinstance(caught.value, expected)
    assert caught.value.retry_after == retry_after
    assert not isinstance(caught.value, DeliveryRefused)
