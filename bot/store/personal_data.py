"""Exporting, erasing and forgetting rows across all tables.

Changes nothing on Discord: cards that were sent are withdrawn by whoever asks for the erasure, before it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.cases import CaseStatus
from bot.core.effects import EffectKind, EffectState
from bot.core.errors import StoreError
from bot.core.policy import Priority
from bot.core.ports import Shown
from bot.core.posts import ChannelId, GuildId, MessageId, UserId
from bot.store import rows
from bot.store.notes import NoteCipher
from bot.store.tables import (
    ANY_MEMBER,
    ERASED,
    audit,
    case_events,
    cases,
    decisions,
    effects,
    moderator_answers,
    opt_outs,
    waiting_posts,
)

_OVER = [EffectState.SENT.value, EffectState.DROPPED.value, EffectState.FAILED.value]

_CHAIN_COLUMNS = {"actor_salt", "actor_seal", "hash"}
"""Bookkeeping of the audit chain, which says nothing about anybody."""


async def export(
    connection: AsyncConnection, user_id: UserId, *, cipher: NoteCipher
) -> dict[str, list[dict[str, object]]]:
    """Read every row that is tied to a person as author, addressee or actor."""
    _refuse_placeholder(user_id)
    posts = await _ids(connection, _posts_of(user_id))
    own_cases = await _ids(connection, sa.select(cases.c.case_id).where(cases.c.author_id == user_id))
    exported = {
        "waiting_posts": await _rows(connection, waiting_posts, waiting_posts.c.author_id == user_id),
        "decisions": await _rows(connection, decisions, decisions.c.author_id == user_id),
        "cases": await _rows(connection, cases, cases.c.author_id == user_id),
        "case_events": await _rows(
            connection, case_events, case_events.c.actor == user_id, case_events.c.case_id, own_cases
        ),
        "effects": await _rows(connection, effects, sa.false(), effects.c.message_id, posts),
        "opt_outs": await _rows(connection, opt_outs, opt_outs.c.user_id == user_id),
        "moderator_answers": await _rows(connection, moderator_answers, moderator_answers.c.member_id == user_id),
        "audit": await _rows(connection, audit, audit.c.actor == user_id, audit.c.case_id, own_cases),
    }
    return {table: [_plain(row, user_id, cipher) for row in found] for table, found in exported.items()}


async def shown(connection: AsyncConnection, user_id: UserId) -> list[Shown]:
    """Find the bot's messages that answer a member's posts or show them to moderators."""
    _refuse_placeholder(user_id)
    posts = await _ids(connection, _posts_of(user_id))
    found: list[Shown] = []
    for some in rows.chunks(posts):
        cards = sa.select(effects.c.guild_id, effects.c.channel_id, effects.c.sent_message_id).where(
            effects.c.message_id.in_(some),
            effects.c.kind.in_([EffectKind.MEMBER_CARD.value, EffectKind.CASE_CARD.value]),
            effects.c.sent_message_id.is_not(None),
        )
        found += [
            Shown(guild_id=GuildId(guild), channel_id=ChannelId(channel), message_id=MessageId(message))
            for guild, channel, message in await connection.execute(cards)
        ]
    return found


async def erase(connection: AsyncConnection, user_id: UserId) -> int:
    """Remove a person's rows; where they acted on other people's cases, the act stays and the person goes.

    The audit record keeps that something happened to case 12, but case 12 is gone and the actor is unsealed for ever.
    """
    _refuse_placeholder(user_id)
    posts = await _ids(connection, _posts_of(user_id))
    own_cases = await _ids(connection, sa.select(cases.c.case_id).where(cases.c.author_id == user_id))
    statements: list[sa.Delete | sa.Update] = []
    for some in rows.chunks(own_cases):
        statements.append(sa.delete(case_events).where(case_events.c.case_id.in_(some)))
        statements.append(sa.delete(cases).where(cases.c.case_id.in_(some)))
    for some in rows.chunks(posts):
        statements.append(sa.delete(effects).where(effects.c.message_id.in_(some)))
    statements += [
        sa.delete(decisions).where(decisions.c.author_id == user_id),
        sa.delete(waiting_posts).where(waiting_posts.c.author_id == user_id),
        sa.delete(moderator_answers).where(moderator_answers.c.member_id == user_id),
        sa.update(case_events).where(case_events.c.actor == user_id).values(actor=ERASED, note=None),
        sa.update(audit).where(audit.c.actor == user_id).values(actor=None, actor_salt=None),
    ]
    return await _run(connection, statements)


async def forget_before(connection: AsyncConnection, moment: datetime) -> int:
    """Remove what is over and older than a moment; what belongs to a case that stays, stays with it."""
    # Low-priority glances that nobody took are not kept for ever; other open cases wait for a human, however long.
    settled = sa.or_(cases.c.status == CaseStatus.RESOLVED.value, cases.c.priority == Priority.LOW.value)
    over = sa.select(cases.c.case_id).where(settled, cases.c.last_event_at < moment)

    def no_case(message_id: sa.Column[int]) -> sa.ColumnElement[bool]:
        return ~sa.exists().where(cases.c.message_id == message_id)

    return await _run(
        connection,
        [
            sa.delete(case_events).where(case_events.c.case_id.in_(over)),
            sa.delete(cases).where(cases.c.case_id.in_(over)),
            sa.delete(decisions).where(decisions.c.decided_at < moment, no_case(decisions.c.message_id)),
            sa.delete(effects).where(
                effects.c.not_before < moment,
                effects.c.state.in_(_OVER),
                no_case(effects.c.message_id),
                # The row is what keeps a post that was decided again from being answered again.
                ~sa.exists().where(decisions.c.message_id == effects.c.message_id),
            ),
            sa.delete(moderator_answers).where(moderator_answers.c.at < moment),
            sa.delete(waiting_posts).where(waiting_posts.c.given_up.is_(True), waiting_posts.c.first_seen_at < moment),
        ],
    )


def _refuse_placeholder(user_id: UserId) -> None:
    """Refuse the id that stands for nobody, which would match every detached row."""
    if user_id in {ERASED, ANY_MEMBER}:
        raise StoreError(f"The user id is {user_id!r}; expected the id of a person on Discord: give that one.")


def _posts_of(user_id: UserId) -> sa.CompoundSelect[tuple[int]]:
    """Select the messages that are known to be a person's."""
    return sa.union(
        *(
            sa.select(table.c.message_id).where(table.c.author_id == user_id)
            for table in (decisions, cases, waiting_posts)
        )
    )


async def _ids(connection: AsyncConnection, query: sa.Executable) -> list[int]:
    return sorted((await connection.execute(query)).scalars())


async def _run(connection: AsyncConnection, statements: Iterable[sa.Delete | sa.Update]) -> int:
    touched = 0
    for statement in statements:
        touched += (await connection.execute(statement)).rowcount
    return touched


async def _rows(
    connection: AsyncConnection,
    table: sa.Table,
    condition: sa.ColumnElement[bool],
    column: sa.Column[Any] | None = None,
    ids: Iterable[int] = (),
) -> list[sa.RowMapping]:
    """Read the rows that meet a condition or whose column holds one of the ids, in the order of their keys."""
    conditions = [condition, *([] if column is None else (column.in_(some) for some in rows.chunks(ids)))]
    query = sa.select(table).where(sa.or_(*conditions)).order_by(*table.primary_key.columns)
    return list((await connection.execute(query)).mappings())


def _plain(row: sa.RowMapping, user_id: UserId, cipher: NoteCipher) -> dict[str, object]:
    """Turn a row into JSON values, with notes readable and other people's ids masked."""
    plain: dict[str, object] = {}
    for name, value in row.items():
        if name in _CHAIN_COLUMNS:
            continue
        if isinstance(value, datetime):
            plain[name] = value.isoformat()
        elif name == "actor" and value is not None and value != user_id:
            plain[name] = "another person"
        elif name == "note" and value is not None:
            plain[name] = cipher.open(value)
        else:
            plain[name] = value
    return plain
