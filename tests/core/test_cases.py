"""Cases: events, computed status, and refusals."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.assessments import Urgency
from bot.core.cases import (
    CaseEvent,
    CaseEventKind,
    CaseState,
    CaseStatus,
    Refusal,
    Verdict,
    claim,
    expire_claim,
    queue_rank,
    release,
    resolve,
    settle_answer,
    state_of,
)
from bot.core.policy import Priority
from tests.making import MODERATOR, NOW, OTHER_MODERATOR

OPENED = CaseEvent(kind=CaseEventKind.OPENED, at=NOW, urgency=Urgency.SAME_DAY)
CLAIMED = CaseEvent(kind=CaseEventKind.CLAIMED, at=NOW, actor=MODERATOR)
RESOLVED = CaseEvent(kind=CaseEventKind.RESOLVED, at=NOW, actor=MODERATOR, verdict=Verdict.CONFIRMED)


def test_an_open_case_can_be_claimed_once():
    """The first claim is an event, the second a refusal that names the holder."""
    first = claim(state_of([OPENED]), by=MODERATOR, now=NOW)
    assert isinstance(first, CaseEvent)

    second = claim(state_of([OPENED, first]), by=OTHER_MODERATOR, now=NOW)

    assert isinstance(second, Refusal)
    assert second.holder == MODERATOR


def test_claiming_what_one_holds_is_refused_kindly():
    """A double press does not start a second claim."""
    refusal = claim(state_of([OPENED, CLAIMED]), by=MODERATOR, now=NOW)

    assert refusal == Refusal(sentence="You already hold this case.", holder=MODERATOR)


@pytest.mark.parametrize(
    ("events", "by"),
    [
        pytest.param([OPENED], MODERATOR, id="nobody-holds-it"),
        pytest.param([OPENED, CLAIMED], OTHER_MODERATOR, id="somebody-else-holds-it"),
        pytest.param([OPENED, CLAIMED, RESOLVED], MODERATOR, id="resolved"),
    ],
)
def test_only_the_holder_releases(events, by):
    """Every other release is refused with a sentence."""
    refusal = release(state_of(events), by=by, now=NOW)

    assert isinstance(refusal, Refusal)
    assert refusal.sentence.endswith(".")


def test_a_released_case_is_open_again():
    """Release returns the case to the queue without a holder."""
    event = release(state_of([OPENED, CLAIMED]), by=MODERATOR, now=NOW)
    assert isinstance(event, CaseEvent)

    state = state_of([OPENED, CLAIMED, event])

    assert (state.status, state.holder) == (CaseStatus.OPEN, None)


def test_a_verdict_needs_a_reason():
    """A blank reason is refused and says what to do."""
    refusal = resolve(state_of([OPENED]), by=MODERATOR, verdict=Verdict.OTHER, reason="  ", now=NOW)

    assert isinstance(refusal, Refusal)
    assert "reason" in refusal.sentence


def test_somebody_elses_case_cannot_be_resolved():
    """The holder decides."""
    refusal = resolve(
        state_of([OPENED, CLAIMED]), by=OTHER_MODERATOR, verdict=Verdict.CONFIRMED, reason="seen", now=NOW
    )

    assert isinstance(refusal, Refusal)
    assert refusal.holder == MODERATOR


def test_a_resolved_case_keeps_its_verdict_until_it_is_reopened():
    """Resolving is final for claims; reopening clears verdict and holder."""
    resolved = state_of([OPENED, CLAIMED, RESOLVED])
    reopened = state_of([OPENED, CLAIMED, RESOLVED, CaseEvent(kind=CaseEventKind.REOPENED, at=NOW)])

    assert (resolved.status, resolved.verdict) == (CaseStatus.RESOLVED, Verdict.CONFIRMED)
    assert isinstance(claim(resolved, by=OTHER_MODERATOR, now=NOW), Refusal)
    assert (reopened.status, reopened.verdict) == (CaseStatus.OPEN, None)


@pytest.mark.parametrize(("minutes", "expires"), [(19, False), (20, True)], ids=["still-held", "abandoned"])
def test_an_abandoned_claim_expires(minutes, expires):
    """A claim older than its time to live returns to the queue."""
    event = expire_claim(state_of([OPENED, CLAIMED]), ttl=timedelta(minutes=20), now=NOW + timedelta(minutes=minutes))

    assert (event is not None) == expires


def test_a_proposed_answer_is_decided_once():
    """Approving twice, or after the post is gone, is refused."""
    approved = settle_answer(state_of([OPENED]), by=MODERATOR, approve=True, now=NOW)
    assert isinstance(approved, CaseEvent)

    again = settle_answer(state_of([OPENED, approved]), by=OTHER_MODERATOR, approve=False, now=NOW)
    gone = settle_answer(CaseState(source_deleted=True), by=MODERATOR, approve=True, now=NOW)
    closed = settle_answer(state_of([OPENED, CLAIMED, RESOLVED]), by=MODERATOR, approve=True, now=NOW)

    assert isinstance(again, Refusal)
    assert isinstance(closed, Refusal)
    assert isinstance(gone, Refusal)


def test_urgency_only_rises():
    """A second reading can raise a case's urgency, never lower it."""
    raised = CaseEvent(kind=CaseEventKind.URGENCY_RAISED, at=NOW, urgency=Urgency.EMERGENCY)
    lowered = replace(raised, urgency=Urgency.SOON)

    assert state_of([OPENED, raised, lowered]).urgency is Urgency.EMERGENCY


def test_the_queue_puts_the_most_urgent_and_longest_waiting_first():
    """Low-priority glances come last, whatever their score."""
    early, late = NOW, NOW + timedelta(minutes=5)
    expected = [
        queue_rank(urgency=Urgency.EMERGENCY, priority=Priority.URGENT, opened_at=late, score=0.1),
        queue_rank(urgency=Urgency.SAME_DAY, priority=Priority.URGENT, opened_at=early, score=0.2),
        queue_rank(urgency=Urgency.SAME_DAY, priority=Priority.URGENT, opened_at=late, score=0.9),
        queue_rank(urgency=Urgency.SAME_DAY, priority=Priority.URGENT, opened_at=late, score=0.3),
        queue_rank(urgency=Urgency.SOON, priority=Priority.NORMAL, opened_at=early, score=0.9),
        queue_rank(urgency=Urgency.SOON, priority=Priority.LOW, opened_at=early, score=1.0),
    ]

    assert sorted(expected) == expected


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["claim", "release", "resolve", "expire"]), st.sampled_from([MODERATOR, OTHER_MODERATOR])
    ),
    max_size=12,
)


@given(moves=MOVES)
def test_a_claimed_case_always_has_exactly_one_holder(moves):
    """Whatever two moderators press, holder and status agree and a resolved case stays resolved."""
    events = [OPENED]
    for move, by in moves:
        state = state_of(events)
        match move:
            case "claim":
                outcome = claim(state, by=by, now=NOW)
            case "release":
                outcome = release(state, by=by, now=NOW)
            case "resolve":
                outcome = resolve(state, by=by, verdict=Verdict.OTHER, reason="seen", now=NOW)
            case _:
                outcome = expire_claim(state, ttl=timedelta(0), now=NOW)
        was_resolved = state.status is CaseStatus.RESOLVED
        if isinstance(outcome, CaseEvent):
            assert not was_resolved
            events.append(outcome)
        after = state_of(events)
        assert (after.holder is not None) == (after.status is CaseStatus.CLAIMED)
