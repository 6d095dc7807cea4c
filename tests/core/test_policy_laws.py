"""The laws of policy, held for arbitrary assessments, rules and histories."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.assessments import Concern, Experiencer, Status, Urgency
from bot.core.policy import Mode, Priority, RecentHistory, decide
from bot.core.topics import Topic
from tests.making import NOW, make_assessment, make_post, make_red_flag, make_rules


def decide_default(assessment, *, rules, history):
    """Decide about an ordinary post."""
    return decide(make_post(), assessment=assessment, rules=rules, history=history, now=NOW)


ASSESSMENTS = st.builds(
    make_assessment,
    flagged=st.just(False),
    review=st.booleans(),
    score=st.floats(0, 1),
    urgency=st.sampled_from(Urgency),
    concerns=st.frozensets(st.sampled_from(Concern)),
    experiencer=st.sampled_from(Experiencer),
    status=st.sampled_from(Status),
    crisis=st.booleans(),
    model_down=st.booleans(),
    red_flags=st.lists(
        st.builds(make_red_flag, urgency=st.sampled_from(Urgency), topic=st.sampled_from([t.value for t in Topic])),
        max_size=3,
    ).map(tuple),
)
RULES = st.builds(
    make_rules,
    mode=st.sampled_from([Mode.SHADOW, Mode.ASSIST, Mode.AUTO]),
    flag_threshold=st.none() | st.floats(0.01, 0.99),
)
HISTORIES = st.builds(
    RecentHistory,
    last_card_at=st.none() | st.just(NOW - timedelta(hours=1)),
    moderator_answered_at=st.none() | st.just(NOW),
    reply_sent=st.booleans(),
    wording_allowed=st.booleans(),
)
RANK = {None: 0, Priority.LOW: 1, Priority.NORMAL: 2, Priority.URGENT: 3}


def height(decision) -> tuple[int, int, bool]:
    """How much moderators see: priority, urgency, page."""
    shown = decision.escalate
    return (0, 0, False) if shown is None else (RANK[shown.priority], int(shown.urgency), shown.page)


@given(assessment=ASSESSMENTS, rules=RULES, history=HISTORIES)
def test_the_same_input_gives_the_same_decision(assessment, rules, history):
    """Policy is a function."""
    first = decide_default(assessment, rules=rules, history=history)
    second = decide_default(assessment, rules=rules, history=history)

    assert first == second


@given(assessment=ASSESSMENTS, rules=RULES, history=HISTORIES, higher=st.floats(0, 1))
def test_a_higher_score_never_lowers_what_moderators_see(assessment, rules, history, higher):
    """Raising the score alone keeps or raises priority, urgency and page."""
    raised = replace(assessment, score=max(assessment.score, higher))

    before = height(decide_default(assessment, rules=rules, history=history))
    after = height(decide_default(raised, rules=rules, history=history))

    assert all(new >= old for old, new in zip(before, after, strict=True))


@given(assessment=ASSESSMENTS, rules=RULES, history=HISTORIES, urgency=st.sampled_from(Urgency))
def test_a_red_flag_never_lowers_anything(assessment, rules, history, urgency):
    """Adding a red flag keeps or raises priority, urgency and page."""
    more = replace(assessment, red_flags=(*assessment.red_flags, make_red_flag(urgency=urgency)))

    before = height(decide_default(assessment, rules=rules, history=history))
    after = height(decide_default(more, rules=rules, history=history))

    assert all(new >= old for old, new in zip(before, after, strict=True))


@given(assessment=ASSESSMENTS, rules=RULES, history=HISTORIES)
def test_every_decision_names_its_reasons_in_sentences(assessment, rules, history):
    """No way out without a reason that a person can read."""
    decision = decide_default(assessment, rules=rules, history=history)

    assert decision.reasons
    assert all(reason.sentence.endswith(".") for reason in decision.reasons)


@given(assessment=ASSESSMENTS, history=HISTORIES)
def test_shadow_mode_never_shows_members_anything(assessment, history):
    """Shadow means shadow."""
    assert decide_default(assessment, rules=make_rules(mode=Mode.SHADOW), history=history).reply is None
