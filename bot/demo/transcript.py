"""What happened in the simulated community, as events: what people did, and everything that the bot did in answer.

Reads the community's channels, never the bot's own accounts of itself; prints, and judges nothing.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
from rich.console import Console
from rich.text import Text
from simcord.builders import ChannelHandle

from bot.demo.world import BOT, World

POST_LINK = re.compile(r"discord\.com/channels/\d+/\d+/(?P<message_id>\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    kind: str
    at: datetime
    where: str
    who: str
    what: dict[str, Any]

    def as_json(self) -> str:
        """One line of JSON."""
        fields = {"kind": self.kind, "at": self.at.isoformat(), "where": self.where, "who": self.who, "what": self.what}
        return json.dumps(fields, ensure_ascii=False)


Sink = Callable[[Event], None]
"""Where events go."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of the bot as it stood when last looked at."""

    place: str
    channel_id: int
    message: discord.Message
    looks: str


class Witness:
    """Compares the bot's messages in every channel with what it saw before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[int, Seen] = {}
        self.cards = 0
        self.pings = 0

    def look(self) -> list[Event]:
        """Everything that the bot did since the last look, in the order of its messages."""
        now = self._bot_messages()
        before, self._seen = self._seen, now
        events: list[Event] = []
        for message_id in sorted(now.keys() | before.keys()):
            if message_id not in before:
                events.extend(self._sent(now[message_id]))
            elif message_id not in now:
                gone = before[message_id]
                events.append(self._event("withdrawal", gone, {"message_id": message_id}))
            elif now[message_id].looks != before[message_id].looks:
                events.append(self._event("redraw", now[message_id], {"title": title_of(now[message_id].message)}))
        return events

    def answers_to(self, message_id: int) -> list[discord.Message]:
        """Cards that stand below a post now."""
        return [
            one.message
            for one in self._bot_messages().values()
            if one.channel_id != self._world.queue.id and _answers(one.message) == message_id
        ]

    def case_cards_of(self, message_id: int) -> list[discord.Message]:
        """Case cards about a post that stand in the queue now."""
        return [
            one.message
            for one in self._bot_messages().values()
            if one.channel_id == self._world.queue.id and post_of(one.message) == message_id
        ]

    def _bot_messages(self) -> dict[int, Seen]:
        found: dict[int, Seen] = {}
        for channel in self._world.channels.values():
            place = place_name(channel)
            for message in channel.history():
                if message.author.id == self._world.bot_id and not message.flags.ephemeral:
                    found[message.id] = Seen(place, channel.id, message, _looks(message))
        return found

    def _sent(self, seen: Seen) -> list[Event]:
        message = seen.message
        if seen.channel_id == self._world.queue.id:
            shown = {"title": title_of(message), "post": post_of(message)}
            events = [self._event("case_card", seen, shown)]
            if self._world.on_call.mention in message.content:
                self.pings += 1
                events.append(self._event("ping", seen, {"role": self._world.on_call.name}))
            return events
        self.cards += 1
        return [self._event("card", seen, {"title": title_of(message)})]

    def _event(self, kind: str, seen: Seen, what: dict[str, Any]) -> Event:
        return Event(kind=kind, at=self._world.env.now(), where=seen.place, who=BOT, what=what)


def title_of(message: discord.Message) -> str:
    """The heading of a card."""
    return (message.embeds[0].title or "") if message.embeds else message.content


def post_of(message: discord.Message) -> int | None:
    """The post that a case card links to."""
    for embed in message.embeds:
        found = POST_LINK.search(embed.description or "")
        if found is not None:
            return int(found["message_id"])
    return None


def place_name(channel: ChannelHandle) -> str:
    """How people call a channel."""
    return channel.name if channel.is_thread and channel.name else f"#{channel.name}"


def _answers(message: discord.Message) -> int | None:
    return None if message.reference is None else message.reference.message_id


def _looks(message: discord.Message) -> str:
    shown = [
        message.content,
        [embed.to_dict() for embed in message.embeds],
        [row.to_dict() for row in message.components],
    ]
    return json.dumps(shown, default=str, sort_keys=True)


class JsonLines:
    """Writes one JSON object a line to standard output."""

    def __init__(self, console: Console) -> None:
        self._file = console.file

    def __call__(self, event: Event) -> None:
        """Write an event."""
        self._file.write(f"{event.as_json()}\n")
        self._file.flush()


COLOURS = {
    "card": "cyan",
    "case_card": "yellow",
    "ping": "bold red",
    "withdrawal": "magenta",
    "redraw": "dim",
    "private_answer": "dim cyan",
    "failed": "bold red",
    "end": "bold",
}


class ReadableLines:
    """Writes events for people."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: Event) -> None:
        """Write an event."""
        if event.kind == "step":
            return
        line = Text()
        line.append(f"{event.at:%H:%M} ", style="dim")
        line.append(f"{event.where:<24.24} ", style="dim")
        line.append(f"{event.who}: ", style="bold")
        line.append(f"[{event.kind}] ", style=COLOURS.get(event.kind, ""))
        line.append(_in_words(event.what))
        self._console.print(line, soft_wrap=True)


def _in_words(what: dict[str, Any]) -> str:
    if "text" in what:
        return str(what["text"])
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in what.items() if value not in (None, []))
