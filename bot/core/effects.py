"""What the bot is about to do to the world, as rows that survive a crash: the outbox's vocabulary.

An effect holds ids and version stamps, never words; texts are fetched or rendered at the moment of sending.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.core.cases import CaseId
from bot.core.posts import ChannelId, GuildId, MessageId

EffectId = NewType("EffectId", int)


class EffectKind(StrEnum):
    """Everything that the bot does to Discord on its own account."""

    MEMBER_CARD = "member_card"
    CASE_CARD = "case_card"
    REFRESH_CASE_CARD = "refresh_case_card"
    WITHDRAW_MEMBER_CARD = "withdraw_member_card"


class EffectState(StrEnum):
    """Where an effect stands."""

    DUE = "due"
    SENDING = "sending"
    """An attempt was begun; after a crash the sender first looks whether it arrived."""
    SENT = "sent"
    DROPPED = "dropped"
    """Nothing to do any more (claimed in time, source gone, refused by Discord)."""
    FAILED = "failed"
    """Attempts are used up; `aftercare check` lists it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One row of the outbox. `(message_id, action)` is unique: it is the truth about "already done"."""

    message_id: MessageId
    """The member's post that caused it."""
    action: str
    """`EffectKind`, with a suffix where one post may cause several: `refresh_case_card:3`."""
    kind: EffectKind
    guild_id: GuildId
    channel_id: ChannelId
    """Where the effect lands."""
    not_before: datetime
    case_id: CaseId | None = None
    topic: str | None = None
    audience: str | None = None
    only_if_unclaimed: bool = False
    page: bool = False
    effect_id: EffectId = EffectId(0)
    state: EffectState = EffectState.DUE
    attempts: int = 0
    sent_message_id: MessageId | None = None
    template: str | None = None
    """`<snippet id>@<version>` of the card that was sent."""

    @property
    def nonce(self) -> str:
        """Discord's duplicate guard: the same effect always carries the same nonce (at most 25 characters)."""
        return f"ac{self.effect_id}"
