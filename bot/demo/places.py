"""Which places of the simulated community a visitor is offered: who one is there, and what to try."""

from dataclasses import dataclass

from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from bot.core.policy import Mode
from bot.demo.page import Place
from bot.demo.script import QUEUE, Script
from bot.demo.transcript import place_name
from bot.demo.world import World

VISITOR = "You"
"""The member of a script who stands for the visitor and comes first in every list."""

MOST_VIEWERS = 12

ABOUT = {
    Mode.OFF: ("The bot is switched off here.", ("Write anything: the bot does not read it.",)),
    Mode.ON_REQUEST: (
        "The bot reads a post here only when somebody asks it to.",
        ("Open a post's menu and choose Ask a moderator.",),
    ),
    Mode.SHADOW: (
        "The bot reads here for the moderators and answers nobody (shadow mode).",
        ("Describe something that cannot wait, then look into the moderators' queue.",),
    ),
    Mode.ASSIST: (
        "The bot reads here; a moderator approves every answer (assist mode).",
        ("Describe something that cannot wait, then approve the answer in the queue.",),
    ),
    Mode.AUTO: (
        "The bot reads here and answers with fixed cards (auto mode).",
        (
            "Chat about the weather: nothing happens.",
            "Write: 14 months after Lemtrada, tiny purple dots on my ankles and my gums bled this morning.",
            "Edit or delete your post and watch the card go.",
            "Press a button under a card, or open a post's menu and choose Ask a moderator.",
        ),
    ),
}
THREAD_TRY = "Read why the bot stays silent here: drugs and disorders are named, and nobody is ill."
QUEUE_ABOUT = "Moderators see here what is urgent, with the evidence."
QUEUE_TRIES = (
    "Press Claim, change to the other moderator and press it again: one of the two wins.",
    "Press Resolve and call it a false alarm: the member's card is withdrawn.",
    "Type /queue, or /case with a number.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A place with what is needed to open it."""

    place: Place
    channel: ChannelHandle
    viewers: tuple[MemberActor, ...]


def offers_of(world: World, script: Script) -> dict[str, Offer]:
    """Every place by its key: watched channels first, then threads, the queue, and the rest."""
    modes = {channel.name: channel.mode for channel in script.channels}
    forums = {channel.name: channel.mode for channel in script.channels if channel.kind == "forum"}
    people = {name: actor for name, actor in world.members.items() if _role(script, name) == "member"}
    people = dict(sorted(people.items(), key=lambda one: one[0] != VISITOR))
    moderators = {name: actor for name, actor in world.members.items() if name not in people}
    found: list[Offer] = []
    for name, channel in world.channels.items():
        if name in forums:
            continue
        if name == QUEUE:
            found.append(_offer(channel, people=moderators, about=QUEUE_ABOUT, to_try=QUEUE_TRIES))
            continue
        mode = modes.get(name) or next(iter(forums.values()), Mode.OFF)
        about, to_try = ABOUT[mode]
        if channel.is_thread:
            about, to_try = f"A forum post. {about}", (THREAD_TRY,)
        found.append(_offer(channel, people={**people, **moderators}, about=about, to_try=to_try))
    return {offer.place.key: offer for offer in sorted(found, key=lambda one: _rank(one, modes))}


def _offer(channel: ChannelHandle, *, people: dict[str, MemberActor], about: str, to_try: tuple[str, ...]) -> Offer:
    shown = dict(list(people.items())[:MOST_VIEWERS])
    heading = place_name(channel)
    place = Place(key=str(channel.id), heading=heading, about=about, people=tuple(shown), to_try=to_try)
    return Offer(place=place, channel=channel, viewers=tuple(shown.values()))


def _rank(offer: Offer, modes: dict[str, Mode]) -> tuple[int, int]:
    name = offer.channel.name or ""
    if name == QUEUE:
        return (1, 0)
    if offer.channel.is_thread:
        return (2, 0)
    order = [Mode.AUTO, Mode.ASSIST, Mode.SHADOW, Mode.ON_REQUEST, Mode.OFF].index(modes[name])
    return (0 if order == 0 else 3, order)


def _role(script: Script, name: str) -> str:
    return next(member.role for member in script.members if member.name == name)
