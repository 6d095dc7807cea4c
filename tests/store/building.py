"""Builders of stored values: plain defaults, each test names only what it is about."""

from typing import Any

from bot.core.assessments import Concern, Experiencer, Span, Status, Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId
from bot.core.effects import Effect, EffectKind
from bot.core.policy import Priority
from bot.core.posts import MessageId
from bot.core.records import CaseRecord, DecisionRecord
from tests.making import CHANNEL, GUILD, MEMBER, NOW, STAMPS

NOTES_KEY = "3qH1Zq8mRkq9Qm1mJ0o5bq3j2mJmJ9Jm0mJmJ9Jm0mI="
OTHER_NOTES_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def make_decision(**changes: Any) -> DecisionRecord:
    """A decision about a flagged post."""
    values: dict[str, Any] = {
        "message_id": MessageId(1000),
        "channel_id": CHANNEL,
        "watched_id": CHANNEL,
        "guild_id": GUILD,
        "author_id": MEMBER,
        "decided_at": NOW,
        "posted_at": NOW,
        "flagged": True,
        "review": False,
        "score": 0.875,
        "concerns": frozenset({Concern.RELAPSE, Concern.OTHER_URGENT}),
        "urgency": Urgency.SAME_DAY,
        "experiencer": Experiencer.SELF,
        "status": Status.CURRENT,
        "crisis": False,
        "red_flags": ("first-rule", "second-rule"),
        "spans": (Span(0, 4), Span(9, 12)),
        "topic": "bleeding",
        "audience": "self",
        "reasons": ("flagged", "answer"),
        "stamps": STAMPS,
        "mode": "auto",
    }
    return DecisionRecord(**{**values, **changes})


def make_opened(**changes: Any) -> CaseEvent:
    """The first event of a case."""
    values: dict[str, Any] = {"kind": CaseEventKind.OPENED, "at": NOW, "urgency": Urgency.SAME_DAY}
    return CaseEvent(**{**values, **changes})


def make_case(**changes: Any) -> CaseRecord:
    """A case that was just opened; its id is the store's to give."""
    values: dict[str, Any] = {
        "case_id": CaseId(0),
        "message_id": MessageId(1000),
        "channel_id": CHANNEL,
        "watched_id": CHANNEL,
        "guild_id": GUILD,
        "author_id": MEMBER,
        "topic": "bleeding",
        "priority": Priority.URGENT,
        "opened_at": NOW,
        "events": (make_opened(),),
        "decision": None,
    }
    return CaseRecord(**{**values, **changes})


def make_effect(**changes: Any) -> Effect:
    """A member's card that is due now."""
    values: dict[str, Any] = {
        "message_id": MessageId(1000),
        "action": "member_card",
        "kind": EffectKind.MEMBER_CARD,
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "not_before": NOW,
        "topic": "bleeding",
        "audience": "self",
    }
    return Effect(**{**values, **changes})
