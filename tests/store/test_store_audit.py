"""The audit record's contract, on both databases."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.cases import CaseId
from bot.store.tables import audit, audit_head
from tests.making import MODERATOR, NOW, OTHER_MODERATOR

MIDDLE = 3
LENGTH = 5


async def write(store, *, entries=LENGTH):
    """Write a record of claims, every second one by the bot itself."""
    for number in range(entries):
        async with store.transaction() as tx:
            await tx.audit.add(
                at=NOW + timedelta(minutes=number),
                actor=None if number % 2 else MODERATOR,
                what="claim",
                case_id=CaseId(7),
                was="open",
                outcome="claimed",
            )


async def verdict(store):
    """What the check says."""
    async with store.transaction(read_only=True) as tx:
        return await tx.audit.verify()


async def test_an_untouched_record_holds(store):
    """Empty or not."""
    before = await verdict(store)
    await write(store)

    assert before is None
    assert await verdict(store) is None


TAMPERED = {
    "seq": {"seq": 30},
    "at": {"at": NOW + timedelta(minutes=2, microseconds=1)},
    "actor": {"actor": OTHER_MODERATOR},
    "actor_removed": {"actor": None},
    "actor_salt": {"actor_salt": "0" * 32},
    "actor_seal": {"actor_seal": "0" * 64},
    "what": {"what": "clain"},
    "case_id": {"case_id": 6},
    "case_id_removed": {"case_id": None},
    "was": {"was": "opem"},
    "outcome": {"outcome": "claimee"},
    "hash": {"hash": "0" * 64},
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
async def test_a_changed_entry_is_named(store, raw, change):
    """One character in any column is enough."""
    await write(store)
    async with raw.begin() as connection:
        await connection.execute(sa.update(audit).where(audit.c.seq == MIDDLE).values(change))

    found = await verdict(store)

    assert found is not None
    assert found.startswith(f"Audit entry {MIDDLE} ")


def test_every_column_is_tampered_with():
    """No column escapes the table above."""
    assert {name for change in TAMPERED.values() for name in change} == set(audit.c.keys())


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param(sa.delete(audit).where(audit.c.seq == MIDDLE), MIDDLE, id="one-removed"),
        pytest.param(sa.delete(audit).where(audit.c.seq == 1), 1, id="first-removed"),
        pytest.param(sa.delete(audit).where(audit.c.seq >= LENGTH), LENGTH, id="end-cut-off"),
        pytest.param(sa.delete(audit), 1, id="all-removed"),
        pytest.param(sa.delete(audit_head), LENGTH + 1, id="head-removed"),
        pytest.param(sa.update(audit_head).values(hash="0" * 64), LENGTH + 1, id="head-hash"),
        pytest.param(sa.update(audit_head).values(length=9), LENGTH + 1, id="head-length"),
    ],
)
async def test_a_missing_entry_is_named(store, raw, statement, named):
    """Wherever it stood."""
    await write(store)
    async with raw.begin() as connection:
        await connection.execute(statement)

    found = await verdict(store)

    assert found is not None
    assert found.startswith(f"Audit entry {named} is missing")


async def test_an_erased_actor_leaves_the_record_whole(store, raw):
    """The id goes, and what would prove a guess goes with it; the chain still holds and still grows."""
    await write(store)
    async with store.transaction() as tx:
        touched = await tx.members.erase(MODERATOR)
    await write(store, entries=1)
    async with raw.connect() as connection:
        actors = (await connection.execute(sa.select(audit.c.actor, audit.c.actor_salt).order_by(audit.c.seq))).all()

    assert touched == 3
    assert await verdict(store) is None
    assert [tuple(row) for row in actors[:LENGTH]] == [(None, None)] * LENGTH
    assert actors[LENGTH].actor == MODERATOR


async def test_writers_take_turns(store, opened):
    """Two stores that write at once make one chain."""
    other = await opened()

    await asyncio.gather(write(store), write(other), write(store), write(other))

    assert await verdict(store) is None
    async with store.transaction(read_only=True) as tx:
        assert len((await tx.members.export(MODERATOR))["audit"]) == 4 * 3
