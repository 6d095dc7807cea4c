"""Every button, by an id alone, so that a press works after a restart; what it means is the services' business."""

import re
from collections.abc import Awaitable
from enum import StrEnum
from typing import Any, assert_never

import discord

from bot.core.authority import Deed
from bot.core.cases import CaseId, CaseStatus, Refusal
from bot.core.communities import Community
from bot.core.ports import AnswerLibrary
from bot.core.posts import MessageId, UserId
from bot.core.records import CaseRecord
from bot.gateway.admission import admit, answering, phrase, tell
from bot.gateway.erase_button import ERASE_IDS, EraseButton
from bot.gateway.ports import ports_of
from bot.gateway.spoiler import cut
from bot.gateway.verdict_form import refused, show_form
from bot.gateway.wording import OLD_BUTTON


class CaseMove(StrEnum):
    """What a moderator can press under a case."""

    CLAIM = "claim"
    RELEASE = "release"
    RESOLVE = "resolve"
    APPROVE = "approve"
    DECLINE = "decline"


class CardMove(StrEnum):
    """What a member can press under a card."""

    NOT_ABOUT_ME = "not_about_me"
    WHY = "why"
    ASK_HUMAN = "ask_human"


GREY, BLUE = discord.ButtonStyle.secondary, discord.ButtonStyle.primary
GREEN, RED = discord.ButtonStyle.success, discord.ButtonStyle.danger
CASE_LOOKS = {
    CaseMove.CLAIM: ("Claim", BLUE, Deed.CLAIM),
    CaseMove.RELEASE: ("Release", GREY, Deed.RELEASE),
    CaseMove.RESOLVE: ("Resolve", GREEN, Deed.RESOLVE),
    CaseMove.APPROVE: ("Approve", GREEN, Deed.SETTLE_ANSWER),
    CaseMove.DECLINE: ("Decline", RED, Deed.SETTLE_ANSWER),
}
CARD_LOOKS = {
    CardMove.NOT_ABOUT_ME: ("Not about me", GREY, Deed.NOT_ABOUT_ME),
    CardMove.WHY: ("Why did I get this?", GREY, Deed.WHY),
    CardMove.ASK_HUMAN: ("Ask a human", BLUE, Deed.ASK_MODERATOR),
}


LONGEST_LABEL = 80
"""Characters on a button (Discord reference, "Button")."""

CASE_IDS = re.compile(r"ac:case:(?P<move>claim|release|resolve|approve|decline):(?P<case_id>[0-9]{1,18})")
CARD_IDS = re.compile(r"ac:card:(?P<move>not_about_me|why|ask_human)")


class CaseButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=CASE_IDS):
    """A button under a case card."""

    def __init__(self, move: CaseMove, case_id: CaseId) -> None:
        self.move = move
        self.case_id = case_id
        label, style, _ = CASE_LOOKS[move]
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"ac:case:{move}:{case_id}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "CaseButton":
        """Rebuild the button from what its message carries."""
        return cls(CaseMove(match["move"]), CaseId(int(match["case_id"])))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Check the role, then do it; Resolve asks for the verdict first."""
        async with answering(interaction):
            community = await admit(interaction, CASE_LOOKS[self.move][2], case_id=self.case_id)
            if community is None:
                return
            if self.move is CaseMove.RESOLVE:
                await show_form(interaction, self.case_id)
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            outcome = await self._make(interaction, community)
            await tell(interaction, refused(outcome) if isinstance(outcome, Refusal) else self._done())

    def _make(self, interaction: discord.Interaction[Any], community: Community) -> Awaitable[CaseRecord | Refusal]:
        services, by = ports_of(interaction).services, UserId(interaction.user.id)
        match self.move:
            case CaseMove.CLAIM:
                return services.claim(community.guild_id, self.case_id, by=by)
            case CaseMove.RELEASE:
                return services.release(community.guild_id, self.case_id, by=by)
            case CaseMove.APPROVE:
                return services.settle_answer(community.guild_id, self.case_id, by=by, approve=True)
            case CaseMove.DECLINE:
                return services.settle_answer(community.guild_id, self.case_id, by=by, approve=False)
            case CaseMove.RESOLVE:
                raise AssertionError("Resolve goes through its form")
        assert_never(self.move)

    def _done(self) -> str:
        return {
            CaseMove.CLAIM: f"Case {self.case_id} is yours.",
            CaseMove.RELEASE: f"Case {self.case_id} is back in the queue.",
            CaseMove.APPROVE: f"Case {self.case_id}: the answer is on its way.",
            CaseMove.DECLINE: f"Case {self.case_id}: the answer will not be sent.",
            CaseMove.RESOLVE: f"Case {self.case_id} is resolved.",
        }[self.move]


class CardButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=CARD_IDS):
    """A button under a member's card; the card's own message id says whose it is."""

    def __init__(self, move: CardMove, *, label: str | None = None) -> None:
        self.move = move
        english, style, _ = CARD_LOOKS[move]
        label = cut(label or english, LONGEST_LABEL)
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"ac:card:{move}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "CardButton":
        """Rebuild the button from what its message carries."""
        return cls(CardMove(match["move"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Answer privately; only the member whom the card answers can withdraw it or ask from it."""
        async with answering(interaction):
            community = await admit(interaction, CARD_LOOKS[self.move][2])
            if community is None or interaction.message is None:
                return
            if self.move is CardMove.WHY:
                await tell(interaction, phrase(interaction, "why_explanation"))
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            services, by = ports_of(interaction).services, UserId(interaction.user.id)
            card_id = MessageId(interaction.message.id)
            if self.move is CardMove.NOT_ABOUT_ME:
                done = await services.not_about_me(community.guild_id, card_id, by=by)
                await tell(interaction, phrase(interaction, f"not_about_me_{'done' if done else 'not_author'}"))
                return
            done = await services.ask_human(community.guild_id, card_id, by=by)
            await tell(interaction, phrase(interaction, "ask_human_done") if done else OLD_BUTTON)


BUTTONS = (CaseButton, CardButton, EraseButton)


def is_ours(custom_id: str) -> bool:
    """Does a button that exists today answer to this id?"""
    return any(pattern.fullmatch(custom_id) for pattern in (CASE_IDS, CARD_IDS, ERASE_IDS))


def card_view(library: AnswerLibrary, community: Community | None) -> discord.ui.View:
    """The three buttons of a member's card, in the community's language; in English where there is none."""
    view = discord.ui.View(timeout=None)
    for move in CardMove:
        label = None if community is None else library.phrase(move.value, language=community.language)
        view.add_item(CardButton(move, label=label))
    return view


def case_view(case: CaseRecord) -> discord.ui.View | None:
    """The buttons that a case's state allows; None when it is resolved."""
    state = case.state
    if state.status is CaseStatus.RESOLVED:
        return None
    moves = [CaseMove.CLAIM if state.status is CaseStatus.OPEN else CaseMove.RELEASE, CaseMove.RESOLVE]
    if case.proposed and not state.answer_settled:
        moves += [CaseMove.APPROVE, CaseMove.DECLINE]
    view = discord.ui.View(timeout=None)
    for move in moves:
        view.add_item(CaseButton(move, case.case_id))
    return view
