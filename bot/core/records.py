"""What the store keeps of a decision and of a case: ids, scores, offsets, states, versions and times."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.assessments import Concern, Experiencer, Span, Stamps, Status, Urgency
from bot.core.cases import CaseEvent, CaseId, CaseState, CaseStatus, state_of
from bot.core.policy import Priority
from bot.core.posts import ChannelId, GuildId, MessageId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One decision, enough to explain and replay it without the post's words."""

    message_id: MessageId
    channel_id: ChannelId
    watched_id: ChannelId
    guild_id: GuildId
    author_id: UserId
    decided_at: datetime
    posted_at: datetime
    flagged: bool
    review: bool
    score: float
    concerns: frozenset[Concern]
    urgency: Urgency
    experiencer: Experiencer
    status: Status
    crisis: bool
    red_flags: tuple[str, ...]
    """Ids of the lexicon lines."""
    spans: tuple[Span, ...]
    topic: str
    audience: str
    reasons: tuple[str, ...]
    """`ReasonCode` values, in order."""
    stamps: Stamps
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case with its history and the decision that opened it."""

    case_id: CaseId
    message_id: MessageId
    channel_id: ChannelId
    watched_id: ChannelId
    guild_id: GuildId
    author_id: UserId
    topic: str
    priority: Priority
    opened_at: datetime
    events: tuple[CaseEvent, ...]
    decision: DecisionRecord | None
    card_channel_id: ChannelId | None = None
    card_message_id: MessageId | None = None
    proposed: bool = False
    """An answer waits for a moderator's approval (assist mode)."""

    @property
    def state(self) -> CaseState:
        """Where the case stands."""
        return state_of(self.events)

    @property
    def is_open(self) -> bool:
        """Does the case still wait for a verdict?"""
        return self.state.status is not CaseStatus.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMark:
    """Up to which message a channel (or thread) is settled."""

    channel_id: ChannelId
    watched_id: ChannelId
    guild_id: GuildId
    settled_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPost:
    """A post that could not be settled yet: ids and a count of attempts, no words."""

    message_id: MessageId
    channel_id: ChannelId
    watched_id: ChannelId
    guild_id: GuildId
    attempts: int
    given_up: bool
    first_seen_at: datetime
