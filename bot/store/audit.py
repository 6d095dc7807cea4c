"""Append-only record of transitions and refusals, each entry sealed with the hash of all before it.

Proves that nothing was changed, removed or put in between; it cannot stop somebody who rewrites the whole chain. An
entry seals a salted hash of its actor instead of the id itself, so that a person can be erased from the record
without breaking it.
"""

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.cases import CaseId
from bot.core.posts import UserId
from bot.store.tables import audit, audit_head

_WHAT_TO_DO = "expected an untouched record: compare with a backup and find out who can write to the database"


class SqlAudit:
    """The `Audit` port inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self, *, at: datetime, actor: UserId | None, what: str, case_id: CaseId | None, was: str, outcome: str
    ) -> None:
        """Append an entry; `actor` is None when the bot itself acted."""
        # Locking the head makes writers take turns on PostgreSQL; on SQLite they do already.
        head = (await self._connection.execute(sa.select(audit_head).with_for_update())).mappings().one()
        salt = None if actor is None else secrets.token_hex(16)
        entry: dict[str, Any] = {
            "seq": head["length"] + 1,
            "at": at,
            "actor": actor,
            "actor_salt": salt,
            "actor_seal": None if actor is None or salt is None else _seal(actor, salt),
            "what": what,
            "case_id": case_id,
            "was": was,
            "outcome": outcome,
        }
        entry["hash"] = _hash(entry, previous=head["hash"])
        await self._connection.execute(sa.insert(audit).values(entry))
        await self._connection.execute(sa.update(audit_head).values(length=entry["seq"], hash=entry["hash"]))

    async def verify(self) -> str | None:
        """None when the chain holds, else a sentence naming the first entry that does not."""
        head = (await self._connection.execute(sa.select(audit_head))).mappings().one_or_none()
        previous, length = "", 0
        async with self._connection.stream(sa.select(audit).order_by(audit.c.seq)) as entries:
            async for row in entries.mappings():
                if row["seq"] != length + 1:
                    return f"Audit entry {length + 1} is missing (found {row['seq']} in its place); {_WHAT_TO_DO}."
                if row["hash"] != _hash(row, previous=previous) or not _actor_holds(row):
                    return f"Audit entry {row['seq']} was changed after it was written; {_WHAT_TO_DO}."
                previous, length = row["hash"], row["seq"]
        if head is None or head["length"] != length or head["hash"] != previous:
            return f"Audit entry {length + 1} is missing (the record ends too early or too late); {_WHAT_TO_DO}."
        return None


def _actor_holds(row: sa.RowMapping | dict[str, Any]) -> bool:
    """Does the stored actor agree with the sealed one? An erased actor leaves the seal alone."""
    if row["actor"] is None and row["actor_salt"] is None:
        return True
    if row["actor"] is None or row["actor_salt"] is None:
        return False
    return bool(row["actor_seal"] == _seal(row["actor"], row["actor_salt"]))


def _seal(actor: int, salt: str) -> str:
    return hashlib.sha256(f"{salt}:{actor}".encode()).hexdigest()


def _hash(entry: sa.RowMapping | dict[str, Any], *, previous: str) -> str:
    """Hash the canonical JSON of an entry together with the hash before it."""
    sealed = {name: entry[name] for name in ("seq", "actor_seal", "what", "case_id", "was", "outcome")}
    sealed["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    sealed["previous"] = previous
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
