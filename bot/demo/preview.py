"""Opens the simulated community in the browser: our page of places, SimCord's preview of the chosen one, a real clock.

Serves this computer alone, to whoever holds the address; keeps nothing once it ends.
"""

import asyncio
import contextlib
import hmac
import secrets
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from aiohttp import web
from rich.console import Console
from simcord.backend.errors import SetupError
from simcord.preview import Preview

from bot.core.errors import ConfigError
from bot.demo.page import index_page, message_page
from bot.demo.places import Offer, offers_of
from bot.demo.play import STORY, Player
from bot.demo.script import Script, load_script
from bot.demo.transcript import Event
from bot.demo.world import World
from bot.logs import configure_logs

log = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"
TICK_S = 5.0
"""How often simulated time follows the wall clock; rarely enough to stay out of the way of a press."""
REFRESH_TICKS = 6
"""Pages are redrawn after so many quiet ticks, for their "2 minutes ago"; at once when the bot did something."""
NO_MODEL = "none"
TEXT_BROWSERS = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
"""Browsers that would take over the terminal in which the address was just printed."""


class DemoSite:
    """The page of places and the one preview that is open."""

    def __init__(self, world: World, script: Script) -> None:
        self.token = secrets.token_urlsafe(24)
        self.preview: Preview | None = None
        self._world = world
        self._script = script
        self._open_key: str | None = None
        self._changing = asyncio.Lock()
        self._port = 0
        app = web.Application(middlewares=[self._guarded])
        app.router.add_get("/{token}/", self._index)
        app.router.add_post("/{token}/open/{key}", self._open)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    @property
    def url(self) -> str:
        """The address of the page; whoever holds it can act as everybody."""
        return f"http://{LOOPBACK}:{self._port}/{self.token}/"

    async def start(self, port: int | None) -> None:
        """Listen on loopback; raises `ConfigError` when the port is taken."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, LOOPBACK, port or 0).start()
        except OSError as error:
            raise ConfigError(
                [f"port {port} on loopback cannot be used ({error.strerror}); choose another --port"]
            ) from None
        self._port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Close the preview and stop listening."""
        async with self._changing:
            await self._close_preview()
        await self._runner.cleanup()

    async def open_place(self, key: str) -> str:
        """Open a place in the preview, closing the one before; returns its address. `KeyError`: no such place."""
        offer = offers_of(self._world, self._script)[key]
        async with self._changing:
            await self._close_preview()
            self.preview = await self._enter(offer)
            self._open_key = key
            return self.preview.url

    async def refresh(self) -> None:
        """Show the visitor what happened meanwhile."""
        if self.preview is not None:
            with contextlib.suppress(SetupError, TimeoutError):
                await self.preview.refresh()

    async def _enter(self, offer: Offer) -> Preview:
        """Enter a preview; a clock tick may hold the simulation for a moment."""
        while True:
            try:
                preview = self._world.env.preview(
                    offer.channel, viewers=offer.viewers, layout="channel", locale="en-GB"
                )
                return await preview.__aenter__()
            except SetupError as error:
                if "overlaps" not in str(error):
                    raise
                await asyncio.sleep(0.05)

    async def _close_preview(self) -> None:
        preview, self.preview, self._open_key = self.preview, None, None
        if preview is not None:
            await preview.close()

    async def _index(self, request: web.Request) -> web.Response:
        offers = offers_of(self._world, self._script)
        places = [replace(offer.place, is_open=key == self._open_key) for key, offer in offers.items()]
        nonce = secrets.token_urlsafe(12)
        text = index_page(
            community=self._script.community, places=places, token=self.token, nonce=nonce, notes=self._notes()
        )
        return _html(text, nonce=nonce)

    async def _open(self, request: web.Request) -> web.Response:
        try:
            address = await self.open_place(request.match_info["key"])
        except KeyError:
            nonce = secrets.token_urlsafe(12)
            sentence = "There is no such place in this community any more. Go back and choose one that is listed."
            return _html(message_page(heading="No such place", sentence=sentence, nonce=nonce), nonce=nonce, status=404)
        return web.Response(status=303, headers={"Location": address, **_headers("")})

    def _notes(self) -> list[str]:
        app = self._world.app
        if app is None:
            return ["The bot is away just now."]
        if app.assessor.stamps.model == NO_MODEL:
            return ["No classifier is installed, so only the red-flag rules read posts."]
        return []

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Refuse other hosts (a rebound DNS name) and whoever does not hold the token."""
        if request.headers.get("Host", "") not in {f"{LOOPBACK}:{self._port}", f"localhost:{self._port}"}:
            return web.Response(status=403, text="This page answers on loopback only.", headers=_headers(""))
        held = request.path.split("/")[1] if request.path.count("/") > 1 else ""
        if not hmac.compare_digest(held.encode(), self.token.encode()):
            return web.Response(status=404, text="Use the address that the demo printed.", headers=_headers(""))
        return await handler(request)


def _html(text: str, *, nonce: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    style = f"style-src 'nonce-{nonce}'; " if nonce else ""
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Opening a place is a form that is answered with a redirect to the preview's own port.
        "Content-Security-Policy": (
            f"default-src 'none'; {style}img-src data:; form-action 'self' http://{LOOPBACK}:*; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
    }


async def follow_clock(world: World, site: DemoSite, *, tick: float = TICK_S) -> None:
    """Let simulated time pass as real time does, so that claims expire and crisis cards come, until cancelled."""
    loop = asyncio.get_running_loop()
    began, began_there = loop.time(), world.env.now()
    quiet, requests = 0, len(world.env.http_requests)
    while True:
        await asyncio.sleep(tick)
        behind = began_there + timedelta(seconds=loop.time() - began) - world.env.now()
        try:
            await world.pass_time(behind.total_seconds() / 60)
        except SetupError:
            continue  # the visitor is acting; the next tick makes up for it
        except TimeoutError as error:
            log.warning("simulated time stands still", action="follow_clock", error=str(error))
            continue
        quiet += 1
        if len(world.env.http_requests) != requests or quiet >= REFRESH_TICKS:
            quiet, requests = 0, len(world.env.http_requests)
            await site.refresh()


@contextlib.asynccontextmanager
async def lived_in(script: Script, *, now: datetime | None = None) -> AsyncIterator[World]:
    """A community in which the script has just been played, so that its last step happened at `now`."""
    minutes = sum(step.wait or 0.0 for step in script.steps)
    start = None if now is None else now - timedelta(minutes=minutes)
    with tempfile.TemporaryDirectory(prefix="aftercare-demo-", ignore_cleanup_errors=True) as folder:
        world = await World.open(script, Path(folder), start=start)
        try:
            await Player(world, _unheard).play(script)
            yield world
        finally:
            await world.close()


async def open_demo(script: Path | None, *, port: int | None, browser: bool, console: Console | None = None) -> int:
    """Play the story, serve the community on loopback, and stay until cancelled."""
    configure_logs(level="error", style="console")
    out = console or Console()
    played = load_script(script or STORY)
    out.print("Setting up the demo community ...")
    async with lived_in(played, now=datetime.now(UTC)) as world:
        site = DemoSite(world, played)
        clock: asyncio.Task[None] | None = None
        try:
            await site.start(port)
            clock = asyncio.create_task(follow_clock(world, site))
            out.print(f"The demo community is open at\n\n  {site.url}\n", soft_wrap=True, highlight=False)
            out.print("The address is a key: share it with nobody. Ctrl-C ends the demo and removes everything.")
            if browser:
                await asyncio.to_thread(_show, site.url)
            await clock
        finally:
            if clock is not None:
                clock.cancel()
                await asyncio.gather(clock, return_exceptions=True)
            await site.close()
    return 0


def _show(url: str) -> None:
    """Open the address in a graphical browser, if there is one."""
    with contextlib.suppress(webbrowser.Error):
        browser = webbrowser.get()
        if getattr(browser, "name", "") not in TEXT_BROWSERS:
            browser.open(url)


def _unheard(_event: Event) -> None:
    """Nobody listens while the community is being set up."""
