"""The decisions' contract, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.assessments import Concern, Experiencer, Span, Stamps, Status, Urgency
from bot.core.posts import MessageId, UserId
from tests.making import NOW
from tests.store.building import make_decision

SNOWFLAKES = st.integers(min_value=1, max_value=2**63 - 1)
MOMENTS = st.datetimes(min_value=datetime(2015, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CODES = st.lists(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), max_size=4).map(tuple)
DECISIONS = st.builds(
    make_decision,
    message_id=SNOWFLAKES.map(MessageId),
    author_id=SNOWFLAKES.map(UserId),
    decided_at=MOMENTS,
    posted_at=MOMENTS,
    flagged=st.booleans(),
    review=st.booleans(),
    score=st.floats(min_value=0, max_value=1),
    concerns=st.frozensets(st.sampled_from(Concern)),
    urgency=st.sampled_from(Urgency),
    experiencer=st.sampled_from(Experiencer),
    status=st.sampled_from(Status),
    crisis=st.booleans(),
    red_flags=CODES,
    spans=st.lists(st.builds(lambda at, long: Span(at, at + long), st.integers(0, 4000), st.integers(1, 99))).map(
        tuple
    ),
    reasons=CODES,
    stamps=st.just(Stamps(model="m@2", thresholds="t@3", rules="r@4")),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(record=DECISIONS)
async def test_what_is_put_is_what_is_got(store, record):
    """Every decision survives the way through the database unchanged, to the microsecond and the last bit."""
    async with store.transaction() as tx:
        await tx.decisions.put(record)

    async with store.transaction(read_only=True) as tx:
        assert await tx.decisions.get(record.message_id) == record


async def test_times_come_back_in_utc(store):
    """A moment is stored, not a clock face: the zone that it was given in makes no difference."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    async with store.transaction() as tx:
        await tx.decisions.put(make_decision(decided_at=elsewhere))
        stored = await tx.decisions.get(MessageId(1000))

    assert stored is not None
    assert stored.decided_at == NOW
    assert stored.decided_at.utcoffset() == timedelta(0)


async def test_a_second_decision_replaces_the_first(store):
    """An edited post is decided again; only the first decision is new."""
    async with store.transaction() as tx:
        first = await tx.decisions.put(make_decision())
        second = await tx.decisions.put(make_decision(score=0.25, topic="kidney"))
        stored = await tx.decisions.get(MessageId(1000))

    assert (first, second) == (True, False)
    assert stored == make_decision(score=0.25, topic="kidney")


async def test_known_posts_are_named(store):
    """Also for more posts than one statement can ask for."""
    async with store.transaction() as tx:
        await tx.decisions.put(make_decision(message_id=MessageId(5)))
        await tx.decisions.put(make_decision(message_id=MessageId(2_500)))
        known = await tx.decisions.known([MessageId(n) for n in range(1, 3_000)])

        assert known == {5, 2_500}
        assert await tx.decisions.known([]) == frozenset()
        assert await tx.decisions.get(MessageId(6)) is None
