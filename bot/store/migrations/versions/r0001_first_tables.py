"""The first tables: what the bot read, the moderators' cases, the outbox, people's choices, the audit record."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_reading()
    _create_cases()
    _create_outbox()
    _create_people()
    _create_audit()


def downgrade() -> None:
    for table in (
        "audit_head",
        "audit",
        "moderator_answers",
        "opt_outs",
        "effects",
        "case_events",
        "cases",
        "decisions",
        "waiting_posts",
        "channel_marks",
    ):
        op.drop_table(table)


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def _create_reading() -> None:
    op.create_table(
        "channel_marks",
        _id("channel_id"),
        _id("watched_id"),
        _id("guild_id"),
        _id("settled_id"),
        sa.PrimaryKeyConstraint("channel_id", name="pk_channel_marks"),
    )
    op.create_table(
        "waiting_posts",
        _id("message_id"),
        _id("channel_id"),
        _id("watched_id"),
        _id("guild_id"),
        _id("author_id"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("given_up", sa.Boolean, nullable=False),
        sa.Column("first_seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_waiting_posts"),
    )
    op.create_index("ix_waiting_posts_author_id", "waiting_posts", ["author_id"])
    op.create_table(
        "decisions",
        _id("message_id"),
        _id("channel_id"),
        _id("watched_id"),
        _id("guild_id"),
        _id("author_id"),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.Column("posted_at", _MOMENT, nullable=False),
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
        *(sa.Column(name, sa.String, nullable=False) for name in ("model", "thresholds", "rules", "mode")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="ck_decisions_score"),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name="ck_decisions_urgency"),
        sa.PrimaryKeyConstraint("message_id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_author_id", "decisions", ["author_id"])
    op.create_index("ix_decisions_decided_at", "decisions", ["decided_at"])


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", _ROW_ID, nullable=False),
        _id("message_id"),
        _id("channel_id"),
        _id("watched_id"),
        _id("guild_id"),
        _id("author_id"),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("priority", sa.String, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        _id("card_channel_id", nullable=True),
        _id("card_message_id", nullable=True),
        sa.Column("proposed", sa.Boolean, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("claimed_at", _MOMENT),
        sa.Column("last_event_at", _MOMENT, nullable=False),
        sa.CheckConstraint("priority IN ('urgent', 'normal', 'low')", name="ck_cases_priority"),
        sa.CheckConstraint("status IN ('open', 'claimed', 'resolved')", name="ck_cases_status"),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name="ck_cases_urgency"),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
        sa.UniqueConstraint("message_id", name="uq_cases_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cases_author_id", "cases", ["author_id"])
    op.create_index(
        "ix_cases_guild_id_status_urgency_opened_at", "cases", ["guild_id", "status", "urgency", "opened_at"]
    )
    op.create_index("ix_cases_status_claimed_at", "cases", ["status", "claimed_at"])
    op.create_table(
        "case_events",
        _id("case_id"),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _id("actor", nullable=True),
        sa.Column("verdict", sa.String),
        sa.Column("urgency", sa.SmallInteger),
        sa.Column("note", sa.String),
        sa.CheckConstraint("seq >= 0", name="ck_case_events_seq"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_case_events_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "seq", name="pk_case_events"),
    )
    op.create_index("ix_case_events_actor", "case_events", ["actor"])


def _create_outbox() -> None:
    op.create_table(
        "effects",
        sa.Column("effect_id", _ROW_ID, nullable=False),
        _id("message_id"),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        _id("guild_id"),
        _id("channel_id"),
        sa.Column("not_before", _MOMENT, nullable=False),
        _id("case_id", nullable=True),
        sa.Column("topic", sa.String),
        sa.Column("audience", sa.String),
        sa.Column("only_if_unclaimed", sa.Boolean, nullable=False),
        sa.Column("page", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        _id("sent_message_id", nullable=True),
        sa.Column("template", sa.String),
        sa.CheckConstraint("state IN ('due', 'sending', 'sent', 'dropped', 'failed')", name="ck_effects_state"),
        sa.CheckConstraint("attempts >= 0", name="ck_effects_attempts"),
        sa.PrimaryKeyConstraint("effect_id", name="pk_effects"),
        sa.UniqueConstraint("message_id", "action", name="uq_effects_message_id_action"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_effects_sent_message_id", "effects", ["sent_message_id"])
    op.create_index("ix_effects_state_not_before", "effects", ["state", "not_before"])


def _create_people() -> None:
    op.create_table(
        "opt_outs",
        _id("guild_id"),
        _id("user_id"),
        sa.Column("since", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_opt_outs"),
    )
    op.create_index("ix_opt_outs_user_id", "opt_outs", ["user_id"])
    op.create_table(
        "moderator_answers",
        _id("channel_id"),
        _id("member_id"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "member_id", name="pk_moderator_answers"),
    )
    op.create_index("ix_moderator_answers_member_id", "moderator_answers", ["member_id"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        _id("seq"),
        sa.Column("at", _MOMENT, nullable=False),
        _id("actor", nullable=True),
        sa.Column("actor_salt", sa.String),
        sa.Column("actor_seal", sa.String),
        sa.Column("what", sa.String, nullable=False),
        _id("case_id", nullable=True),
        sa.Column("was", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_actor", "audit", ["actor"])
    head = op.create_table(
        "audit_head",
        _id("head_id"),
        _id("length"),
        sa.Column("hash", sa.String, nullable=False),
        sa.CheckConstraint("head_id = 1", name="ck_audit_head_single"),
        sa.PrimaryKeyConstraint("head_id", name="pk_audit_head"),
    )
    op.bulk_insert(head, [{"head_id": 1, "length": 0, "hash": ""}])
