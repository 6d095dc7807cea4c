"""Makes the README's pictures: plays the story, opens its places in the preview, and photographs them.

    python -m bot.demo.pictures [FOLDER]

Draws nothing itself; what is seen is the real bot's work.
"""

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.demo.chromium import Page, open_page
from bot.demo.play import STORY
from bot.demo.preview import DemoSite, lived_in
from bot.demo.script import QUEUE, load_script
from bot.logs import configure_logs

FOLDER = Path("docs/pictures")
CONVERSATION = "#channel-layout"
READY = """document.querySelectorAll('#channel-layout article, #channel-layout [data-message-id]').length > 0
  && !/Updating|Loading/.test(document.querySelector('#action-status').textContent)"""
HEADER_PX = 64
"""The channel's header lies over the top of the conversation."""
NOON = datetime(2026, 3, 14, 14, 0, tzinfo=UTC)
"""When the story ends, so that the pictures change only when something in them does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: a place, and the words at which it begins."""

    file: str
    place: str
    begins: str
    width: int
    height: int


PICTURES = (
    Picture(
        file="patient-channel.png",
        place="lem-hsct-clad-chat",
        begins="Parents evening went fine",
        width=980,
        height=1010,
    ),
    Picture(file="queue.png", place=QUEUE, begins="gum-bleeding", width=980, height=1010),
)


async def take_pictures() -> dict[str, bytes]:
    """Every picture as a PNG, by its file name."""
    script = load_script(STORY)
    made: dict[str, bytes] = {}
    async with lived_in(script, now=NOON) as world, open_page() as page:
        site = DemoSite(world, script)
        await site.start(None)
        try:
            for picture in PICTURES:
                address = await site.open_place(str(world.channels[picture.place].id))
                made[picture.file] = await _take(page, picture, address=address)
        finally:
            await site.close()
    return made


async def _take(page: Page, picture: Picture, *, address: str) -> bytes:
    # The list of messages beside the conversation is SimCord's, not Discord's: the viewport is too narrow for it.
    await page.resize(width=picture.width, height=picture.height)
    await page.go(address)
    await page.wait_for(READY)
    await page.run(
        f"""(() => {{
          const all = [...document.querySelectorAll('#channel-layout [data-message-id], #channel-layout article')];
          const one = all.find(each => each.textContent.includes({picture.begins!r}));
          one?.style.setProperty('scroll-margin-top', '{HEADER_PX}px');
          one?.scrollIntoView({{block: 'start'}});
        }})()"""
    )
    await asyncio.sleep(1.0)
    return await page.photograph(CONVERSATION)


def main() -> None:
    """Make the pictures and name the files."""
    configure_logs(level="error", style="console")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in asyncio.run(take_pictures()).items():
        (folder / name).write_bytes(picture)
        sys.stdout.write(f"{folder / name}\n")


if __name__ == "__main__":
    main()
