"""A post as the rest of the house sees it: ids, text and thread context, without any name.

Knows nothing of Discord objects; the gateway translates into this shape and nothing travels back.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

GuildId = NewType("GuildId", int)
ChannelId = NewType("ChannelId", int)
MessageId = NewType("MessageId", int)
UserId = NewType("UserId", int)
RoleId = NewType("RoleId", int)

MAX_CONTEXT = 5
"""Earlier posts of the thread that are read with a post (handbook, section 1)."""


class Origin(StrEnum):
    """How a post came to be read."""

    LIVE = "live"
    CATCH_UP = "catch_up"
    EDIT = "edit"
    RETRY = "retry"
    """Read again because the classifier was down before."""
    MENTION = "mention"
    """The writer mentioned the bot, which allows it to read this one post."""
    REQUEST = "request"
    """Somebody asked the moderators to look at this post (context menu)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One message of one member, with up to five earlier posts of its thread, oldest first.

    `channel_id` is where it stands (a thread or forum post has an id of its own), `watched_id` the configured
    channel that it belongs to; outside threads the two are equal.
    """

    message_id: MessageId
    channel_id: ChannelId
    watched_id: ChannelId
    guild_id: GuildId
    author_id: UserId
    text: str
    created_at: datetime
    context: tuple[str, ...] = ()
    author_roles: frozenset[RoleId] = frozenset()
    origin: Origin = Origin.LIVE

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None:
            raise ValueError(f"created_at is {self.created_at!r}; expected an aware datetime: give it a time zone")
        if len(self.context) > MAX_CONTEXT:
            raise ValueError(f"context holds {len(self.context)} posts; expected at most {MAX_CONTEXT}: cut the oldest")

    @property
    def is_blank(self) -> bool:
        """Is there nothing to read (attachments only, white space, zero-width characters)?"""
        return not any(character.isprintable() and not character.isspace() for character in self.text)

    def log_context(self) -> dict[str, int]:
        """Ids for a log record; never the text."""
        return {"message_id": self.message_id, "channel_id": self.channel_id, "guild_id": self.guild_id}
