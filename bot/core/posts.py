"""A post as the rest of the house sees it: ids, text and thread context, without any name.

Knows nothing of Discord objects; the gateway translates into this shape and nothing travels back.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
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
    text: str = field(repr=False)
    created_at: datetime
    context: tuple[str, ...] = field(default=(), repr=False)
    context_authors: tuple[UserId, ...] = ()
    """Who wrote each text of the context, so that what an opted-out member wrote can be left out."""
    author_roles: frozenset[RoleId] = frozenset()
    origin: Origin = Origin.LIVE

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None:
            raise ValueError(f"created_at is {self.created_at!r}; expected an aware datetime: give it a time zone")
        if len(self.context) > MAX_CONTEXT:
            raise ValueError(f"context holds {len(self.context)} posts; expected at most {MAX_CONTEXT}: cut the oldest")
        if self.context_authors and len(self.context_authors) != len(self.context):
            raise ValueError(
                f"context has {len(self.context)} posts and {len(self.context_authors)} authors; expected one each"
            )

    def without(self, authors: Collection[UserId]) -> "Post":
        """The same post with what these members wrote taken out of its context."""
        if not set(self.context_authors) & set(authors):
            return self
        kept = [pair for pair in zip(self.context, self.context_authors, strict=True) if pair[1] not in authors]
        return replace(
            self, context=tuple(text for text, _ in kept), context_authors=tuple(author for _, author in kept)
        )

    @property
    def is_blank(self) -> bool:
        """Is there nothing to read (attachments only, white space, zero-width characters)?"""
        return not any(character.isprintable() and not character.isspace() for character in self.text)

    def log_context(self) -> dict[str, int]:
        """Ids for a log record; never the text."""
        return {"message_id": self.message_id, "channel_id": self.channel_id, "guild_id": self.guild_id}
