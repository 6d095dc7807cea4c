"""The browser demo over real HTTP: our page, SimCord's preview behind it, and a clean end."""

import asyncio
import io
import re
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from rich.console import Console

from bot.core.errors import ConfigError
from bot.demo import open_demo
from bot.demo.preview import DemoSite, follow_clock, lived_in
from bot.demo.script import QUEUE, load_script
from tests.demo.playing import CHAT, EMERGENCY, script_file

STEPS = [
    {"post": {"as": "Ines", "in": "chat", "text": CHAT}},
    {"post": {"as": "Ines", "in": "stories", "title": "A story", "text": "It begins with tea."}},
    {"post": {"as": "Rowan", "in": "chat", "text": EMERGENCY, "name": "nose"}},
    {"expect": {"answered": ["nose"]}},
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A running demo."""

    url: str
    task: asyncio.Task[int]
    folder: Path
    session: aiohttp.ClientSession


@pytest_asyncio.fixture
async def demo(tmp_path, monkeypatch) -> AsyncIterator[Opened]:
    """`aftercare demo` on a small script, its temporary files in a folder of the test's."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    out = io.StringIO()
    script = script_file(tmp_path, STEPS)
    task = asyncio.create_task(open_demo(script, port=None, browser=False, console=Console(file=out)))
    while "http://" not in out.getvalue():
        if task.done():
            task.result()
        await asyncio.sleep(0.05)
    url = re.search(r"http://\S+", out.getvalue())[0]
    async with aiohttp.ClientSession() as session:
        yield Opened(url=url, task=task, folder=folder, session=session)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def places(demo: Opened) -> dict[str, str]:
    """The page's places: heading and address of the form."""
    async with demo.session.get(demo.url) as answer:
        text = await answer.text()
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    keys = re.findall(r'action="/[^/]+/open/(\d+)"', text)
    return {heading: f"{demo.url}open/{key}" for heading, key in zip(headings, keys, strict=True)}


async def state_of(demo: Opened, location: str) -> dict[str, object]:
    """What SimCord's preview shows to whoever follows the redirect."""
    origin, capability = location.split("/#")
    headers = {"X-Simcord-Capability": capability}
    async with demo.session.post(f"{origin}/api/pages", json={}, headers=headers) as answer:
        assert answer.status == 200
        shown: dict[str, object] = await answer.json()
        return shown


async def test_the_page_lists_every_place_and_needs_nothing_from_elsewhere(demo):
    """The patient channel first, the queue, the thread; no script and no other host."""
    async with demo.session.get(demo.url) as answer:
        text, headers = await answer.text(), answer.headers

    assert list(await places(demo)) == ["#chat", f"#{QUEUE}", "A story"]
    assert "http" not in re.sub(r"<style.*?</style>", "", text, flags=re.S).replace("http-equiv", "")
    assert "<script" not in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"


async def test_a_place_opens_in_the_preview_and_the_next_one_replaces_it(demo):
    """The redirect leads to SimCord; after a change the old address is dead."""
    listed = await places(demo)
    locations = []
    for heading in ("#chat", f"#{QUEUE}"):
        async with demo.session.post(listed[heading], allow_redirects=False) as answer:
            assert answer.status == 303
            locations.append(answer.headers["Location"])
        async with demo.session.get(locations[-1]) as page:
            assert page.status == 200
            assert "SimCord" in await page.text()
        assert "nose" in str(await state_of(demo, locations[-1]))

    assert all(location.startswith("http://127.0.0.1:") for location in locations)
    with pytest.raises(aiohttp.ClientConnectionError):
        await demo.session.get(locations[0])


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_the_token_there_is_nothing(demo, method):
    """Neither the page nor a place opens to a guess."""
    root = demo.url.rsplit("/", 2)[0]
    for path in ("/", "/guess/", "/guess/open/1", demo.url.removeprefix(root)[:-2] + "/"):
        async with demo.session.request(method, f"{root}{path}") as answer:
            assert answer.status in {404, 405}
            assert "chat" not in await answer.text()


async def test_another_host_name_is_refused(demo):
    """A name that was pointed at this computer reaches nothing, even with the token."""
    async with demo.session.get(demo.url, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403


async def test_an_unknown_place_is_a_plain_page(demo):
    """A stale address is answered in a sentence."""
    async with demo.session.post(f"{demo.url}open/1") as answer:
        assert answer.status == 404
        assert "There is no such place" in await answer.text()


async def test_stopping_ends_within_five_seconds_and_leaves_no_file(demo):
    """Ctrl-C cancels the task: sockets close and the temporary folder goes, an open preview included."""
    listed = await places(demo)
    async with demo.session.post(listed["#chat"], allow_redirects=False) as answer:
        location = answer.headers["Location"]
    began = time.monotonic()

    demo.task.cancel()
    await asyncio.gather(demo.task, return_exceptions=True)

    assert time.monotonic() - began < 5
    assert list(demo.folder.iterdir()) == []
    for address in (demo.url, location):
        with pytest.raises(aiohttp.ClientConnectionError):
            await demo.session.get(address)


async def test_the_wall_clock_moves_the_community(tmp_path):
    """Simulated time follows real time while a place is open."""
    script = load_script(script_file(tmp_path, STEPS))
    async with lived_in(script) as world:
        site = DemoSite(world, script)
        await site.start(None)
        before = world.env.now()
        clock = asyncio.create_task(follow_clock(world, site, tick=0.05))
        await site.open_place(str(world.queue.id))
        await asyncio.sleep(0.5)
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)
        await site.close()

        assert 0.2 < (world.env.now() - before).total_seconds() < 5


async def test_a_taken_port_is_a_sentence(tmp_path):
    """Who asks for a port that is in use is told so."""
    script = load_script(script_file(tmp_path, STEPS[:1]))
    async with lived_in(script) as world:
        first, second = DemoSite(world, script), DemoSite(world, script)
        await first.start(None)
        port = int(first.url.split(":")[2].split("/")[0])

        with pytest.raises(ConfigError, match=f"port {port} on loopback cannot be used"):
            await second.start(port)

        await first.close()
        await second.close()
