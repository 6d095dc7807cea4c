"""Policy: what may be done about a post, as a table; the laws stand in test_policy_laws."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.assessments import Assessment, Experiencer, Urgency
from bot.core.policy import (
    Consent,
    Escalation,
    Mode,
    Priority,
    ReasonCode,
    RecentHistory,
    ReplyTiming,
    decide,
    may_read,
)
from bot.core.posts import Origin
from bot.core.topics import Audience, Topic
from tests.making import CONSENTED, NOW, make_assessment, make_flagged, make_post, make_red_flag, make_rules


def decide_default(assessment: Assessment, *, rules=None, history=None, post=None):
    """Decide with everything else at its default."""
    return decide(
        post or make_post(),
        assessment=assessment,
        rules=rules or make_rules(),
        history=history or RecentHistory(),
        now=NOW,
    )


def codes(decision) -> set[ReasonCode]:
    """The decision's reason codes."""
    return {reason.code for reason in decision.reasons}


@pytest.mark.parametrize(
    ("urgency", "priority", "page"),
    [
        pytest.param(Urgency.SOON, Priority.NORMAL, False, id="soon"),
        pytest.param(Urgency.SAME_DAY, Priority.URGENT, False, id="same-day"),
        pytest.param(Urgency.EMERGENCY, Priority.URGENT, True, id="emergency"),
    ],
)
def test_a_flag_reaches_moderators_by_its_urgency(urgency, priority, page):
    """Urgency decides priority and paging; a card goes out in auto mode."""
    decision = decide_default(make_flagged(urgency))

    assert decision.escalate is not None
    assert (decision.escalate.urgency, decision.escalate.priority, decision.escalate.page) == (urgency, priority, page)
    assert decision.reply is not None
    assert decision.reply.timing is ReplyTiming.NOW


def test_chit_chat_leaves_nothing_behind():
    """A post that nobody needs to see has neither reply nor escalation, and says why."""
    decision = decide_default(make_assessment())

    assert decision.reply is None
    assert decision.escalate is None
    assert codes(decision) == {ReasonCode.NOTHING_FOUND}


@pytest.mark.parametrize(
    ("mode", "timing"),
    [
        pytest.param(Mode.SHADOW, None, id="shadow-shows-members-nothing"),
        pytest.param(Mode.ASSIST, ReplyTiming.ON_APPROVAL, id="assist-waits-for-a-moderator"),
        pytest.param(Mode.AUTO, ReplyTiming.NOW, id="auto-answers"),
    ],
)
def test_modes_decide_what_members_see(mode, timing):
    """Every watching mode escalates alike; only the reply differs."""
    decision = decide_default(make_flagged(), rules=make_rules(mode=mode))

    assert decision.escalate is not None
    assert (decision.reply.timing if decision.reply else None) == timing


@pytest.mark.parametrize(
    ("rules", "post", "opted_out", "code"),
    [
        pytest.param(make_rules(mode=Mode.OFF), make_post(), False, ReasonCode.CHANNEL_OFF, id="off"),
        pytest.param(make_rules(mode=Mode.ON_REQUEST), make_post(), False, ReasonCode.NOT_ASKED, id="not-asked"),
        pytest.param(make_rules(), make_post(), True, ReasonCode.OPTED_OUT, id="opted-out"),
        pytest.param(
            make_rules(consent=Consent.OPT_IN, consent_role=CONSENTED),
            make_post(),
            False,
            ReasonCode.NO_CONSENT,
            id="no-consent",
        ),
        pytest.param(make_rules(), make_post(text=" \u200b\n\u200e"), False, ReasonCode.BLANK, id="zero-width-only"),
        pytest.param(make_rules(), make_post(text=""), False, ReasonCode.BLANK, id="attachment-only"),
        pytest.param(
            make_rules(mode=Mode.OFF),
            make_post(origin=Origin.REQUEST),
            False,
            ReasonCode.CHANNEL_OFF,
            id="off-though-asked",
        ),
    ],
)
def test_what_forbids_reading_is_named(rules, post, opted_out, code):
    """The classifier never sees a post that may not be read."""
    reason = may_read(post, rules=rules, opted_out=opted_out)

    assert reason is not None
    assert reason.code is code


@pytest.mark.parametrize("origin", [Origin.REQUEST, Origin.MENTION, Origin.RETRY])
def test_asking_allows_reading_on_request(origin):
    """In on_request mode a post is read when its writer, or somebody who shows it, asks."""
    reason = may_read(make_post(origin=origin), rules=make_rules(mode=Mode.ON_REQUEST), opted_out=False)

    assert reason is None


def test_consenting_members_are_read():
    """With the consent role, opt_in communities read the post."""
    rules = make_rules(consent=Consent.OPT_IN, consent_role=CONSENTED)

    assert may_read(make_post(author_roles=frozenset({CONSENTED})), rules=rules, opted_out=False) is None


@pytest.mark.parametrize(
    ("history", "post", "code"),
    [
        pytest.param(
            RecentHistory(last_card_at=NOW - timedelta(hours=23)), make_post(), ReasonCode.COOL_DOWN, id="cool-down"
        ),
        pytest.param(
            RecentHistory(moderator_answered_at=NOW - timedelta(minutes=9)),
            make_post(),
            ReasonCode.MODERATOR_ANSWERED,
            id="moderator-just-answered",
        ),
        pytest.param(
            RecentHistory(moderator_answered_at=NOW + timedelta(minutes=30)),
            make_post(),
            ReasonCode.MODERATOR_ANSWERED,
            id="moderator-answered-while-away",
        ),
        pytest.param(RecentHistory(reply_sent=True), make_post(), ReasonCode.ALREADY_ANSWERED, id="edit-of-answered"),
        pytest.param(
            RecentHistory(), make_post(created_at=NOW - timedelta(hours=13)), ReasonCode.TOO_OLD, id="too-old"
        ),
        pytest.param(RecentHistory(wording_allowed=False), make_post(), ReasonCode.UNSIGNED, id="unsigned"),
        pytest.param(RecentHistory(asked_by_other=True), make_post(), ReasonCode.ASKED_BY_OTHER, id="shown-by-another"),
    ],
)
def test_silence_towards_members_never_silences_the_queue(history, post, code):
    """Whatever keeps the card back, moderators still get the case and the page."""
    decision = decide_default(make_flagged(Urgency.EMERGENCY), history=history, post=post)

    assert decision.reply is None
    assert code in codes(decision)
    assert decision.escalate is not None
    assert decision.escalate.page


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(RecentHistory(last_card_at=NOW - timedelta(hours=25)), id="cool-down-over"),
        pytest.param(RecentHistory(moderator_answered_at=NOW - timedelta(minutes=11)), id="old-answer"),
    ],
)
def test_old_history_does_not_silence(history):
    """Cool-downs and answers end."""
    assert decide_default(make_flagged(), history=history).reply is not None


def test_a_crisis_goes_to_humans_first():
    """The crisis card is delayed, and goes out only if nobody has taken the case."""
    decision = decide_default(make_flagged(Urgency.EMERGENCY, crisis=True))

    assert decision.reply is not None
    assert decision.reply.topic is Topic.CRISIS
    assert decision.reply.timing is ReplyTiming.IF_UNCLAIMED
    assert decision.reply.delay == timedelta(minutes=10)
    assert decision.escalate is not None
    assert decision.escalate.page


def test_a_crisis_in_assist_mode_is_not_left_waiting_for_approval():
    """Even where moderators approve every card, the crisis lines follow an unclaimed case."""
    decision = decide_default(make_flagged(crisis=True), rules=make_rules(mode=Mode.ASSIST))

    assert decision.reply is not None
    assert decision.reply.timing is ReplyTiming.IF_UNCLAIMED


def test_crisis_words_alone_reach_a_human():
    """A crisis cue that the classifier did not flag is at least same-day for moderators."""
    decision = decide_default(make_assessment(crisis=True))

    assert decision.escalate is not None
    assert decision.escalate.urgency is Urgency.SAME_DAY


def test_a_red_flag_that_the_classifier_does_not_share_is_looked_at_without_noise():
    """Words alone (an old story, a leaflet) page nobody; an emergency's words still get a card in the queue."""
    grave, mild = (
        decide_default(make_assessment(review=True, score=0.02, red_flags=(make_red_flag(urgency=urgency),)))
        for urgency in (Urgency.EMERGENCY, Urgency.SAME_DAY)
    )

    assert grave.reply is None
    assert mild.reply is None
    assert grave.escalate == Escalation(urgency=Urgency.EMERGENCY, priority=Priority.NORMAL, page=False)
    assert mild.escalate == Escalation(urgency=Urgency.SAME_DAY, priority=Priority.LOW, page=False)


def test_uncertain_posts_go_to_the_low_priority_list():
    """Between the thresholds nothing is shown to members and nobody is paged."""
    decision = decide_default(make_assessment(review=True, score=0.3))

    assert decision.reply is None
    assert decision.escalate is not None
    assert decision.escalate.priority is Priority.LOW
    assert not decision.escalate.page


def test_with_the_model_down_red_flags_still_reach_moderators_and_the_post_waits():
    """Failing is loud and safe: the case opens at once, the post stays unsettled."""
    decision = decide_default(make_assessment(model_down=True, red_flags=(make_red_flag(urgency=Urgency.EMERGENCY),)))

    assert decision.escalate is not None
    assert decision.escalate.page
    assert not decision.settled
    assert ReasonCode.MODEL_DOWN in codes(decision)


def test_with_the_model_down_other_posts_wait():
    """Nothing is shown, nothing is settled."""
    decision = decide_default(make_assessment(model_down=True))

    assert decision.escalate is None
    assert not decision.settled


def test_a_request_opens_a_case_even_when_nothing_was_found():
    """Somebody asked a human: a human looks."""
    decision = decide_default(make_assessment(), post=make_post(origin=Origin.REQUEST))

    assert decision.escalate is not None
    assert decision.escalate.priority is Priority.NORMAL
    assert decision.reply is None


def test_a_carer_gets_carers_wording():
    """Posts about somebody else get the carer's card."""
    decision = decide_default(make_flagged(experiencer=Experiencer.OTHER))

    assert decision.reply is not None
    assert decision.reply.audience is Audience.CARER


def test_a_channel_threshold_replaces_the_models():
    """A stricter channel sends a middling score to the low-priority list; a laxer one flags it."""
    middling = make_flagged(score=0.6)

    strict = decide_default(middling, rules=make_rules(flag_threshold=0.9))
    lax = decide_default(replace(make_assessment(review=True), score=0.6), rules=make_rules(flag_threshold=0.5))

    assert strict.escalate is not None
    assert strict.escalate.priority is Priority.LOW
    assert lax.escalate is not None
    assert lax.escalate.priority is Priority.NORMAL
