"""Photographs a page with a headless Chromium, spoken to over its DevTools socket; for the project's own pictures.

Opens only what it is told to, with a throw-away profile.
"""

import asyncio
import base64
import contextlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from bot.core.errors import ConfigError

NAMES = ("chromium", "chromium-browser", "google-chrome")
LISTENING = re.compile(rb"DevTools listening on ws://(?P<host>[^/]+)/")
PATIENCE_S = 60.0


def find_chromium() -> str:
    """The browser's path; `ConfigError` when there is none."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise ConfigError([f"none of {', '.join(NAMES)} was found; expected one on the path: install Chromium"])


class Page:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        answer = await self._ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        return answer["result"].get("value")

    async def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript condition holds; `TimeoutError` when it never does."""
        await self.run(
            f"""new Promise(done => {{
              const look = setInterval(() => {{ if ({condition}) {{ clearInterval(look); done(); }} }}, 100);
            }})"""
        )

    async def resize(self, *, width: int, height: int, dark: bool = True) -> None:
        """Set the viewport (CSS pixels, drawn at twice the density) and the colour scheme."""
        await self._ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._ask("Emulation.setEmulatedMedia", features=[scheme])

    async def go(self, url: str) -> None:
        """Load an address."""
        await self._ask("Page.enable")
        await self._ask("Page.navigate", url=url)
        await self.wait_for("document.readyState === 'complete'")

    async def photograph(self, selector: str) -> bytes:
        """One element, as it stands in the viewport, as a PNG."""
        rectangle = f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()"
        box = await self.run(rectangle)
        clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"], "scale": 1}
        shot = await self._ask("Page.captureScreenshot", format="png", clip=clip)
        return base64.b64decode(shot["data"])

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == number:
                    if "error" in answer:
                        raise RuntimeError(f"Chromium refused {method}: {answer['error'].get('message')}")
                    result: dict[str, Any] = answer["result"]
                    return result


@contextlib.asynccontextmanager
async def open_page() -> AsyncIterator[Page]:
    """Start Chromium with one empty page; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="aftercare-chromium-", ignore_cleanup_errors=True) as profile:
        flags = ["--headless", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0", "--no-first-run"]
        # Chromium refuses its sandbox to the superuser, which builds in containers often are.
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        process = await asyncio.create_subprocess_exec(
            find_chromium(), *flags, f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            host = await _listening_host(process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{host}/json/list") as answer:
                    pages = [one for one in await answer.json() if one["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _listening_host(process: asyncio.subprocess.Process) -> str:
    if process.stderr is None:
        raise RuntimeError("Chromium was started without a pipe; expected one to read its address from")
    async with asyncio.timeout(PATIENCE_S):
        async for line in process.stderr:
            found = LISTENING.search(line)
            if found is not None:
                return found["host"].decode()
    raise ConfigError(["Chromium ended before it listened; expected a working browser: run it once by hand"])
