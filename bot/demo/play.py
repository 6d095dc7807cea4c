"""Plays a demo script: does what each step says, lets the bot react, and tells every event to a sink.

Knows nothing of windows or pages; `preview` opens the community that a player left behind.
"""

import tempfile
from pathlib import Path
from typing import Any

import discord
from rich.console import Console
from simcord.backend.errors import BackendError, SetupError
from simcord.results import InteractionResult

from bot.demo.expectations import Judge
from bot.demo.script import (
    CASE_BUTTONS,
    AskModerator,
    Delete,
    Edit,
    Expect,
    Post,
    Press,
    RemovePermission,
    Script,
    Slash,
    Step,
    load_script,
)
from bot.demo.transcript import Event, JsonLines, ReadableLines, Sink, Witness, place_name
from bot.demo.world import BOT, World
from bot.logs import configure_logs

STORY = Path(__file__).with_name("story.yaml")
"""What `aftercare demo` opens with."""

COMMUNITY = "community"
"""Where something happens that has no channel."""


class Impossible(Exception):
    """A step asks for what nobody could do at that moment."""


class Player:
    """Plays scripts in one world."""

    def __init__(self, world: World, sink: Sink) -> None:
        self._world = world
        self._sink = sink
        self._posts: dict[str, discord.Message] = {}
        self._places: dict[str, str] = {}
        self.witness = Witness(world)
        self._judge = Judge(world, self.witness, self._posts)

    async def play(self, script: Script) -> list[str]:
        """Play every step; returns what did not hold, each beginning with its step."""
        failures: list[str] = []
        for number, step in enumerate(script.steps):
            try:
                missed = await self._step(step)
            except (Impossible, SetupError, BackendError) as error:
                missed = [str(error)]
            for event in self.witness.look():
                self._sink(event)
            failures += [f"steps.{number}: {miss}" for miss in missed]
            for miss in missed:
                self._tell("failed", COMMUNITY, BOT, {"step": number, "expectation": miss})
        raised = [f"the bot raised {type(error).__name__}: {error}" for error in self._world.env.errors]
        for sentence in raised:
            self._tell("failed", COMMUNITY, BOT, {"step": None, "expectation": sentence})
        failures += raised
        self._tell("end", COMMUNITY, "script", {"holds": not failures, "failures": failures})
        return failures

    async def _step(self, step: Step) -> list[str]:
        match step:
            case Step(wait=float(minutes)):
                self._tell("wait", COMMUNITY, "clock", {"minutes": minutes})
                await self._world.pass_time(minutes)
            case Step(bot=str(turn)):
                self._tell("bot", COMMUNITY, "operator", {"turn": turn})
                if turn in {"restart", "down"}:
                    await self._world.take_down()
                if turn in {"restart", "up"}:
                    await self._world.bring_up()
            case Step(model=str(turn)):
                self._tell("model", COMMUNITY, "operator", {"turn": turn})
                self._world.switch_model(down=turn == "down")
            case Step(expect=Expect() as expect):
                missed = await self._judge.misses(expect)
                self._tell("expect", COMMUNITY, "script", {**_given(expect), "holds": not missed})
                return missed
            case _:
                await self._deed(step.what)
        return []

    async def _deed(self, deed: object) -> None:
        """What a person does."""
        match deed:
            case Post():
                await self._post(deed)
            case Edit(post=name, text=text):
                message = self._posts[name]
                author = self._writer_of(message)
                self._tell("edit", self._places[name], author, {"name": name, "text": text})
                await self._world.members[author].edit(message, text)
            case Delete(post=name):
                message = self._posts[name]
                author = deed.author or self._writer_of(message)
                self._tell("delete", self._places[name], author, {"name": name})
                await self._world.members[author].delete(message)
            case Press():
                await self._press(deed)
            case AskModerator(author=author, on=name):
                self._tell("ask_moderator", self._places[name], author, {"name": name})
                message = self._posts[name]
                channel = next(one for one in self._world.channels.values() if one.id == message.channel.id)
                actor = self._world.members[author]
                self._told(author, self._places[name], await actor.context_menu(channel, "Ask a moderator", message))
            case Slash(author=author, place=place, command=command):
                channel = self._world.channels[place]
                self._tell("slash", place_name(channel), author, {"command": command, **deed.options})
                result = await self._world.members[author].slash(channel, command, **deed.options)
                self._told(author, place_name(channel), result)
            case RemovePermission(permission=permission, place=place):
                channel = self._world.channels[place]
                self._tell("remove_permission", place_name(channel), "operator", {"permission": permission})
                if permission not in discord.Permissions.VALID_FLAGS:
                    raise Impossible(f"permission {permission!r} does not exist; expected one such as 'send_messages'")
                await self._world.remove_permission(permission, channel)
            case _:
                raise Impossible(
                    f"a step of kind {type(deed).__name__} cannot be played; expected one that is documented"
                )

    async def _post(self, post: Post) -> None:
        actor, channel = self._world.members[post.author], self._world.channels[post.place]
        if post.title is not None:
            channel = await self._world.open_thread(channel, post.title, by=actor)
        where = place_name(channel)
        shown = {"name": post.name, "title": post.title, "reply_to": post.reply_to, "text": post.text}
        self._tell("post", where, post.author, {key: value for key, value in shown.items() if value is not None})
        target = None if post.reply_to is None else self._posts[post.reply_to]
        message = await actor.send(channel, post.text, reply_to=target)
        if post.name is not None:
            self._posts[post.name] = message
            self._places[post.name] = where

    async def _press(self, press: Press) -> None:
        actor = self._world.members[press.author]
        message_id = self._posts[press.on].id
        on_case = press.button in CASE_BUTTONS
        cards = self.witness.case_cards_of(message_id) if on_case else self.witness.answers_to(message_id)
        where = place_name(self._world.queue) if on_case else self._places[press.on]
        self._tell("press", where, press.author, {"button": press.button, "on": press.on})
        if len(cards) != 1:
            kind = "case card" if on_case else "answer card"
            raise Impossible(f"press: {press.on!r} has {len(cards)} of the {kind} with {press.button!r}; expected 1")
        result = await actor.click(cards[0], label=press.button)
        if press.verdict is not None and result.modal is not None:
            filled = {"verdict": [press.verdict.value], "reason": press.reason or ""}
            result = await actor.submit_modal(result, filled)
        self._told(press.author, where, result)

    def _told(self, reader: str, where: str, result: InteractionResult) -> None:
        """What the bot answered privately to the one who pressed or typed."""
        answers = [result.response, *result.followups]
        texts = [text for one in answers if one is not None for text in (one.content, *map(_embed_text, one.embeds))]
        text = "\n".join(filter(None, texts))
        kind = "private_answer" if result.ephemeral else "public_answer"
        self._tell(kind if result.acknowledged else "no_answer", where, BOT, {"to": reader, "text": text})

    def _writer_of(self, message: discord.Message) -> str:
        return self._world.name_of(message.author.id)

    def _tell(self, kind: str, where: str, who: str, what: dict[str, Any]) -> None:
        self._sink(Event(kind=kind, at=self._world.env.now(), where=where, who=who, what=what))


def _embed_text(embed: discord.Embed) -> str:
    return "\n".join(filter(None, (embed.title, embed.description)))


def _given(expect: Expect) -> dict[str, Any]:
    """The expectations that a step states."""
    return expect.model_dump(mode="json", exclude_defaults=True)


async def play_script(path: Path | None, *, as_json: bool, console: Console | None = None) -> int:
    """Play a script headless and print each event; 0 when every expectation holds, 1 otherwise."""
    configure_logs(level="error", style="console")
    script = load_script(path or STORY)
    out = console or Console()
    sink: Sink = JsonLines(out) if as_json else ReadableLines(out)
    with tempfile.TemporaryDirectory(prefix="aftercare-demo-", ignore_cleanup_errors=True) as folder:
        world = await World.open(script, Path(folder))
        try:
            failures = await Player(world, sink).play(script)
        finally:
            await world.close()
    if not as_json:
        _print_end(out, failures)
    return 1 if failures else 0


def _print_end(out: Console, failures: list[str]) -> None:
    for failure in failures:
        out.print(f"[bold red]did not hold[/] {failure}", soft_wrap=True)
    if not failures:
        out.print("[green]Every expectation holds.[/]")
