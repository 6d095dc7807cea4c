"""Which vetted card fits a post: a pure choice by topic, never by diagnosis.

The card of a topic is the same for everyone. Nothing here reads the member's words.
"""

from enum import StrEnum

from bot.core.assessments import Assessment, Concern, Experiencer


class Topic(StrEnum):
    """Subjects that a card can be about. Each has a live snippet, or falls back to `general`."""

    GENERAL = "general"
    EMERGENCY = "emergency"
    CRISIS = "crisis"
    BLEEDING = "bleeding"
    KIDNEY = "kidney"
    THYROID = "thyroid"
    LIVER = "liver"
    INFECTION = "infection"
    BLOOD_SUGAR = "blood_sugar"
    BOWEL = "bowel"
    EYES = "eyes"
    SKIN_HAIR = "skin_hair"
    MUSCLES = "muscles"
    RELAPSE = "relapse"
    AFTER_ALEMTUZUMAB = "after_alemtuzumab"
    STOPPING = "stopping"
    INFUSION = "infusion"
    PREGNANCY = "pregnancy"
    DOSING = "dosing"
    MONITORING = "monitoring"


class Audience(StrEnum):
    """Whom the card speaks to."""

    SELF = "self"
    CARER = "carer"


_FALLBACK = {
    Concern.OTHER_URGENT: Topic.EMERGENCY,
    Concern.RELAPSE: Topic.RELAPSE,
    Concern.SECONDARY_AUTOIMMUNITY: Topic.GENERAL,
}


def choose_topic(assessment: Assessment) -> Topic:
    """Choose the card's topic: crisis first, then the gravest red flag, then everyday cues, then the concern."""
    if assessment.crisis:
        return Topic.CRISIS
    if assessment.red_flags:
        gravest = max(assessment.red_flags, key=lambda hit: hit.urgency)
        return Topic(gravest.topic)
    for cue in assessment.topic_cues:
        return Topic(cue)
    for concern, topic in _FALLBACK.items():
        if concern in assessment.concerns:
            return topic
    return Topic.GENERAL


def audience_of(assessment: Assessment) -> Audience:
    """Carer wording when the post is about somebody else."""
    return Audience.CARER if assessment.experiencer is Experiencer.OTHER else Audience.SELF
