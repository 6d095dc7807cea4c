"""The cases' contract, on both databases."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.core.assessments import Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, CaseStatus, Verdict, queue_rank, state_of
from bot.core.policy import Priority
from bot.core.posts import ChannelId, GuildId, MessageId
from bot.store.notes import UNREADABLE
from tests.making import GUILD, MODERATOR, NOW, OTHER_MODERATOR
from tests.store.building import OTHER_NOTES_KEY, make_case, make_decision, make_opened

CLAIM = CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW + timedelta(minutes=1), actor=MODERATOR)
RESOLUTION = CaseEvent(
    kind=CaseEventKind.RESOLVED,
    at=NOW + timedelta(minutes=2),
    actor=MODERATOR,
    verdict=Verdict.CONFIRMED,
    note="seen by the ward",
)


async def test_an_opened_case_comes_back_whole(store):
    """With its events in order and the decision of its post."""
    asked = CaseEvent(kind=CaseEventKind.ASKED, at=NOW, actor=MODERATOR)
    async with store.transaction() as tx:
        await tx.decisions.put(make_decision())
        opened = await tx.cases.open(make_case(events=(make_opened(), asked), proposed=True))

    async with store.transaction(read_only=True) as tx:
        assert await tx.cases.get(opened.case_id) == opened
        assert await tx.cases.of_post(MessageId(1000)) == opened
    assert opened == make_case(
        case_id=opened.case_id, events=(make_opened(), asked), decision=make_decision(), proposed=True
    )


async def test_a_post_has_one_case(store):
    """Opening a second one gives the first back, unchanged."""
    async with store.transaction() as tx:
        first = await tx.cases.open(make_case())
        second = await tx.cases.open(make_case(topic="kidney", priority=Priority.LOW))

    assert second == first


async def test_what_does_not_exist_is_none(store):
    """No case, no record; nothing can be appended to a case that is gone."""
    async with store.transaction() as tx:
        assert await tx.cases.get(CaseId(7)) is None
        assert await tx.cases.of_post(MessageId(7)) is None
        assert await tx.cases.append(make_case(case_id=CaseId(7)), CLAIM) is None


async def test_a_case_grows_only_from_where_it_was_read(store):
    """The second of two writers that read the same history is told None, and nothing of theirs is stored."""
    async with store.transaction() as tx:
        read = await tx.cases.open(make_case())
    async with store.transaction() as tx:
        won = await tx.cases.append(read, CLAIM)
    async with store.transaction() as tx:
        lost = await tx.cases.append(read, replace(CLAIM, actor=OTHER_MODERATOR))
        stored = await tx.cases.get(read.case_id)

    assert won is not None
    assert won.events == (*read.events, CLAIM)
    assert lost is None
    assert stored == won


async def test_a_lost_race_leaves_the_transaction_usable(store):
    """The loser still writes what belongs to losing, such as the audit entry of the refusal."""
    async with store.transaction() as tx:
        read = await tx.cases.open(make_case())
        await tx.cases.append(read, CLAIM)

        assert await tx.cases.append(read, CLAIM) is None
        await tx.cases.set_priority(read.case_id, Priority.LOW)

    async with store.transaction(read_only=True) as tx:
        stored = await tx.cases.get(read.case_id)
    assert stored is not None
    assert stored.priority is Priority.LOW


async def test_a_card_is_remembered(store):
    """Where the moderators' card stands."""
    async with store.transaction() as tx:
        case = await tx.cases.open(make_case())
        await tx.cases.attach_card(case.case_id, channel_id=ChannelId(11), message_id=MessageId(12))
        stored = await tx.cases.get(case.case_id)

    assert stored is not None
    assert (stored.card_channel_id, stored.card_message_id) == (11, 12)


async def test_a_note_is_read_with_its_key_only(store, opened):
    """Another key, or none, reads a fixed sentence in its place; the verdict is untouched."""
    async with store.transaction() as tx:
        case = await tx.cases.open(make_case())
        resolved = await tx.cases.append(case, RESOLUTION)
    notes = []
    for key in (OTHER_NOTES_KEY, None):
        async with (await opened(notes_key=key)).transaction(read_only=True) as tx:
            stored = await tx.cases.get(case.case_id)
            assert stored is not None
            assert stored.state.verdict is Verdict.CONFIRMED
            notes.append(stored.events[-1].note)

    assert resolved is not None
    assert resolved.events[-1].note == "seen by the ward"
    assert notes == [UNREADABLE, UNREADABLE]


async def test_without_a_key_the_verdict_is_kept_and_the_note_left_out(opened):
    """A missing key never loses a verdict; the log says what happened, without the note."""
    keyless = await opened(notes_key=None)
    with capture_logs() as logs:
        async with keyless.transaction() as tx:
            case = await tx.cases.open(make_case())
            resolved = await tx.cases.append(case, RESOLUTION)

    assert resolved is not None
    assert resolved.events[-1] == replace(RESOLUTION, note=None)
    assert [(entry["log_level"], entry["action"]) for entry in logs] == [("warning", "leave_out_note")]
    assert "ward" not in str(logs)


FRESH = count(start=10**6)
"""Ids that no example before used: the examples of a property share one database."""

URGENCIES = st.sampled_from(Urgency)
QUEUED = st.lists(
    st.tuples(URGENCIES, st.sampled_from(Priority), st.integers(0, 3), st.one_of(st.none(), st.floats(0, 1))),
    min_size=2,
    max_size=7,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queued=QUEUED)
async def test_the_queue_is_in_the_order_of_the_core(store, queued):
    """The database sorts as `queue_rank` does, and leaves out resolved cases and other communities."""
    guild_id = GuildId(next(FRESH))
    async with store.transaction() as tx:
        for urgency, priority, minutes, score in queued:
            message_id, opened_at = MessageId(next(FRESH)), NOW + timedelta(minutes=minutes)
            if score is not None:
                await tx.decisions.put(make_decision(message_id=message_id, score=score))
            await tx.cases.open(
                make_case(
                    message_id=message_id,
                    guild_id=guild_id,
                    priority=priority,
                    opened_at=opened_at,
                    events=(make_opened(urgency=urgency, at=opened_at),),
                )
            )
        queue = await tx.cases.queue(guild_id, limit=100)
        head = await tx.cases.queue(guild_id, limit=1)
        await tx.cases.append(queue[0], RESOLUTION)
        rest = await tx.cases.queue(guild_id, limit=100)
        for case in rest:
            await tx.cases.append(case, RESOLUTION)

    ranks = [
        queue_rank(
            urgency=case.state.urgency,
            priority=case.priority,
            opened_at=case.opened_at,
            score=case.decision.score if case.decision else 0.0,
        )
        for case in queue
    ]
    assert len(queue) == len(queued)
    assert ranks == sorted(ranks)
    assert head == queue[:1]
    assert rest == queue[1:]


@pytest.mark.parametrize(
    ("later", "found"),
    [pytest.param(0, False, id="younger"), pytest.param(1, True, id="just-as-old"), pytest.param(9, True, id="older")],
)
async def test_old_claims_are_found(store, later, found):
    """A claim counts from the moment that it was made; cases that nobody holds are never among them."""
    async with store.transaction() as tx:
        case = await tx.cases.open(make_case())
        await tx.cases.open(make_case(message_id=MessageId(1001)))
        await tx.cases.append(case, CLAIM)
        claimed = await tx.cases.claimed_before(NOW + timedelta(minutes=later))

    assert [one.case_id for one in claimed] == ([case.case_id] if found else [])


EVENTS = st.lists(
    st.builds(
        CaseEvent,
        kind=st.sampled_from(CaseEventKind),
        at=st.integers(0, 10_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        actor=st.sampled_from([None, MODERATOR, OTHER_MODERATOR]),
        verdict=st.one_of(st.none(), st.sampled_from(Verdict)),
        urgency=st.one_of(st.none(), URGENCIES),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(st.just(make_opened()), min_size=1, max_size=2), walk=EVENTS)
async def test_the_queue_s_columns_agree_with_the_history(store, raw, first, walk):
    """Whatever happens to a case, in whatever order, the columns that the queue sorts by say what its events say."""
    async with store.transaction() as tx:
        case = await tx.cases.open(make_case(message_id=MessageId(next(FRESH)), events=tuple(first)))
        for event in walk:
            grown = await tx.cases.append(case, event)
            assert grown is not None
            case = grown
    async with raw.connect() as connection:
        query = sa.text("SELECT status, urgency, claimed_at IS NULL FROM cases WHERE case_id = :case")
        status, urgency, unclaimed = (await connection.execute(query, {"case": case.case_id})).one()
    async with store.transaction(read_only=True) as tx:
        held = [one.case_id for one in await tx.cases.claimed_before(case.state.claimed_at or NOW)]

    state = state_of(case.events)
    assert (CaseStatus(status), Urgency(urgency), bool(unclaimed)) == (
        state.status,
        state.urgency,
        state.claimed_at is None,
    )
    assert (case.case_id in held) == (state.status is CaseStatus.CLAIMED)


async def test_cases_of_other_communities_stay_out_of_the_queue(store):
    """A community sees its own cases only."""
    async with store.transaction() as tx:
        own = await tx.cases.open(make_case())
        await tx.cases.open(make_case(message_id=MessageId(1001), guild_id=GuildId(77)))

        assert await tx.cases.queue(GUILD, limit=10) == [own]
