"""Hand-written stand-ins for the ports that reach Discord and the model: stateful, with a transcript of what was done.

The store in these tests is the real one, over a real SQLite file.
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.core.answers import MemberCard, SourceLink
from bot.core.assessments import Assessment, Mention, Stamps, Urgency
from bot.core.cases import CaseStatus
from bot.core.effects import Effect, EffectKind
from bot.core.errors import DeliveryError, ModelError
from bot.core.ports import CaseBrief, Passed
from bot.core.posts import ChannelId, GuildId, MessageId, Post
from bot.core.records import ChannelMark
from tests.making import MODERATORS, NOW, STAMPS, make_assessment, make_flagged, make_red_flag

T = TypeVar("T")


class MovableClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Move time, for example `minutes=11`."""
        self.now += timedelta(**span)


class ScriptedAssessor:
    """Reads posts by the first word of their text; knows nothing else."""

    def __init__(self) -> None:
        self.down = False
        self.read: list[MessageId] = []

    @property
    def stamps(self) -> Stamps:
        return STAMPS

    def assess(self, posts: Sequence[Post]) -> list[Assessment]:
        if self.down:
            raise ModelError("the scripted model is down")
        self.read.extend(post.message_id for post in posts)
        return [self._reading(post) for post in posts]

    def assess_red_flags(self, post: Post) -> Assessment:
        flags = (make_red_flag(urgency=Urgency.EMERGENCY),) if post.text.startswith("emergency") else ()
        if not flags:
            return make_assessment(model_down=True)
        return make_flagged(Urgency.EMERGENCY, red_flags=flags, model_down=True)

    def ready(self) -> bool:
        return not self.down

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        return ()

    def _reading(self, post: Post) -> Assessment:
        match post.text.split()[0]:
            case "emergency":
                return make_flagged(Urgency.EMERGENCY)
            case "today":
                return make_flagged(Urgency.SAME_DAY)
            case "soon":
                return make_flagged(Urgency.SOON)
            case "crisis":
                return make_flagged(Urgency.EMERGENCY, crisis=True)
            case "unsure":
                return make_assessment(review=True, score=0.3)
            case _:
                return make_assessment()


class PlainLibrary:
    """A card for every topic, signed or not."""

    def __init__(self) -> None:
        self.signed = True

    def card(self, *, topic: str, audience: str, regions: Sequence[str], language: str) -> MemberCard:
        return MemberCard(
            template=f"{topic}-{audience}@1",
            topic=topic,
            title=topic,
            body="general education",
            contacts=tuple(regions),
            sources=(SourceLink(title="a source", reference="doi:10.1000/1", date="2024"),),
            footer="automated",
            signed=self.signed,
        )

    def may_send(self, card: MemberCard) -> bool:
        return card.signed

    def phrase(self, key: str, *, language: str, community: str | None = None) -> str:
        return f"{key}/{language}"


class PretendDiscord:
    """What members wrote and what the bot did about it; implements `Messenger` and `Backlog`.

    `refuse` makes the next calls of a kind raise; `lose` delivers and then raises, like a crash before the commit.
    """

    def __init__(self) -> None:
        self.posts: dict[MessageId, Post] = {}
        self.marks: list[ChannelMark] = []
        self.transcript: list[str] = []
        self.cards: dict[MessageId, MessageId] = {}
        self.case_cards: dict[MessageId, Effect] = {}
        self.briefs: list[CaseBrief] = []
        self.pings = 0
        self.refuse: dict[EffectKind, list[DeliveryError]] = {kind: [] for kind in EffectKind}
        self.lose: dict[EffectKind, list[DeliveryError]] = {kind: [] for kind in EffectKind}
        self._next_id = 90_000

    def write(self, post: Post) -> Post:
        """A member writes."""
        self.posts[post.message_id] = post
        return post

    async def send_member_card(self, effect: Effect, card: MemberCard) -> MessageId:
        _raise_next(self.refuse[effect.kind])
        sent = self._new_id()
        self.cards[effect.message_id] = sent
        self.transcript.append(f"card {card.template} to {effect.message_id}")
        _raise_next(self.lose[effect.kind])
        return sent

    async def send_case_card(self, effect: Effect, brief: CaseBrief) -> MessageId:
        _raise_next(self.refuse[effect.kind])
        sent = self._new_id()
        self.case_cards[sent] = effect
        self.briefs.append(brief)
        self.pings += brief.ping_role is not None
        self.transcript.append(f"case {brief.case.state.urgency.label} of {effect.message_id}")
        _raise_next(self.lose[effect.kind])
        return sent

    async def refresh_case_card(self, effect: Effect, brief: CaseBrief) -> None:
        _raise_next(self.refuse[effect.kind])
        self.briefs.append(brief)
        self.transcript.append(f"redraw {effect.message_id} {_look(brief)}")

    async def withdraw_member_card(self, effect: Effect, card_message_id: MessageId) -> None:
        _raise_next(self.refuse[effect.kind])
        self.cards = {post: card for post, card in self.cards.items() if card != card_message_id}
        self.transcript.append(f"withdraw card of {effect.message_id}")

    async def remove(self, *, guild_id: GuildId, channel_id: ChannelId, message_id: MessageId) -> None:
        self.cards = {post: card for post, card in self.cards.items() if card != message_id}
        self.case_cards.pop(message_id, None)
        self.transcript.append(f"remove {message_id}")

    async def find_sent(self, effect: Effect) -> MessageId | None:
        self.transcript.append(f"look for {effect.action} of {effect.message_id}")
        if effect.message_id in self.cards and effect.action == "member_card":
            return self.cards[effect.message_id]
        found = [sent for sent, known in self.case_cards.items() if known.effect_id == effect.effect_id]
        return found[0] if found else None

    async def fetch_post(self, *, guild_id: GuildId, channel_id: ChannelId, message_id: MessageId) -> Post | None:
        return self.posts.get(message_id)

    async def watched_places(self) -> Sequence[ChannelMark]:
        return list(self.marks)

    async def posts_after(self, place: ChannelMark, *, after: MessageId, limit: int) -> AsyncIterator[Passed]:
        here = sorted(
            (post for post in self.posts.values() if post.channel_id == place.channel_id and post.message_id > after),
            key=lambda post: post.message_id,
        )
        self.transcript.append(f"read {place.channel_id} after {after}")
        for post in here[:limit]:
            by_moderator = MODERATORS in post.author_roles
            yield Passed(message_id=post.message_id, post=post, moderator_at=post.created_at if by_moderator else None)

    def done(self, beginning: str) -> list[str]:
        """Transcript lines that begin with a word."""
        return [line for line in self.transcript if line.startswith(beginning)]

    def _new_id(self) -> MessageId:
        self._next_id += 1
        return MessageId(self._next_id)


def _raise_next(failures: list[DeliveryError]) -> None:
    if failures:
        raise failures.pop(0)


def _look(brief: CaseBrief) -> str:
    state = brief.case.state
    if state.source_deleted:
        return "deleted"
    return f"{state.status.value} {state.verdict.value}" if state.status is CaseStatus.RESOLVED else state.status.value


async def plain_idle(awaitable: Awaitable[T], *, reason: str) -> T:
    """Wait, as the bot does outside the simulation."""
    return await awaitable


def retimed(post: Post, *, message_id: int) -> Post:
    """The same post under another id."""
    return replace(post, message_id=MessageId(message_id))
