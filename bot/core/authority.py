"""Who may do what: one table for every command, button, menu and modal.

Knows roles by id only; that Discord really gave them to the person is the gateway's business.
"""

from collections.abc import Iterable
from enum import IntEnum, StrEnum

from bot.core.communities import Community
from bot.core.posts import RoleId


class Standing(IntEnum):
    """What a person is in a community; each standing may do what the lower ones may."""

    MEMBER = 0
    MODERATOR = 1
    ADMIN = 2


class Deed(StrEnum):
    """Everything that a person can ask of the bot."""

    ASK_MODERATOR = "ask_moderator"
    WHY = "why"
    NOT_ABOUT_ME = "not_about_me"
    PRIVACY = "privacy"
    SEE_QUEUE = "see_queue"
    SEE_CASE = "see_case"
    CLAIM = "claim"
    RELEASE = "release"
    RESOLVE = "resolve"
    SETTLE_ANSWER = "settle_answer"
    CHECK = "check"


NEEDED: dict[Deed, Standing] = {
    Deed.ASK_MODERATOR: Standing.MEMBER,
    Deed.WHY: Standing.MEMBER,
    Deed.NOT_ABOUT_ME: Standing.MEMBER,
    Deed.PRIVACY: Standing.MEMBER,
    Deed.SEE_QUEUE: Standing.MODERATOR,
    Deed.SEE_CASE: Standing.MODERATOR,
    Deed.CLAIM: Standing.MODERATOR,
    Deed.RELEASE: Standing.MODERATOR,
    Deed.RESOLVE: Standing.MODERATOR,
    Deed.SETTLE_ANSWER: Standing.MODERATOR,
    Deed.CHECK: Standing.ADMIN,
}


def standing_of(community: Community, roles: Iterable[RoleId], *, administrator: bool = False) -> Standing:
    """Name a person's standing from the roles that they hold; a server administrator counts as admin."""
    held = set(roles)
    if administrator or (community.admins_role is not None and community.admins_role in held):
        return Standing.ADMIN
    return Standing.MODERATOR if community.moderators_role in held else Standing.MEMBER


def may(standing: Standing, deed: Deed) -> bool:
    """Is a person of this standing allowed the deed?"""
    return standing >= NEEDED[deed]
