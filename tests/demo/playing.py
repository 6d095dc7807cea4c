"""Small scripts for tests, and how they are played."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from bot.demo import play_script

EMERGENCY = "14 months after lemtrada and my nose has been bleeding for an hour now, it will not stop, gums bleed too"
CHAT = "Morning all, the kettle is on and the dog is walked. Who wants tea?"


def script_file(folder: Path, steps: Sequence[dict[str, Any]], *, mode: str = "auto") -> Path:
    """A script in a small community, as a file."""
    raw = {
        "title": "a test",
        "regions": ["uk"],
        "members": [
            {"name": "Ines"},
            {"name": "Rowan"},
            {"name": "Mara", "role": "moderator", "on_call": True},
            {"name": "Tomasz", "role": "moderator"},
        ],
        "channels": [{"name": "chat", "mode": mode}, {"name": "stories", "kind": "forum", "mode": "auto"}],
        "steps": list(steps),
    }
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return path


async def play(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """Play a script headless; returns the exit code and every event."""
    out = io.StringIO()
    code = await play_script(path, as_json=True, console=Console(file=out))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def kinds(events: Sequence[dict[str, Any]], *wanted: str) -> list[str]:
    """The kinds of the wanted events, in order."""
    return [event["kind"] for event in events if event["kind"] in wanted]
