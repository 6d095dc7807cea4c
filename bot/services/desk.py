"""What people do with cases and cards: claim, release, resolve, approve, ask, "not about me".

Every move and every refusal is written to the audit log in the same transaction. Who may do what is `core.authority`.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from bot.core.authority import Deed
from bot.core.cases import (
    CaseEvent,
    CaseEventKind,
    CaseId,
    CaseState,
    Refusal,
    Verdict,
    claim,
    expire_claim,
    release,
    resolve,
    settle_answer,
)
from bot.core.communities import Community, Directory
from bot.core.effects import EffectKind
from bot.core.policy import ReplyPlan, ReplyTiming
from bot.core.ports import CaseBrief, Clock, Store, Transaction
from bot.core.posts import GuildId, MessageId, Post, UserId
from bot.core.records import CaseRecord
from bot.core.topics import Audience, Topic
from bot.services.briefing import Briefing
from bot.services.casework import Casework
from bot.services.triage import Triage

Move = Callable[[CaseState], CaseEvent | Refusal]
Afterwards = Callable[[Casework, CaseRecord], Awaitable[object]]

UNKNOWN_CASE = Refusal(sentence="There is no such case in this community.")


class Desk:
    """The moderators' desk."""

    def __init__(
        self,
        *,
        store: Store,
        triage: Triage,
        briefing: Briefing,
        directory: Directory,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._triage = triage
        self._briefing = briefing
        self._directory = directory
        self._clock = clock
        self._wake = wake

    async def claim(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """Take a case; of two who press at once exactly one gets it, the other is told who."""
        now = self._clock()
        return await self._move(guild_id, case_id, Deed.CLAIM, by, lambda state: claim(state, by=by, now=now))

    async def release(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        """Give a case back to the queue."""
        now = self._clock()

        def move(state: CaseState) -> CaseEvent | Refusal:
            return release(state, by=by, now=now)

        return await self._move(guild_id, case_id, Deed.RELEASE, by, move, Casework.unheld)

    async def resolve(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, verdict: Verdict, reason: str
    ) -> CaseRecord | Refusal:
        """Close a case; a false alarm also takes the member's card back."""
        now = self._clock()

        async def take_back(work: Casework, case: CaseRecord) -> None:
            if verdict is Verdict.FALSE_ALARM:
                await work.withdraw_answer(case)
            else:
                # A card that was to follow only an unclaimed case is not needed once a human has judged it.
                await work.tx.outbox.drop_pending(case.message_id, EffectKind.MEMBER_CARD)
            await work.redraw(case)

        def move(state: CaseState) -> CaseEvent | Refusal:
            return resolve(state, by=by, verdict=verdict, reason=reason, now=now)

        return await self._move(guild_id, case_id, Deed.RESOLVE, by, move, take_back)

    async def settle_answer(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, approve: bool
    ) -> CaseRecord | Refusal:
        """Approve or decline the proposed card (assist mode)."""
        now = self._clock()

        async def send(work: Casework, case: CaseRecord) -> None:
            decision = case.decision
            if approve and decision is not None:
                plan = ReplyPlan(
                    topic=Topic(decision.topic), audience=Audience(decision.audience), timing=ReplyTiming.NOW
                )
                await work.answer(case, plan, case=case)
            await work.redraw(case)

        def move(state: CaseState) -> CaseEvent | Refusal:
            return settle_answer(state, by=by, approve=approve, now=now)

        return await self._move(guild_id, case_id, Deed.SETTLE_ANSWER, by, move, send)

    async def refuse(self, case_id: CaseId | None, *, by: UserId, deed: Deed) -> None:
        """Record that somebody tried what their role does not allow."""
        async with self._store.transaction() as tx:
            await tx.audit.add(
                at=self._clock(), actor=by, what=deed.value, case_id=case_id, was="", outcome="refused: role"
            )

    async def ask(self, post: Post, *, by: UserId) -> CaseRecord | None:
        """Bring a post to the moderators because somebody asked; None where the bot is switched off."""
        await self._triage.handle([post], asked_by=by)
        self._wake()
        async with self._store.transaction(read_only=True) as tx:
            return await tx.cases.of_post(post.message_id)

    async def not_about_me(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """Withdraw a card on the word of the member it answers; False for anybody else."""

        async def withdraw(work: Casework, case: CaseRecord) -> None:
            await work.withdraw_answer(case)
            await work.redraw(case)

        return await self._from_card(guild_id, card_message_id, by, CaseEventKind.NOT_ABOUT_ME, withdraw)

    async def ask_human(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        """Tell the queue that somebody who saw a card asks for a human; False when the card is unknown."""
        return await self._from_card(
            guild_id, card_message_id, by, CaseEventKind.ASKED, Casework.bring_up, anybody=True
        )

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        """Unresolved cases of a community, most urgent first."""
        async with self._store.transaction(read_only=True) as tx:
            return await tx.cases.queue(guild_id, limit=limit)

    async def brief(self, guild_id: GuildId, case_id: CaseId) -> CaseBrief | None:
        """All there is to a case; None when this community has no such case."""
        async with self._store.transaction(read_only=True) as tx:
            case = await tx.cases.get(case_id)
        if case is None or case.guild_id != guild_id:
            return None
        return await self._briefing.of_case(case)

    async def expire_claims(self) -> int:
        """Return abandoned claims to the queue; returns how many."""
        now = self._clock()
        expired = 0
        async with self._store.transaction() as tx:
            for community in self._directory.by_guild.values():
                for case in await tx.cases.claimed_before(now - community.claim_ttl):
                    if case.guild_id == community.guild_id:
                        expired += await self._expire(tx, case, community, community.claim_ttl)
        if expired:
            self._wake()
        return expired

    async def _expire(self, tx: Transaction, case: CaseRecord, community: Community, ttl: timedelta) -> int:
        now = self._clock()
        event = expire_claim(case.state, ttl=ttl, now=now)
        grown = None if event is None else await tx.cases.append(case, event)
        if grown is None:
            return 0
        await tx.audit.add(at=now, actor=None, what="expire_claim", case_id=case.case_id, was="claimed", outcome="open")
        await Casework(tx=tx, community=community, now=now).unheld(grown)
        return 1

    async def _move(
        self,
        guild_id: GuildId,
        case_id: CaseId,
        deed: Deed,
        by: UserId,
        move: Move,
        afterwards: Afterwards | None = None,
    ) -> CaseRecord | Refusal:
        community = self._directory.get(guild_id)
        if community is None:
            return UNKNOWN_CASE
        async with self._store.transaction() as tx:
            work = Casework(tx=tx, community=community, now=self._clock())
            outcome = await self._make(work, case_id, deed, by, move, afterwards)
        # Only after the commit: a sender that wakes earlier would not see the rows.
        self._wake()
        return outcome

    async def _make(
        self,
        work: Casework,
        case_id: CaseId,
        deed: Deed,
        by: UserId,
        move: Move,
        afterwards: Afterwards | None,
    ) -> CaseRecord | Refusal:
        case = await work.tx.cases.get(case_id)
        if case is None or case.guild_id != work.community.guild_id:
            await self._note(work.tx, deed, by, None, was="", outcome="refused: unknown case")
            return UNKNOWN_CASE
        was = case.state.status.value
        event = move(case.state)
        grown = await work.tx.cases.append(case, event) if isinstance(event, CaseEvent) else None
        if grown is not None:
            await (afterwards or Casework.redraw)(work, grown)
            await self._note(work.tx, deed, by, case_id, was=was, outcome=grown.state.status.value)
            return grown
        if isinstance(event, CaseEvent):
            # Another process was faster between the read and the write: its state is what refuses the move.
            latest = await work.tx.cases.get(case_id)
            event = move((latest or case).state)
        refusal = event if isinstance(event, Refusal) else Refusal(sentence="The case just changed: try again.")
        await self._note(work.tx, deed, by, case_id, was=was, outcome=f"refused: {refusal.sentence}")
        return refusal

    async def _from_card(
        self,
        guild_id: GuildId,
        card_message_id: MessageId,
        by: UserId,
        kind: CaseEventKind,
        afterwards: Afterwards,
        *,
        anybody: bool = False,
    ) -> bool:
        community = self._directory.get(guild_id)
        async with self._store.transaction() as tx:
            effect = await tx.outbox.by_sent_message(card_message_id)
            case = None if effect is None else await tx.cases.of_post(effect.message_id)
            if case is None or community is None or case.guild_id != guild_id:
                return False
            if not anybody and case.author_id != by:
                return False
            if case.is_open and any(event.kind is kind and event.actor == by for event in case.events):
                return True
            grown = await tx.cases.append(case, CaseEvent(kind=kind, at=self._clock(), actor=by))
            if grown is None:
                return False
            await afterwards(Casework(tx=tx, community=community, now=self._clock()), grown)
        self._wake()
        return True

    async def _note(
        self, tx: Transaction, deed: Deed, by: UserId, case_id: CaseId | None, *, was: str, outcome: str
    ) -> None:
        await tx.audit.add(at=self._clock(), actor=by, what=deed.value, case_id=case_id, was=was, outcome=outcome)
