"""Puts a case together for moderators' eyes: the record, and the post as Discord shows it now.

Keeps nothing: the words live as long as the brief.
"""

from datetime import datetime

from bot.core.assessments import Urgency
from bot.core.cases import CaseStatus
from bot.core.communities import Community, Directory
from bot.core.effects import Effect, EffectKind, EffectState
from bot.core.errors import DeliveryError, DeliveryRefused
from bot.core.policy import ReasonCode
from bot.core.ports import AnswerLibrary, Assessor, CaseBrief, Messenger, Store
from bot.core.posts import Post
from bot.core.records import CaseRecord

REASONS: dict[ReasonCode, str] = {
    ReasonCode.FLAGGED: "The classifier's reading is above the threshold.",
    ReasonCode.RED_FLAG: "A red-flag rule matched.",
    ReasonCode.UNCERTAIN: "The reading is uncertain: a glance is asked for.",
    ReasonCode.MODEL_DOWN: "The classifier was down; only red flags could be read.",
    ReasonCode.ASKED: "Somebody asked for a moderator.",
    ReasonCode.SHADOW: "Shadow mode: the member was shown nothing.",
    ReasonCode.ASSIST: "Assist mode: the answer waits for your approval.",
    ReasonCode.COOL_DOWN: "No card: the member was shown this one recently.",
    ReasonCode.MODERATOR_ANSWERED: "No card: a moderator was already answering.",
    ReasonCode.ALREADY_ANSWERED: "The post already has its card.",
    ReasonCode.TOO_OLD: "No card: the post is too old for a public answer.",
    ReasonCode.UNSIGNED: "No card: its wording is not signed by a clinician.",
    ReasonCode.ASKED_BY_OTHER: "No card: somebody else showed you this post.",
}
"""What a stored reason code means to a moderator; codes that never reach a case have no sentence."""


class Briefing:
    """Builds `CaseBrief` values."""

    def __init__(
        self, *, store: Store, messenger: Messenger, assessor: Assessor, library: AnswerLibrary, directory: Directory
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._assessor = assessor
        self._library = library
        self._directory = directory

    async def of_effect(self, effect: Effect) -> CaseBrief:
        """The brief for a card that is about to be drawn; raises `DeliveryRefused` when the case is gone."""
        case = None
        if effect.case_id is not None:
            async with self._store.transaction(read_only=True) as tx:
                case = await tx.cases.get(effect.case_id)
        if case is None:
            raise DeliveryRefused(f"case {effect.case_id!r} is gone from the store: its card is not drawn")
        return await self.of_case(case, page=effect.page)

    async def of_case(self, case: CaseRecord, *, page: bool = False) -> CaseBrief:
        """The brief of a case; with `page` it names the on-call role to ping."""
        community = self._directory.get(case.guild_id)
        post = await self._post(case)
        on_call = community.on_call_role if community is not None and page else None
        decision = case.decision
        codes = () if decision is None else decision.reasons
        answer, withdrawal = await self._answer(case)
        sentences = [REASONS[code] for code in map(ReasonCode, codes) if code in REASONS]
        if answer is not None:
            sentences.append(_what_became_of(answer, withdrawal))
        card = None
        waiting = case.proposed and not case.state.answer_settled and case.state.status is not CaseStatus.RESOLVED
        if waiting and community is not None and decision is not None:
            card = self._library.card(
                topic=decision.topic,
                audience=decision.audience,
                regions=community.regions,
                language=community.language,
            )
        return CaseBrief(
            case=case,
            text=None if post is None else post.text,
            spans=() if decision is None else decision.spans,
            mentions=() if post is None else self._assessor.find_mentions(post.text),
            reasons=tuple(sentences),
            proposed_card=card,
            template=None if answer is None else answer.template,
            ping_role=on_call,
            unstaffed=_is_unstaffed(case, community),
            crisis_card_at=_crisis_card_at(case, answer),
        )

    async def _answer(self, case: CaseRecord) -> tuple[Effect | None, Effect | None]:
        """The member's card and its withdrawal, as far as they were written down."""
        async with self._store.transaction(read_only=True) as tx:
            card = await tx.outbox.of_post(case.message_id, EffectKind.MEMBER_CARD)
            withdrawal = await tx.outbox.of_post(case.message_id, EffectKind.WITHDRAW_MEMBER_CARD)
        return card, withdrawal

    async def _post(self, case: CaseRecord) -> Post | None:
        if case.state.source_deleted:
            return None
        try:
            return await self._messenger.fetch_post(
                guild_id=case.guild_id, channel_id=case.channel_id, message_id=case.message_id
            )
        except DeliveryError:
            return None


def _what_became_of(answer: Effect, withdrawal: Effect | None) -> str:
    """What the member was shown, from what was really sent."""
    if withdrawal is not None:
        return "The member's card was taken back."
    match answer.state:
        case EffectState.SENT:
            return "The member was shown a card with fixed general information."
        case EffectState.DUE if answer.only_if_unclaimed:
            return "The crisis card is sent only while nobody holds the case."
        case EffectState.DUE | EffectState.SENDING:
            return "A card for the member is waiting to be sent."
        case EffectState.DROPPED | EffectState.FAILED:
            return "The member was shown nothing: the card was not sent."


def _is_unstaffed(case: CaseRecord, community: Community | None) -> bool:
    waits = case.is_open and case.state.urgency is Urgency.EMERGENCY
    return waits and community is not None and community.on_call_role is None


def _crisis_card_at(case: CaseRecord, answer: Effect | None) -> datetime | None:
    if answer is None or not answer.only_if_unclaimed or answer.state is not EffectState.DUE or not case.is_open:
        return None
    return answer.not_before
