"""The tables: ids, numbers, states, offsets, versions and times.

Holds no column for anything that a member wrote and none for a name. The one prose column, `case_events.note`, is a
moderator's own sentence and holds ciphertext only. Migrations describe the same tables step by step; a test compares.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bot.core.cases import CaseStatus
from bot.core.effects import EffectState
from bot.core.policy import Priority
from bot.core.posts import UserId

ERASED = UserId(0)
"""Stands where a person's id stood before an erasure; Discord never gives this id to anybody."""

ANY_MEMBER = UserId(0)
"""In `moderator_answers`: the message was addressed to nobody in particular."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: UTC text that sorts in SQLite, `timestamptz` in PostgreSQL; always read back in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; refuse a moment without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"datetime is {value!r}; expected an aware one: give it a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read back as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, values: type[CaseStatus] | type[EffectState] | type[Priority]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v.value) for v in values)})", name=column)


def _row_id(name: str) -> sa.Column[int]:
    # SQLite counts rows only in a column that is exactly INTEGER; its integers have 64 bits all the same.
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def _id(name: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=primary_key, nullable=nullable, autoincrement=False)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

channel_marks = sa.Table(
    "channel_marks",
    metadata,
    _id("channel_id", primary_key=True),
    _id("watched_id"),
    _id("guild_id"),
    _id("settled_id"),
)

waiting_posts = sa.Table(
    "waiting_posts",
    metadata,
    _id("message_id", primary_key=True),
    _id("channel_id"),
    _id("watched_id"),
    _id("guild_id"),
    _id("author_id"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("given_up", sa.Boolean, nullable=False),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Index(None, "author_id"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _id("message_id", primary_key=True),
    _id("channel_id"),
    _id("watched_id"),
    _id("guild_id"),
    _id("author_id"),
    sa.Column("decided_at", UtcDateTime, nullable=False),
    sa.Column("posted_at", UtcDateTime, nullable=False),
    sa.Column("flagged", sa.Boolean, nullable=False),
    sa.Column("review", sa.Boolean, nullable=False),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("concerns", sa.JSON, nullable=False),
    sa.Column("urgency", sa.SmallInteger, nullable=False),
    sa.Column("experiencer", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("crisis", sa.Boolean, nullable=False),
    sa.Column("red_flags", sa.JSON, nullable=False),
    sa.Column("spans", sa.JSON, nullable=False),
    sa.Column("topic", sa.String, nullable=False),
    sa.Column("audience", sa.String, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("thresholds", sa.String, nullable=False),
    sa.Column("rules", sa.String, nullable=False),
    sa.Column("mode", sa.String, nullable=False),
    sa.CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    sa.CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
    sa.Index(None, "author_id"),
    sa.Index(None, "decided_at"),
)

cases = sa.Table(
    "cases",
    metadata,
    _row_id("case_id"),
    _id("message_id"),
    _id("channel_id"),
    _id("watched_id"),
    _id("guild_id"),
    _id("author_id"),
    sa.Column("topic", sa.String, nullable=False),
    sa.Column("priority", sa.String, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    _id("card_channel_id", nullable=True),
    _id("card_message_id", nullable=True),
    sa.Column("proposed", sa.Boolean, nullable=False),
    # Computed from the events, and kept here so that the queue can be sorted by the database.
    sa.Column("status", sa.String, nullable=False),
    sa.Column("urgency", sa.SmallInteger, nullable=False),
    sa.Column("claimed_at", UtcDateTime),
    sa.Column("last_event_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("message_id"),
    _one_of("priority", Priority),
    _one_of("status", CaseStatus),
    sa.CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
    sa.Index(None, "guild_id", "status", "urgency", "opened_at"),
    sa.Index(None, "status", "claimed_at"),
    sa.Index(None, "author_id"),
    sqlite_autoincrement=True,
)

case_events = sa.Table(
    "case_events",
    metadata,
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    _id("actor", nullable=True),
    sa.Column("verdict", sa.String),
    sa.Column("urgency", sa.SmallInteger),
    sa.Column("note", sa.String),
    sa.CheckConstraint("seq >= 0", name="seq"),
    sa.Index(None, "actor"),
)

effects = sa.Table(
    "effects",
    metadata,
    _row_id("effect_id"),
    _id("message_id"),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    _id("guild_id"),
    _id("channel_id"),
    sa.Column("not_before", UtcDateTime, nullable=False),
    _id("case_id", nullable=True),
    sa.Column("topic", sa.String),
    sa.Column("audience", sa.String),
    sa.Column("only_if_unclaimed", sa.Boolean, nullable=False),
    sa.Column("page", sa.Boolean, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    _id("sent_message_id", nullable=True),
    sa.Column("template", sa.String),
    sa.UniqueConstraint("message_id", "action"),
    _one_of("state", EffectState),
    sa.CheckConstraint("attempts >= 0", name="attempts"),
    sa.Index(None, "state", "not_before"),
    sa.Index(None, "sent_message_id"),
    sqlite_autoincrement=True,
)

opt_outs = sa.Table(
    "opt_outs",
    metadata,
    _id("guild_id", primary_key=True),
    _id("user_id", primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Index(None, "user_id"),
)

moderator_answers = sa.Table(
    "moderator_answers",
    metadata,
    _id("channel_id", primary_key=True),
    _id("member_id", primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index(None, "member_id"),
)

audit = sa.Table(
    "audit",
    metadata,
    _id("seq", primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    _id("actor", nullable=True),
    sa.Column("actor_salt", sa.String),
    sa.Column("actor_seal", sa.String),
    sa.Column("what", sa.String, nullable=False),
    _id("case_id", nullable=True),
    sa.Column("was", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Index(None, "actor"),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    _id("head_id", primary_key=True),
    _id("length"),
    sa.Column("hash", sa.String, nullable=False),
    sa.CheckConstraint("head_id = 1", name="single"),
)
