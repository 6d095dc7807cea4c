"""What is tied to a person: choices, answers, export, erasure and retention, on both databases."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.cases import CaseEvent, CaseEventKind, CaseId, Verdict
from bot.core.effects import EffectKind, EffectState
from bot.core.errors import StoreError
from bot.core.posts import ChannelId, GuildId, MessageId, UserId
from bot.store.tables import ERASED, metadata
from tests.making import CHANNEL, GUILD, MEMBER, MODERATOR, NOW, make_post
from tests.store.building import make_case, make_decision, make_effect, make_opened

NEIGHBOUR = UserId(444_444)
NOTE = "a note about the member"


async def test_opting_out_is_per_community_and_can_be_undone(store):
    """And says nothing about anybody else."""
    async with store.transaction() as tx:
        await tx.members.set_opt_out(GUILD, MEMBER, out=True, now=NOW)
        await tx.members.set_opt_out(GUILD, MEMBER, out=True, now=NOW)
        here = await tx.members.opted_out(GUILD, [MEMBER, NEIGHBOUR])
        elsewhere = await tx.members.opted_out(GuildId(9), [MEMBER])
        await tx.members.set_opt_out(GUILD, MEMBER, out=False, now=NOW)
        after = await tx.members.opted_out(GUILD, [MEMBER])

    assert (here, elsewhere, after) == ({MEMBER}, frozenset(), frozenset())


BEFORE, AFTER = NOW - timedelta(minutes=5), NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([], None, id="nobody-wrote"),
        pytest.param([(MEMBER, BEFORE)], BEFORE, id="reply-to-the-member-before"),
        pytest.param([(None, BEFORE)], None, id="message-before-the-post"),
        pytest.param([(None, NOW)], None, id="message-at-the-same-moment"),
        pytest.param([(None, AFTER)], AFTER, id="message-after-the-post"),
        pytest.param([(NEIGHBOUR, AFTER)], None, id="reply-to-somebody-else"),
        pytest.param([(MEMBER, BEFORE), (None, AFTER)], AFTER, id="the-latest-counts"),
        pytest.param([(MEMBER, AFTER), (MEMBER, BEFORE)], AFTER, id="never-moves-back"),
    ],
)
async def test_a_moderator_s_answer_is_found(store, answers, expected):
    """A reply to this member counts whenever it came, a message to nobody only after the post."""
    async with store.transaction() as tx:
        for member_id, at in answers:
            await tx.members.note_moderator_answer(channel_id=CHANNEL, member_id=member_id, at=at)
        found = await tx.members.moderator_answer(channel_id=CHANNEL, member_id=MEMBER, posted_at=NOW)
        elsewhere = await tx.members.moderator_answer(channel_id=ChannelId(9), member_id=MEMBER, posted_at=NOW)

    assert found == expected
    assert elsewhere is None


async def live_through(store, author, *, message_id):
    """A member's post that was read, answered, taken up by a moderator and resolved; returns the case."""
    message_id = MessageId(message_id)
    async with store.transaction() as tx:
        await tx.ledger.wait(make_post(message_id=MessageId(message_id + 1), author_id=author), now=NOW, max_attempts=1)
        await tx.decisions.put(make_decision(message_id=message_id, author_id=author))
        case = await tx.cases.open(
            make_case(
                message_id=message_id,
                author_id=author,
                events=(make_opened(), CaseEvent(kind=CaseEventKind.ASKED, at=NOW, actor=author)),
            )
        )
        resolution = CaseEvent(
            kind=CaseEventKind.RESOLVED, at=NOW, actor=MODERATOR, verdict=Verdict.CONFIRMED, note=NOTE
        )
        grown = await tx.cases.append(case, resolution)
        await tx.outbox.enqueue(make_effect(message_id=message_id, case_id=case.case_id))
        await tx.members.note_moderator_answer(channel_id=CHANNEL, member_id=author, at=NOW)
        await tx.members.set_opt_out(GUILD, author, out=True, now=NOW)
        for actor in (author, MODERATOR):
            await tx.audit.add(
                at=NOW, actor=actor, what="resolve", case_id=case.case_id, was="open", outcome="resolved"
            )
    assert grown is not None
    return grown


async def test_an_export_holds_every_row_of_a_member(store):
    """As plain JSON, with notes readable, other people's ids masked, and nothing about anybody else."""
    await live_through(store, MEMBER, message_id=1000)
    await live_through(store, NEIGHBOUR, message_id=2000)

    async with store.transaction(read_only=True) as tx:
        exported = await tx.members.export(MEMBER)

    assert {table: len(found) for table, found in exported.items()} == {
        "waiting_posts": 1,
        "decisions": 1,
        "cases": 1,
        "case_events": 3,
        "effects": 1,
        "opt_outs": 1,
        "moderator_answers": 1,
        "audit": 2,
    }
    text = json.dumps(exported)
    assert json.loads(text) == exported
    assert str(NEIGHBOUR) not in text
    assert str(MODERATOR) not in text
    assert exported["case_events"][2]["note"] == NOTE
    assert exported["decisions"][0]["posted_at"] == NOW.isoformat()


async def every_row(raw):
    """All rows of all tables, as text."""
    async with raw.connect() as connection:
        return {
            table.name: [str(tuple(row)) for row in await connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
        }


async def test_an_erased_member_is_gone_but_for_the_opt_out(store, raw):
    """Nothing names them any more, nothing of anybody else is touched, and the audit record still holds."""
    await live_through(store, NEIGHBOUR, message_id=2000)
    before = await every_row(raw)
    await live_through(store, MEMBER, message_id=1000)

    async with store.transaction() as tx:
        erased = await tx.members.erase(MEMBER)
        again = await tx.members.erase(MEMBER)
        holds = await tx.audit.verify()
    after = await every_row(raw)

    assert (erased, again) == (9, 0)
    assert holds is None
    naming = {table for table, found in after.items() if any(f"{MEMBER}," in row or "1000," in row for row in found)}
    assert naming == {"opt_outs"}
    for table in set(before) - {"opt_outs", "audit", "audit_head"}:
        assert after[table] == before[table], table


async def test_an_erased_moderator_s_verdict_stays_without_them(store):
    """The case keeps its history; who it was, and what they wrote, is gone."""
    case = await live_through(store, MEMBER, message_id=1000)

    async with store.transaction() as tx:
        await tx.members.erase(MODERATOR)
        stored = await tx.cases.get(case.case_id)

    assert stored is not None
    assert stored.events[-1] == replace(case.events[-1], actor=ERASED, note=None)
    assert stored.state.verdict is Verdict.CONFIRMED


@pytest.mark.parametrize("deed", ["export", "erase"])
async def test_the_placeholder_is_nobody(store, deed):
    """Asking for the id that stands for erased people is refused, since it would match all of them."""
    with pytest.raises(StoreError, match="expected the id of a person"):
        async with store.transaction() as tx:
            await getattr(tx.members, deed)(ERASED)


async def test_scrubbing_keeps_everything_that_was_not_erased(store, raw):
    """And works while other connections are open."""
    await live_through(store, MEMBER, message_id=1000)
    before = await every_row(raw)

    await store.scrub()

    assert await every_row(raw) == before


async def test_retention_forgets_what_is_over(store):
    """A resolved case goes with its decision, effects, answers and waiting post; the second run finds nothing."""
    case = await live_through(store, MEMBER, message_id=1000)
    async with store.transaction() as tx:
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.finish(effect.effect_id, state=EffectState.SENT)
        too_early = await tx.members.forget_before(NOW)
        forgotten = await tx.members.forget_before(NOW + timedelta(days=90))
        again = await tx.members.forget_before(NOW + timedelta(days=90))

        assert (too_early, forgotten, again) == (0, 8, 0)
        assert await tx.cases.get(case.case_id) is None
        assert await tx.decisions.get(MessageId(1000)) is None
        assert await tx.outbox.of_post(MessageId(1000), EffectKind.MEMBER_CARD) is None
        assert await tx.members.opted_out(GUILD, [MEMBER]) == {MEMBER}
        assert await tx.audit.verify() is None


async def test_retention_keeps_what_is_not_over(store):
    """An open case keeps its decision and effects; so does an effect that still waits, however old it is."""
    async with store.transaction() as tx:
        await tx.decisions.put(make_decision())
        case = await tx.cases.open(make_case())
        await tx.outbox.enqueue(make_effect(case_id=CaseId(case.case_id)))
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.finish(effect.effect_id, state=EffectState.SENT)
        await tx.outbox.enqueue(make_effect(message_id=MessageId(3000)))
        await tx.ledger.wait(make_post(message_id=MessageId(4000)), now=NOW, max_attempts=3)

        assert await tx.members.forget_before(NOW + timedelta(days=90)) == 0
        stored = await tx.cases.get(case.case_id)
        assert stored is not None
        assert stored.decision == make_decision()
