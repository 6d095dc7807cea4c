"""Builders of core values for tests: every field has a plain default, each test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.assessments import (
    Assessment,
    Concern,
    Experiencer,
    RedFlag,
    Span,
    Stamps,
    Status,
    Urgency,
)
from bot.core.communities import Community, Directory
from bot.core.policy import ChannelRules, Consent, Mode
from bot.core.posts import ChannelId, GuildId, MessageId, Post, RoleId, UserId

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GUILD = GuildId(100)
CHANNEL = ChannelId(200)
QUEUE = ChannelId(201)
MODERATORS = RoleId(300)
ADMINS = RoleId(301)
ON_CALL = RoleId(302)
CONSENTED = RoleId(303)
MEMBER = UserId(400)
MODERATOR = UserId(401)
OTHER_MODERATOR = UserId(402)
STAMPS = Stamps(model="test-model", thresholds="test-thresholds", rules="test-rules")


def make_post(**changes: Any) -> Post:
    """A live post of a member, written now."""
    values: dict[str, Any] = {
        "message_id": MessageId(1000),
        "channel_id": CHANNEL,
        "watched_id": CHANNEL,
        "guild_id": GUILD,
        "author_id": MEMBER,
        "text": "an invented sentence",
        "created_at": NOW,
    }
    return Post(**{**values, **changes})


def make_red_flag(**changes: Any) -> RedFlag:
    """One matched lexicon line."""
    values: dict[str, Any] = {
        "rule": "test-rule",
        "urgency": Urgency.SAME_DAY,
        "concern": Concern.OTHER_URGENT,
        "topic": "bleeding",
        "span": Span(0, 2),
    }
    return RedFlag(**{**values, **changes})


def make_assessment(**changes: Any) -> Assessment:
    """An assessment that finds nothing."""
    values: dict[str, Any] = {
        "flagged": False,
        "score": 0.01,
        "review": False,
        "concerns": frozenset(),
        "concern_p": dict.fromkeys(Concern, 0.01),
        "urgency": Urgency.ROUTINE,
        "urgency_p": {Urgency.ROUTINE: 1.0, Urgency.SOON: 0.0, Urgency.SAME_DAY: 0.0, Urgency.EMERGENCY: 0.0},
        "experiencer": Experiencer.GENERIC,
        "status": Status.CURRENT,
        "stamps": STAMPS,
    }
    return Assessment(**{**values, **changes})


def make_flagged(urgency: Urgency = Urgency.SAME_DAY, **changes: Any) -> Assessment:
    """A confident flag."""
    values: dict[str, Any] = {
        "flagged": True,
        "score": 0.97,
        "concerns": frozenset({Concern.SECONDARY_AUTOIMMUNITY}),
        "urgency": urgency,
        "experiencer": Experiencer.SELF,
    }
    return make_assessment(**{**values, **changes})


def make_rules(**changes: Any) -> ChannelRules:
    """A channel in `auto` mode under notice."""
    values: dict[str, Any] = {
        "mode": Mode.AUTO,
        "consent": Consent.NOTICE,
        "consent_role": None,
        "cool_down": timedelta(hours=24),
        "moderator_answer_window": timedelta(minutes=10),
        "crisis_card_after": timedelta(minutes=10),
    }
    return ChannelRules(**{**values, **changes})


def make_community(**changes: Any) -> Community:
    """A British community with one channel in `auto` mode."""
    values: dict[str, Any] = {
        "guild_id": GUILD,
        "name": "Test community",
        "language": "en",
        "regions": ("uk",),
        "moderators_channel": QUEUE,
        "moderators_role": MODERATORS,
        "admins_role": ADMINS,
        "on_call_role": ON_CALL,
        "default_rules": make_rules(mode=Mode.ON_REQUEST),
        "claim_ttl": timedelta(minutes=20),
        "channels": {CHANNEL: make_rules()},
    }
    return Community(**{**values, **changes})


def make_directory(*communities: Community) -> Directory:
    """A directory of the given communities, or of the default one."""
    return Directory(by_guild={c.guild_id: c for c in communities or (make_community(),)})
