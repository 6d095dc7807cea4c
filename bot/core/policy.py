"""May the bot act on this post, here, now? A pure function from what is known to a `Decision` with its reasons.

Reads an `Assessment`, never changes it; sends, writes and waits for nothing. The laws that the property tests hold:
a higher score never lowers what moderators see, a red flag never lowers anything, the same input gives the same
decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.assessments import Assessment, Urgency
from bot.core.posts import Origin, Post, RoleId
from bot.core.topics import Audience, Topic, audience_of, choose_topic

ASKED_ORIGINS = frozenset({Origin.REQUEST, Origin.MENTION, Origin.RETRY})
"""Ways in which a post is read without the channel being watched; a retry was asked for when it was read first."""


class Mode(StrEnum):
    """What the bot may do in a channel; a channel that names none starts in `shadow`."""

    OFF = "off"
    ON_REQUEST = "on_request"
    SHADOW = "shadow"
    ASSIST = "assist"
    AUTO = "auto"

    @property
    def watches(self) -> bool:
        """Does the bot read posts here without being asked?"""
        return self in {Mode.SHADOW, Mode.ASSIST, Mode.AUTO}


class Consent(StrEnum):
    """On which ground members' posts are read."""

    NOTICE = "notice"
    OPT_IN = "opt_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRules:
    """What a community allows in one channel; durations are time spans, the threshold a calibrated probability."""

    mode: Mode
    consent: Consent
    consent_role: RoleId | None
    cool_down: timedelta
    moderator_answer_window: timedelta
    crisis_card_after: timedelta
    flag_threshold: float | None = None
    """Replaces the model's own "surely" threshold in this channel; `None` keeps it."""
    max_reply_age: timedelta = timedelta(hours=12)
    """An older post (read on catch-up) still reaches moderators, but gets no public card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentHistory:
    """What already happened around this post, read from the store."""

    opted_out: bool = False
    last_card_at: datetime | None = None
    """When a card on the same topic last went to the same member in this channel."""
    moderator_answered_at: datetime | None = None
    """When a moderator last wrote in this channel after, or in reply to, the post."""
    wording_allowed: bool = True
    """The card's wording is signed by a clinician, or allowed unsigned by name in the configuration."""
    asked_by_other: bool = False
    """Somebody else than the writer showed this post to the moderators."""
    reply_sent: bool = False
    """This very post was answered before (an edit or a second reading)."""


class ReasonCode(StrEnum):
    """Stable names of the reasons; the sentence beside each is for people."""

    CHANNEL_OFF = "channel_off"
    NOT_ASKED = "not_asked"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    ALREADY_DECIDED = "already_decided"
    BLANK = "blank"
    NOTHING_FOUND = "nothing_found"
    FLAGGED = "flagged"
    RED_FLAG = "red_flag"
    UNCERTAIN = "uncertain"
    CRISIS = "crisis"
    MODEL_DOWN = "model_down"
    SHADOW = "shadow"
    ASSIST = "assist"
    COOL_DOWN = "cool_down"
    MODERATOR_ANSWERED = "moderator_answered"
    ALREADY_ANSWERED = "already_answered"
    TOO_OLD = "too_old"
    UNSIGNED = "unsigned"
    ASKED_BY_OTHER = "asked_by_other"
    ANSWER = "answer"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, as a stable code and one sentence."""

    code: ReasonCode
    sentence: str


class ReplyTiming(StrEnum):
    """When the card goes out."""

    NOW = "now"
    ON_APPROVAL = "on_approval"
    IF_UNCLAIMED = "if_unclaimed"
    """After `ReplyPlan.delay`, and only when no moderator has taken the case by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPlan:
    """Which card the post gets, and when."""

    topic: Topic
    audience: Audience
    timing: ReplyTiming
    delay: timedelta = timedelta(0)


class Priority(StrEnum):
    """Where a case stands in the moderators' queue."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What moderators are shown, and whether the on-call role is pinged."""

    urgency: Urgency
    priority: Priority
    page: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the bot will do about one post. `settled` is false when the post must wait for the classifier."""

    reasons: tuple[Reason, ...]
    reply: ReplyPlan | None = None
    escalate: Escalation | None = None
    settled: bool = True


def may_read(post: Post, *, rules: ChannelRules, opted_out: bool) -> Reason | None:
    """Name what forbids reading the post, or None when the classifier may see it."""
    if rules.mode is Mode.OFF:
        return Reason(code=ReasonCode.CHANNEL_OFF, sentence="The bot is switched off in this channel.")
    if rules.mode is Mode.ON_REQUEST and post.origin not in ASKED_ORIGINS:
        return Reason(code=ReasonCode.NOT_ASKED, sentence="In this channel the bot reads a post only when asked to.")
    if opted_out:
        return Reason(code=ReasonCode.OPTED_OUT, sentence="The member has opted out.")
    if rules.consent is Consent.OPT_IN and rules.consent_role not in post.author_roles:
        return Reason(code=ReasonCode.NO_CONSENT, sentence="The member has not consented to being read.")
    if post.is_blank:
        return Reason(code=ReasonCode.BLANK, sentence="The post holds no text.")
    return None


def decide(
    post: Post, *, assessment: Assessment, rules: ChannelRules, history: RecentHistory, now: datetime
) -> Decision:
    """Decide what to do about a post that was assessed; every way out names its reasons."""
    forbidden = may_read(post, rules=rules, opted_out=history.opted_out)
    if forbidden is not None:
        return Decision(reasons=(forbidden,))
    escalation, reasons = _escalate(post, assessment, rules)
    if escalation is None:
        settled = not assessment.model_down
        return Decision(reasons=reasons, settled=settled)
    if {ReasonCode.UNCERTAIN, ReasonCode.ASKED} & {reason.code for reason in reasons}:
        # A doubt or a request goes to moderators alone; a public card needs a sure finding.
        return Decision(reasons=reasons, escalate=escalation, settled=not assessment.model_down)
    reply, why = _reply(post, assessment, rules, history, now)
    return Decision(reasons=(*reasons, why), reply=reply, escalate=escalation, settled=not assessment.model_down)


def _escalate(post: Post, assessment: Assessment, rules: ChannelRules) -> tuple[Escalation | None, tuple[Reason, ...]]:
    """What moderators see: the highest of classifier, red flags and crisis."""
    reasons: list[Reason] = []
    urgency = assessment.urgency
    if assessment.model_down:
        reasons.append(
            Reason(code=ReasonCode.MODEL_DOWN, sentence="The classifier is down; only red flags could be read.")
        )
    if assessment.crisis:
        urgency = max(urgency, Urgency.SAME_DAY)
        reasons.append(Reason(code=ReasonCode.CRISIS, sentence="The post may be about self-harm: humans first."))
    if assessment.red_flags:
        urgency = max(urgency, *(hit.urgency for hit in assessment.red_flags))
        named = ", ".join(sorted({hit.rule for hit in assessment.red_flags}))
        reasons.append(Reason(code=ReasonCode.RED_FLAG, sentence=f"Red-flag rules matched: {named}."))
    # Recognition flags a post on a red flag only together with the encoder, or while the encoder is down.
    by_words = bool(assessment.red_flags) and (assessment.flagged or assessment.model_down)
    threshold = rules.flag_threshold
    surely = assessment.flagged if threshold is None else assessment.score >= threshold
    if surely or by_words or assessment.crisis:
        if surely and not assessment.model_down:
            reasons.append(
                Reason(code=ReasonCode.FLAGGED, sentence="The reading is above the threshold for this channel.")
            )
        urgency = max(urgency, Urgency.SOON)
        priority = Priority.URGENT if urgency >= Urgency.SAME_DAY else Priority.NORMAL
        page = urgency is Urgency.EMERGENCY
        return Escalation(urgency=urgency, priority=priority, page=page), tuple(reasons)
    uncertain = assessment.review or assessment.flagged or bool(assessment.red_flags)
    if uncertain:
        sentence = "The reading lies between surely not and surely: a moderator may want to glance."
        reasons.append(Reason(code=ReasonCode.UNCERTAIN, sentence=sentence))
    if post.origin is Origin.REQUEST:
        reasons.append(Reason(code=ReasonCode.ASKED, sentence="Somebody asked a moderator to look."))
    if uncertain or post.origin is Origin.REQUEST:
        # An emergency's words in a post that the classifier passes are often an old story, so nobody is paged; but the
        # classifier also misses, so a moderator gets a card and not only a line in a list.
        graves = urgency is Urgency.EMERGENCY and bool(assessment.red_flags)
        priority = Priority.NORMAL if graves or post.origin is Origin.REQUEST else Priority.LOW
        return Escalation(urgency=max(urgency, Urgency.SOON), priority=priority, page=False), tuple(reasons)
    reasons.append(Reason(code=ReasonCode.NOTHING_FOUND, sentence="Nothing in the post calls for anyone."))
    return None, tuple(reasons)


def _reply(
    post: Post, assessment: Assessment, rules: ChannelRules, history: RecentHistory, now: datetime
) -> tuple[ReplyPlan | None, Reason]:
    """Which card, if any, and the one reason that decided it."""
    silent = _silence(post, rules, history, now)
    if silent is not None:
        return None, silent
    topic, audience = choose_topic(assessment), audience_of(assessment)
    if topic is Topic.CRISIS and history.wording_allowed:
        plan = ReplyPlan(topic=topic, audience=audience, timing=ReplyTiming.IF_UNCLAIMED, delay=rules.crisis_card_after)
        minutes = round(rules.crisis_card_after.total_seconds() / 60)
        sentence = f"The crisis-line card follows only if no moderator has taken the case within {minutes} minutes."
        return plan, Reason(code=ReasonCode.CRISIS, sentence=sentence)
    if rules.mode is Mode.ASSIST:
        plan = ReplyPlan(topic=topic, audience=audience, timing=ReplyTiming.ON_APPROVAL)
        return plan, Reason(code=ReasonCode.ASSIST, sentence="A moderator approves every card in this channel.")
    if not history.wording_allowed:
        sentence = "The card's wording is not signed by a clinician, so it is not shown without a moderator."
        return None, Reason(code=ReasonCode.UNSIGNED, sentence=sentence)
    plan = ReplyPlan(topic=topic, audience=audience, timing=ReplyTiming.NOW)
    return plan, Reason(code=ReasonCode.ANSWER, sentence=f"The card on '{topic}' is shown.")


def _silence(post: Post, rules: ChannelRules, history: RecentHistory, now: datetime) -> Reason | None:
    """Name what keeps the bot silent towards members, or None."""
    if rules.mode is Mode.SHADOW:
        return Reason(code=ReasonCode.SHADOW, sentence="The channel is in shadow mode: members see nothing.")
    if history.asked_by_other:
        sentence = "Somebody else showed the post to the moderators, who decide what is said."
        return Reason(code=ReasonCode.ASKED_BY_OTHER, sentence=sentence)
    if history.reply_sent:
        return Reason(code=ReasonCode.ALREADY_ANSWERED, sentence="This post already has its card.")
    if now - post.created_at > rules.max_reply_age:
        return Reason(code=ReasonCode.TOO_OLD, sentence="The post is too old for a public answer; moderators see it.")
    answered = history.moderator_answered_at
    if answered is not None and answered >= post.created_at - rules.moderator_answer_window:
        return Reason(code=ReasonCode.MODERATOR_ANSWERED, sentence="A moderator is already answering here.")
    if history.last_card_at is not None and now - history.last_card_at < rules.cool_down:
        return Reason(code=ReasonCode.COOL_DOWN, sentence="The member was shown this card recently.")
    return None
