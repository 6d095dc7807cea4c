"""What the gateway hands over to: the services as one protocol. Implemented in `bot.services`; decides nothing here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.authority import Deed
from bot.core.cases import CaseId, Refusal, Verdict
from bot.core.ports import CaseBrief
from bot.core.posts import ChannelId, GuildId, MessageId, Post, UserId
from bot.core.records import CaseRecord


class Services(Protocol):
    """Everything that an event, a button or a command can set in motion. Synchronous methods never wait."""

    @property
    def keeps_notes(self) -> bool:
        """Does the store keep what moderators write beside a verdict (has it a key to encrypt it)?"""

    def connected(self) -> None:
        """A session with Discord began; safe to call any number of times."""

    def offer(self, post: Post) -> None:
        """Take a live post of a watched channel."""

    def mentioned(self, post: Post) -> None:
        """Take a post whose writer mentioned the bot."""

    def edited(self, post: Post) -> None:
        """Take a post whose text changed."""

    def deleted(self, guild_id: GuildId, message_id: MessageId) -> None:
        """Follow a deletion."""

    def moderator_wrote(self, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        """Note that a moderator is answering; `member_id` is whom the message replies to."""

    async def ask(self, post: Post, *, by: UserId) -> CaseRecord | None:
        """Bring a post to the moderators; None where the bot is switched off."""

    async def claim(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """Take a case."""

    async def release(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """Give a case back to the queue."""

    async def resolve(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, verdict: Verdict, reason: str
    ) -> CaseRecord | Refusal:
        """Close a case."""

    async def settle_answer(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, approve: bool
    ) -> CaseRecord | Refusal:
        """Approve or decline the proposed card."""

    async def refuse(self, guild_id: GuildId, case_id: CaseId | None, *, by: UserId, deed: Deed) -> None:
        """Record that somebody tried what their role does not allow."""

    async def not_about_me(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """Withdraw a card on the word of the member it answers; False for anybody else."""

    async def ask_human(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """Tell the queue that somebody who saw a card, whoever it answers, asks for a human; False for no such card."""

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        """Unresolved cases of a community, most urgent first."""

    async def brief(self, guild_id: GuildId, case_id: CaseId) -> CaseBrief | None:
        """All there is to a case; None when this community has no such case."""

    async def opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool) -> None:
        """Set whether a member wants to be read."""

    async def privacy_export(self, user_id: UserId) -> bytes:
        """Everything that is kept about a member, as a JSON file."""

    async def privacy_erase(self, guild_id: GuildId, user_id: UserId) -> int:
        """Remove or detach everything that is kept about a member; returns how many rows."""
