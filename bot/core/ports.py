"""Where the services meet the world: every adapter implements one of these protocols.

Adapters live in `bot.gateway`, `bot.store`, `classifiers` and `responses`; `bot.app` joins them. None imports another.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from bot.core.answers import MemberCard
from bot.core.assessments import Assessment, Mention, Span, Stamps
from bot.core.cases import CaseEvent, CaseId
from bot.core.effects import Effect, EffectId, EffectKind, EffectState
from bot.core.policy import Priority
from bot.core.posts import ChannelId, GuildId, MessageId, Post, RoleId, UserId
from bot.core.records import CaseRecord, ChannelMark, DecisionRecord, WaitingPost

T = TypeVar("T")

Clock = Callable[[], datetime]
"""Returns the present as an aware datetime."""


class Idle(Protocol):
    """Wait for work. The simulated Discord must know which waits are meant to last, so loops wait through this door."""

    async def __call__(self, awaitable: Awaitable[T], *, reason: str) -> T: ...


class Assessor(Protocol):
    """Reads posts. Plain synchronous functions that know neither bot nor loop; callers use an executor."""

    @property
    def stamps(self) -> Stamps:
        """Versions of model, thresholds and rules in use."""

    def assess(self, posts: Sequence[Post]) -> list[Assessment]:
        """Read a batch, in order; raises `ModelError` when the model cannot be run."""

    def assess_red_flags(self, post: Post) -> Assessment:
        """Read one post with the red-flag lexicon alone (`model_down=True`); never fails."""

    def ready(self) -> bool:
        """Can the model be run now? Tries to load it again when it could not be loaded before."""

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        """Therapies and times since therapy that a text states."""


class AnswerLibrary(Protocol):
    """The vetted texts."""

    def card(self, *, topic: str, audience: str, regions: Sequence[str], language: str) -> MemberCard:
        """Render the card of a topic; falls back to the general card, which always exists."""

    def may_send(self, card: MemberCard) -> bool:
        """Is the card signed by a clinician, or allowed unsigned by name in the configuration?"""

    def phrase(self, key: str, *, language: str, community: str | None = None) -> str:
        """A fixed sentence of the bot (button answers, notices) by its key in `responses/phrases.yaml`.

        `community` is the name that a sentence may mention.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBrief:
    """A case as moderators see it. The text was fetched a moment ago and is forgotten after rendering."""

    case: CaseRecord
    text: str | None = field(repr=False)
    """None when the post is gone or cannot be read."""
    spans: tuple[Span, ...]
    mentions: tuple[Mention, ...]
    reasons: tuple[str, ...]
    """The decision's reasons as sentences."""
    proposed_card: MemberCard | None = None
    """Assist mode: the answer that waits for approval."""
    template: str | None = None
    """`<snippet id>@<version>` of the card that the member was shown."""
    ping_role: RoleId | None = None
    """The on-call role, only on the first card of an emergency."""
    unstaffed: bool = False
    """An unresolved emergency in a community that has configured no on-call role."""
    crisis_card_at: datetime | None = None
    """When the crisis-line card follows if nobody claims the case; None when none will."""


class Messenger(Protocol):
    """What the bot can do on Discord. Raises `DeliveryRefused` or `DeliveryDelayed`, nothing else."""

    async def send_member_card(self, effect: Effect, card: MemberCard) -> MessageId:
        """Reply to the member's post with a card and its three buttons, pinging nobody."""

    async def send_case_card(self, effect: Effect, brief: CaseBrief) -> MessageId:
        """Post a case in the moderators' channel."""

    async def refresh_case_card(self, effect: Effect, brief: CaseBrief) -> None:
        """Redraw a case card where it stands."""

    async def withdraw_member_card(self, effect: Effect, card_message_id: MessageId) -> None:
        """Delete a card that the bot sent; done when it is already gone."""

    async def remove(self, *, guild_id: GuildId, channel_id: ChannelId, message_id: MessageId) -> None:
        """Delete a message of the bot; done when it is already gone."""

    async def find_sent(self, effect: Effect) -> MessageId | None:
        """Look whether an interrupted attempt arrived after all."""

    async def fetch_post(self, *, guild_id: GuildId, channel_id: ChannelId, message_id: MessageId) -> Post | None:
        """Read one post with its context; None when it is gone or is no member's post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One message of a backlog. Marks move over every message, also over those that are no member's post."""

    message_id: MessageId
    post: Post | None = None
    moderator_at: datetime | None = None
    """When a moderator wrote it; None when somebody else did."""
    answers: UserId | None = None
    """The member whose post the moderator replied to."""


class Backlog(Protocol):
    """Reads what was written while the bot was away."""

    async def watched_places(self) -> Sequence[ChannelMark]:
        """Every watched channel, thread and forum post that can be read now, `settled_id` being its newest message."""

    def posts_after(self, place: ChannelMark, *, after: MessageId, limit: int) -> AsyncIterator[Passed]:
        """Messages in order of time, `limit` at most."""


class Ledger(Protocol):
    """Up to where each channel is settled, and which posts still wait."""

    async def mark(self, channel_id: ChannelId) -> ChannelMark | None: ...

    async def marks(self) -> Sequence[ChannelMark]: ...

    async def advance(self, mark: ChannelMark) -> None:
        """Move a channel's mark forward; a mark never moves back."""

    async def wait(self, post: Post, *, now: datetime, max_attempts: int, counts: bool = True) -> WaitingPost:
        """Note that a post could not be settled; counts the attempt (or not), and gives up at `max_attempts`."""

    async def waiting(self, *, limit: int) -> Sequence[WaitingPost]:
        """Posts that wait and are not given up, oldest first."""

    async def given_up(self) -> Sequence[WaitingPost]: ...

    async def settle(self, message_id: MessageId) -> None:
        """Forget that a post waited."""


class Decisions(Protocol):
    """Decisions that left a trace."""

    async def get(self, message_id: MessageId) -> DecisionRecord | None: ...

    async def known(self, message_ids: Sequence[MessageId]) -> frozenset[MessageId]:
        """Which of these posts were decided before."""

    async def put(self, record: DecisionRecord) -> bool:
        """Store or replace the decision of a post; True when there was none before."""


class Cases(Protocol):
    """Cases and their events."""

    async def open(self, case: CaseRecord) -> CaseRecord:
        """Store a new case with its first events; `case_id` is given by the store. One case per post."""

    async def get(self, case_id: CaseId) -> CaseRecord | None: ...

    async def of_post(self, message_id: MessageId) -> CaseRecord | None: ...

    async def append(self, case: CaseRecord, event: CaseEvent) -> CaseRecord | None:
        """Add the next event; None when somebody else was faster (the case has grown since it was read)."""

    async def attach_card(self, case_id: CaseId, *, channel_id: ChannelId, message_id: MessageId) -> None: ...

    async def set_priority(self, case_id: CaseId, priority: Priority) -> None: ...

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        """Unresolved cases, in the order of `cases.queue_rank`."""

    async def claimed_before(self, moment: datetime) -> Sequence[CaseRecord]:
        """Cases whose current claim is older than `moment`."""


class Outbox(Protocol):
    """Effects that are to be sent, were sent, or will not be."""

    async def enqueue(self, effect: Effect) -> bool:
        """Add an effect unless `(message_id, action)` exists; True when it was added."""

    async def due(self, *, now: datetime, limit: int) -> Sequence[Effect]:
        """Effects to send now, pages first, then oldest; `sending` ones are left over from a crash."""

    async def next_due_at(self) -> datetime | None: ...

    async def begin(self, effect_id: EffectId) -> None:
        """Note durably that an attempt starts."""

    async def finish(
        self,
        effect_id: EffectId,
        *,
        state: EffectState,
        sent_message_id: MessageId | None = None,
        template: str | None = None,
    ) -> None: ...

    async def postpone(self, effect_id: EffectId, *, until: datetime) -> None:
        """Put an effect back to `due`, not before a moment."""

    async def of_post(self, message_id: MessageId, kind: EffectKind) -> Effect | None:
        """The first effect of a kind that a post caused."""

    async def by_sent_message(self, sent_message_id: MessageId) -> Effect | None: ...

    async def drop_pending(self, message_id: MessageId, kind: EffectKind) -> int:
        """Drop what was never attempted (an attempt may have arrived); returns how many."""

    async def last_card_at(self, *, channel_id: ChannelId, author_id: UserId, topic: str) -> datetime | None:
        """When a card on a topic was last decided for a member in a channel."""

    async def counts(self) -> dict[EffectState, int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Where a message of the bot stands."""

    guild_id: GuildId
    channel_id: ChannelId
    message_id: MessageId


class Members(Protocol):
    """What is tied to a person, beyond decisions and cases."""

    async def opted_out(self, guild_id: GuildId, user_ids: Sequence[UserId]) -> frozenset[UserId]:
        """Which of these members have opted out of being read."""

    async def set_opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool, now: datetime) -> None: ...

    async def note_moderator_answer(self, *, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """A moderator wrote here; `member_id` when it replies to a member's post, None otherwise."""

    async def moderator_answer(
        self, *, channel_id: ChannelId, member_id: UserId, posted_at: datetime
    ) -> datetime | None:
        """The latest answer to this member here, or any moderator's message after `posted_at`."""

    async def export(self, user_id: UserId) -> dict[str, list[dict[str, object]]]:
        """Every row tied to a member, as plain JSON values."""

    async def shown(self, user_id: UserId) -> Sequence[Shown]:
        """Messages of the bot that still show, or answer, what a member wrote."""

    async def erase(self, user_id: UserId) -> int:
        """Remove or irreversibly detach every row tied to a member; returns how many."""

    async def forget_before(self, moment: datetime) -> int:
        """Retention: remove resolved cases, decisions, effects and answers older than a moment."""


class Audit(Protocol):
    """Append-only, hash-chained record of transitions and refusals."""

    async def add(
        self, *, at: datetime, actor: UserId | None, what: str, case_id: CaseId | None, was: str, outcome: str
    ) -> None: ...

    async def verify(self) -> str | None:
        """None when the chain holds, else a sentence naming the first entry that does not."""


class Transaction(Protocol):
    """All repositories inside one database transaction."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def members(self) -> Members: ...
    @property
    def audit(self) -> Audit: ...


class Store(Protocol):
    """Where everything durable lives. Leaving the block commits, an exception rolls back."""

    def transaction(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction; a read-only one takes no write lock."""

    async def scrub(self) -> None:
        """Remove what deleted rows left on disk."""

    @property
    def keeps_notes(self) -> bool:
        """Is there a key, so that moderators' reasons can be kept?"""

    async def close(self) -> None: ...
