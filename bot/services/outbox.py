"""Sends what the outbox holds: once, in the order of urgency, with retries, and looking before it sends again.

Decides nothing about posts; it only finds that an effect has become pointless (claimed in time, source gone).
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from bot.core.answers import MemberCard
from bot.core.cases import CaseStatus
from bot.core.communities import Directory
from bot.core.effects import Effect, EffectKind, EffectState
from bot.core.errors import AftercareError, DeliveryDelayed, DeliveryRefused
from bot.core.policy import Mode
from bot.core.ports import AnswerLibrary, Clock, Idle, Messenger, Store
from bot.core.posts import MessageId
from bot.core.records import CaseRecord
from bot.services.briefing import Briefing
from bot.services.unbroken import unbroken

log = structlog.get_logger(__name__)

PAGE = 5
"""Effects read at a time; short, so that a page that comes in meanwhile goes next."""
FIRST_BACKOFF = timedelta(seconds=2)
LONGEST_BACKOFF = timedelta(minutes=5)
MAX_ATTEMPTS = 8
"""Attempts for what members see, about ten minutes of backoff; what moderators need is tried until it arrives."""
LOOK_AGAIN = timedelta(minutes=1)
"""How soon a crisis card that waits behind a claim is looked at again."""
LONGEST_NAP = timedelta(seconds=30)


class OutboxSender:
    """Drains the outbox whenever it is woken, and when something falls due."""

    def __init__(
        self,
        *,
        store: Store,
        messenger: Messenger,
        library: AnswerLibrary,
        briefing: Briefing,
        directory: Directory,
        clock: Clock,
        idle: Idle,
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._library = library
        self._briefing = briefing
        self._directory = directory
        self._clock = clock
        self._idle = idle
        self._awake = asyncio.Event()
        self._next_due_at: datetime | None = None

    def wake(self) -> None:
        """There may be something to send."""
        self._awake.set()

    async def run(self) -> None:
        """Drain, then rest until woken or due, until cancelled; a send that was begun is finished first."""
        while True:
            self._awake.clear()
            await unbroken(self.drain_safely())
            await self._rest()

    async def drain_safely(self) -> None:
        """Drain; a database that does not answer is logged and tried again after the nap."""
        try:
            await self.drain()
            self._next_due_at = await self._next_due()
        except (AftercareError, OSError) as error:
            self._next_due_at = None
            log.error("outbox not drained", action="drain", error=str(error))

    async def drain(self) -> int:
        """Send everything that is due now; returns how many effects were dealt with."""
        dealt = 0
        while True:
            async with self._store.transaction(read_only=True) as tx:
                due = await tx.outbox.due(now=self._clock(), limit=PAGE)
            if not due:
                return dealt
            for effect in due:
                await self._deal(effect)
                dealt += 1

    async def _next_due(self) -> datetime | None:
        async with self._store.transaction(read_only=True) as tx:
            return await tx.outbox.next_due_at()

    async def _rest(self) -> None:
        nap = LONGEST_NAP
        if self._next_due_at is not None:
            nap = min(nap, max(self._next_due_at - self._clock(), timedelta(seconds=0.05)))
        await self._idle(self._nap(nap), reason="outbox is empty")

    async def _nap(self, longest: timedelta) -> None:
        try:
            async with asyncio.timeout(longest.total_seconds()):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _deal(self, effect: Effect) -> None:
        try:
            await self._attempt(effect)
        except DeliveryRefused as error:
            log.error("effect refused", action=effect.kind.value, error=str(error), message_id=effect.message_id)
            if effect.kind is EffectKind.CASE_CARD:
                # A permission can be mended and a channel named anew; until then the case must not be forgotten.
                await self._postpone_until(effect, self._clock() + LONGEST_BACKOFF)
            else:
                await self._finish(effect, state=EffectState.DROPPED)
        except DeliveryDelayed as error:
            await self._postpone(effect, error)
        except (AftercareError, OSError):
            raise
        except Exception as error:
            # One effect must not stop the others, whatever it does to the code that sends it.
            log.error(
                "effect failed", action=effect.kind.value, error=type(error).__name__, message_id=effect.message_id
            )
            await self._postpone_until(effect, self._clock() + LONGEST_BACKOFF)

    async def _attempt(self, effect: Effect) -> None:
        case = await self._case(effect)
        if effect.attempts > 0 and effect.kind in {EffectKind.MEMBER_CARD, EffectKind.CASE_CARD}:
            # Before anything else: what arrived must be known, also when it is to be taken back.
            arrived = await self._messenger.find_sent(effect)
            if arrived is not None:
                await self._finish(effect, state=EffectState.SENT, sent=arrived, case=case)
                return
        if _is_pointless(effect, case) or await self._is_unwanted(effect, case):
            await self._finish(effect, state=EffectState.DROPPED)
            return
        if effect.only_if_unclaimed and case is not None and case.state.status is CaseStatus.CLAIMED:
            # The claim may lapse, so the card stays in waiting until a human has resolved the case.
            await self._postpone_until(effect, self._clock() + LOOK_AGAIN)
            return
        async with self._store.transaction() as tx:
            await tx.outbox.begin(effect.effect_id)
        match effect.kind:
            case EffectKind.MEMBER_CARD:
                card = self._card(effect)
                sent = await self._messenger.send_member_card(effect, card)
                await self._finish(effect, state=EffectState.SENT, sent=sent, template=card.template)
            case EffectKind.CASE_CARD:
                brief = await self._briefing.of_effect(effect)
                sent = await self._messenger.send_case_card(effect, brief)
                await self._finish(effect, state=EffectState.SENT, sent=sent, case=case)
            case EffectKind.REFRESH_CASE_CARD:
                if case is not None and case.card_message_id is not None:
                    await self._messenger.refresh_case_card(effect, await self._briefing.of_effect(effect))
                await self._finish(effect, state=EffectState.SENT)
            case EffectKind.WITHDRAW_MEMBER_CARD:
                await self._withdraw(effect)

    async def _withdraw(self, effect: Effect) -> None:
        async with self._store.transaction(read_only=True) as tx:
            card = await tx.outbox.of_post(effect.message_id, EffectKind.MEMBER_CARD)
        if card is not None and card.sent_message_id is not None:
            await self._messenger.withdraw_member_card(effect, card.sent_message_id)
        await self._finish(effect, state=EffectState.SENT)

    def _card(self, effect: Effect) -> MemberCard:
        community = self._directory.get(effect.guild_id)
        if community is None:
            raise DeliveryRefused(f"guild {effect.guild_id} is no longer configured: the card is not sent")
        return self._library.card(
            topic=effect.topic or "general",
            audience=effect.audience or "self",
            regions=community.regions,
            language=community.language,
        )

    async def _case(self, effect: Effect) -> CaseRecord | None:
        if effect.case_id is None:
            return None
        async with self._store.transaction(read_only=True) as tx:
            return await tx.cases.get(effect.case_id)

    async def _finish(
        self,
        effect: Effect,
        *,
        state: EffectState,
        sent: MessageId | None = None,
        template: str | None = None,
        case: CaseRecord | None = None,
    ) -> None:
        async with self._store.transaction() as tx:
            await tx.outbox.finish(effect.effect_id, state=state, sent_message_id=sent, template=template)
            if case is not None and sent is not None:
                await tx.cases.attach_card(case.case_id, channel_id=effect.channel_id, message_id=sent)
        log.info("effect settled", action=effect.kind.value, state=state.value, message_id=effect.message_id)

    async def _postpone(self, effect: Effect, error: DeliveryDelayed) -> None:
        if effect.kind is EffectKind.MEMBER_CARD and effect.attempts + 1 >= MAX_ATTEMPTS:
            await self._finish(effect, state=EffectState.FAILED)
            log.error("effect given up", action=effect.kind.value, error=str(error), message_id=effect.message_id)
            return
        await self._postpone_until(effect, self._clock() + backoff(effect.attempts, retry_after=error.retry_after))
        log.warning("effect postponed", action=effect.kind.value, error=str(error), message_id=effect.message_id)

    async def _postpone_until(self, effect: Effect, until: datetime) -> None:
        async with self._store.transaction() as tx:
            await tx.outbox.postpone(effect.effect_id, until=until)

    async def _is_unwanted(self, effect: Effect, case: CaseRecord | None) -> bool:
        """Did the member opt out, or the channel change its mode, since the card was written down?"""
        if effect.kind is not EffectKind.MEMBER_CARD or case is None:
            return False
        community = self._directory.get(case.guild_id)
        if community is None or community.rules_for(case.watched_id).mode in {Mode.OFF, Mode.SHADOW}:
            return True
        async with self._store.transaction(read_only=True) as tx:
            return bool(await tx.members.opted_out(case.guild_id, [case.author_id]))


def backoff(attempts: int, *, retry_after: float) -> timedelta:
    """Seconds to wait before the next attempt: doubling from 2 s to 5 min, and never less than Discord asked."""
    doubled = min(timedelta(seconds=FIRST_BACKOFF.total_seconds() * 2.0 ** min(attempts, 10)), LONGEST_BACKOFF)
    return max(doubled, timedelta(seconds=retry_after))


def _is_pointless(effect: Effect, case: CaseRecord | None) -> bool:
    """Has the world moved on since the effect was written down?"""
    if effect.kind is not EffectKind.MEMBER_CARD or case is None:
        return False
    if case.state.source_deleted:
        return True
    return effect.only_if_unclaimed and case.state.status is CaseStatus.RESOLVED
