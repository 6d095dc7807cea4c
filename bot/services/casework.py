"""What a decision means for the moderators: open a case, let it grow, take an answer back.

Works inside the transaction that it is given; sends nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.assessments import Urgency
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, CaseStatus
from bot.core.communities import Community
from bot.core.effects import Effect, EffectKind
from bot.core.policy import Escalation, Priority, ReplyPlan, ReplyTiming
from bot.core.ports import Transaction
from bot.core.posts import ChannelId, Origin, Post, UserId
from bot.core.records import CaseRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework:
    """The circumstances that every step shares."""

    tx: Transaction
    community: Community
    now: datetime
    asked_by: UserId | None = None

    async def escalate(self, post: Post, escalation: Escalation, *, topic: str, proposed: bool = False) -> CaseRecord:
        """Open the post's case, or let the one that exists grow; cards follow through the outbox."""
        earlier = await self.tx.cases.of_post(post.message_id)
        if earlier is not None:
            return await self._grow(earlier, escalation, edited=post.origin is Origin.EDIT)
        events = [CaseEvent(kind=CaseEventKind.OPENED, at=self.now, urgency=escalation.urgency)]
        if self.asked_by is not None:
            events.append(CaseEvent(kind=CaseEventKind.ASKED, at=self.now, actor=self.asked_by))
        case = await self.tx.cases.open(
            CaseRecord(
                case_id=CaseId(0),
                message_id=post.message_id,
                channel_id=post.channel_id,
                watched_id=post.watched_id,
                guild_id=post.guild_id,
                author_id=post.author_id,
                topic=topic,
                priority=escalation.priority,
                opened_at=self.now,
                events=tuple(events),
                decision=None,
                proposed=proposed,
            )
        )
        if escalation.priority is not Priority.LOW:
            await self.tx.outbox.enqueue(self._card(case, page=escalation.page))
        return case

    async def ask_unread(self, post: Post) -> CaseRecord:
        """Open a case for a post that a member showed to the moderators and that the classifier may not read."""
        escalation = Escalation(urgency=Urgency.SOON, priority=Priority.NORMAL, page=False)
        return await self.escalate(post, escalation, topic="general")

    async def edited_away(self, case: CaseRecord) -> None:
        """Note that an edit removed what was flagged, take the answer back, and drop one that waits for approval."""
        grown = await self._append(case, CaseEvent(kind=CaseEventKind.SOURCE_EDITED, at=self.now))
        if grown.proposed and not grown.state.answer_settled:
            grown = await self._append(grown, CaseEvent(kind=CaseEventKind.ANSWER_DECLINED, at=self.now))
        await self.withdraw_answer(case)
        await self.redraw(grown)

    async def bring_up(self, case: CaseRecord, *, page: bool = False) -> CaseRecord:
        """Put a case before moderators anew: reopened if it was closed, off the low list, with a card that notifies.

        A redrawn card notifies nobody, so what must be noticed is posted again; the old card goes once the new is up.
        """
        if case.state.status is CaseStatus.RESOLVED:
            case = await self._append(case, CaseEvent(kind=CaseEventKind.REOPENED, at=self.now))
        if case.priority is Priority.LOW:
            case = replace(case, priority=Priority.NORMAL)
            await self.tx.cases.set_priority(case.case_id, Priority.NORMAL)
        await self.tx.outbox.enqueue(
            replace(self._card(case, page=page), action=f"{EffectKind.CASE_CARD}:{len(case.events)}")
        )
        return case

    async def unheld(self, case: CaseRecord) -> None:
        """A moderator let go of a case: an emergency pages again, any other is redrawn."""
        if case.state.urgency is Urgency.EMERGENCY:
            await self.bring_up(case, page=True)
        else:
            await self.redraw(case)

    async def deleted(self, case: CaseRecord) -> None:
        """Note that the post is gone, and take the answer back."""
        if case.state.source_deleted:
            return
        grown = await self.tx.cases.append(case, CaseEvent(kind=CaseEventKind.SOURCE_DELETED, at=self.now))
        await self.withdraw_answer(case)
        if grown is not None:
            await self.redraw(grown)

    async def answer(self, post: Post | CaseRecord, plan: ReplyPlan, *, case: CaseRecord | None) -> bool:
        """Queue the member's card; False when the post already has one."""
        return await self.tx.outbox.enqueue(
            Effect(
                message_id=post.message_id,
                action=EffectKind.MEMBER_CARD.value,
                kind=EffectKind.MEMBER_CARD,
                guild_id=post.guild_id,
                channel_id=post.channel_id,
                not_before=self.now + plan.delay,
                case_id=None if case is None else case.case_id,
                topic=plan.topic.value,
                audience=plan.audience.value,
                only_if_unclaimed=plan.timing is ReplyTiming.IF_UNCLAIMED,
            )
        )

    async def withdraw_answer(self, case: CaseRecord) -> bool:
        """Take the public card back, or keep it from being sent; True when there was one."""
        dropped = await self.tx.outbox.drop_pending(case.message_id, EffectKind.MEMBER_CARD)
        sent = await self.tx.outbox.of_post(case.message_id, EffectKind.MEMBER_CARD)
        if dropped or sent is None:
            return dropped > 0
        withdrawal = replace(
            sent,
            action=EffectKind.WITHDRAW_MEMBER_CARD.value,
            kind=EffectKind.WITHDRAW_MEMBER_CARD,
            not_before=self.now,
            only_if_unclaimed=False,
        )
        return await self.tx.outbox.enqueue(withdrawal)

    async def redraw(self, case: CaseRecord) -> None:
        """Redraw the case's card: one row per state of its history, so that each change is drawn once."""
        if case.priority is Priority.LOW:
            return
        await self.tx.outbox.enqueue(
            replace(
                self._card(case, page=False),
                action=f"{EffectKind.REFRESH_CASE_CARD}:{len(case.events)}",
                kind=EffectKind.REFRESH_CASE_CARD,
            )
        )

    async def _grow(self, case: CaseRecord, escalation: Escalation, *, edited: bool) -> CaseRecord:
        """A second reading of the same post: note why, raise the urgency, bring the card up to date."""
        kind = CaseEventKind.SOURCE_EDITED if edited else CaseEventKind.READ_AGAIN
        if self.asked_by is not None:
            kind = CaseEventKind.ASKED
        case = await self._append(case, CaseEvent(kind=kind, at=self.now, actor=self.asked_by))
        rises = escalation.urgency > case.state.urgency
        if rises:
            raised = CaseEvent(kind=CaseEventKind.URGENCY_RAISED, at=self.now, urgency=escalation.urgency)
            case = await self._append(case, raised)
        surfaced = case.priority is Priority.LOW and escalation.priority is not Priority.LOW
        if rises or surfaced:
            case = replace(case, priority=escalation.priority)
            await self.tx.cases.set_priority(case.case_id, escalation.priority)
        noticed = surfaced or self.asked_by is not None or (rises and case.priority is not Priority.LOW)
        if noticed:
            return await self.bring_up(case, page=escalation.page and (rises or surfaced))
        await self.redraw(case)
        return case

    async def _append(self, case: CaseRecord, event: CaseEvent) -> CaseRecord:
        return await self.tx.cases.append(case, event) or case

    def _card(self, case: CaseRecord, *, page: bool) -> Effect:
        return Effect(
            message_id=case.message_id,
            action=EffectKind.CASE_CARD.value,
            kind=EffectKind.CASE_CARD,
            guild_id=case.guild_id,
            channel_id=ChannelId(self.community.moderators_channel),
            not_before=self.now,
            case_id=case.case_id,
            page=page,
        )
