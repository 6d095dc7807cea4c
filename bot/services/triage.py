"""From posts to committed decisions: read, assess off the loop, decide, and write everything in one transaction.

Sends nothing; what is to be sent becomes rows of the outbox.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.core.assessments import Assessment
from bot.core.communities import Directory
from bot.core.effects import EffectKind
from bot.core.errors import AftercareError, ModelError
from bot.core.policy import (
    Decision,
    Mode,
    Reason,
    ReasonCode,
    RecentHistory,
    ReplyTiming,
    decide,
    may_read,
)
from bot.core.ports import AnswerLibrary, Assessor, Clock, Store
from bot.core.posts import GuildId, MessageId, Origin, Post, UserId
from bot.core.records import ChannelMark, DecisionRecord
from bot.core.topics import audience_of, choose_topic
from bot.services.casework import Casework

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
"""Readings of one post in its lifetime before it is set aside for a human to see in `aftercare check`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """What became of one post; the assessment is None where reading it was not allowed."""

    post: Post
    decision: Decision
    assessment: Assessment | None = None


class Triage:
    """Turns posts into decisions, cases, effects and ledger marks."""

    def __init__(
        self,
        *,
        store: Store,
        assessor: Assessor,
        library: AnswerLibrary,
        directory: Directory,
        clock: Clock,
        executor: Executor | None = None,
    ) -> None:
        self._store = store
        self._assessor = assessor
        self._library = library
        self._directory = directory
        self._clock = clock
        self._executor = executor

    async def handle(
        self, posts: Sequence[Post], *, marks: Sequence[ChannelMark] = (), asked_by: UserId | None = None
    ) -> list[Triaged]:
        """Settle a batch of posts; the channels' marks move in the same transaction as what the posts caused."""
        opted_out = await self._opted_out(posts)
        forbidden = await self._forbidden(posts, opted_out)
        readable = [
            post.without(opted_out[post.guild_id])
            for post, reason in zip(posts, forbidden, strict=True)
            if reason is None
        ]
        assessments = iter(await self._assess(readable))
        triaged: list[Triaged] = []
        async with self._store.transaction() as tx:
            for post, reason in zip(posts, forbidden, strict=True):
                community = self._directory.get(post.guild_id)
                if community is None:
                    await tx.ledger.settle(post.message_id)
                    continue
                work = Casework(tx=tx, community=community, now=self._clock(), asked_by=asked_by)
                if reason is None:
                    triaged.append(await self._settle(work, post, next(assessments)))
                else:
                    await self._pass_over(work, post, reason)
                    triaged.append(Triaged(post=post, decision=Decision(reasons=(reason,))))
            for mark in marks:
                await tx.ledger.advance(mark)
        for one in triaged:
            _log(one)
        return triaged

    async def handle_each(self, posts: Sequence[Post], *, marks: Sequence[ChannelMark] = ()) -> None:
        """Settle a batch; when it fails in a way nobody foresaw, settle post by post and set the culprit aside.

        Raises what the database or Discord raised: then the whole batch is to be read again.
        """
        try:
            await self.handle(posts, marks=marks)
        except (AftercareError, OSError):
            raise
        except Exception as error:
            # One post must not stop the others, whatever it does to the code that reads it.
            log.error("batch failed", action="triage", error=type(error).__name__, posts=len(posts))
        else:
            return
        for post in posts:
            await self._handle_alone(post)
        async with self._store.transaction() as tx:
            for mark in marks:
                await tx.ledger.advance(mark)

    async def _handle_alone(self, post: Post) -> None:
        try:
            await self.handle([post])
        except (AftercareError, OSError):
            raise
        except Exception as error:
            # The type only: a message could quote the post.
            log.error("post failed", action="triage", error=type(error).__name__, **post.log_context())
            community = self._directory.get(post.guild_id)
            if community is not None:
                async with self._store.transaction() as tx:
                    await self._wait(Casework(tx=tx, community=community, now=self._clock()), post, counts=True)

    async def _pass_over(self, work: Casework, post: Post, reason: Reason) -> None:
        """Leave a post unread; it waits no more, and an edit that emptied it takes its answer back."""
        await work.tx.ledger.settle(post.message_id)
        if work.asked_by is not None and reason.code is not ReasonCode.CHANNEL_OFF:
            await work.ask_unread(post)
        elif reason.code is ReasonCode.BLANK and post.origin is Origin.EDIT:
            earlier = await work.tx.cases.of_post(post.message_id)
            if earlier is not None:
                await work.edited_away(earlier)

    async def _wait(self, work: Casework, post: Post, *, counts: bool) -> None:
        """Write down that a post could not be read; after the last attempt a moderator is asked to read it."""
        waiting = await work.tx.ledger.wait(post, now=work.now, max_attempts=MAX_ATTEMPTS, counts=counts)
        if waiting.given_up:
            log.error("post set aside", action="give_up", attempts=waiting.attempts, **post.log_context())
            await work.ask_unread(post)

    async def _opted_out(self, posts: Sequence[Post]) -> Mapping[GuildId, frozenset[UserId]]:
        """Who, of the writers and of those in the posts' context, does not want to be read."""
        members: dict[GuildId, set[UserId]] = defaultdict(set)
        for post in posts:
            members[post.guild_id].update((post.author_id, *post.context_authors))
        async with self._store.transaction(read_only=True) as tx:
            return {guild: await tx.members.opted_out(guild, sorted(users)) for guild, users in members.items()}

    async def _forbidden(
        self, posts: Sequence[Post], opted_out: Mapping[GuildId, frozenset[UserId]]
    ) -> list[Reason | None]:
        """Name, per post, what forbids reading it, or None."""
        async with self._store.transaction(read_only=True) as tx:
            known = await tx.decisions.known([post.message_id for post in posts])
        return [
            self._reason_against(post, known=known, opted_out=post.author_id in opted_out[post.guild_id])
            for post in posts
        ]

    def _reason_against(self, post: Post, *, known: frozenset[MessageId], opted_out: bool) -> Reason | None:
        community = self._directory.get(post.guild_id)
        if community is None:
            return Reason(code=ReasonCode.CHANNEL_OFF, sentence="This community has not been set up.")
        if post.message_id in known and post.origin in {Origin.LIVE, Origin.CATCH_UP}:
            return Reason(code=ReasonCode.ALREADY_DECIDED, sentence="This post was decided before.")
        return may_read(post, rules=community.rules_for(post.watched_id), opted_out=opted_out)

    async def _assess(self, posts: Sequence[Post]) -> list[Assessment]:
        """Assess off the loop; when the model cannot be run, fall back to red flags alone."""
        if not posts:
            return []
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, self._assessor.assess, posts)
        except ModelError as error:
            log.error("classifier down", action="assess", error=str(error), posts=len(posts))
            return [self._assessor.assess_red_flags(post) for post in posts]

    async def _settle(self, work: Casework, post: Post, assessment: Assessment) -> Triaged:
        rules = work.community.rules_for(post.watched_id)
        history = await self._history(work, post, assessment)
        decision = decide(post, assessment=assessment, rules=rules, history=history, now=work.now)
        if decision.settled:
            await work.tx.ledger.settle(post.message_id)
        else:
            # An outage is not the post's fault; only a reading that failed after the model came back counts.
            await self._wait(work, post, counts=post.origin is Origin.RETRY)
        if decision.escalate is not None:
            await work.tx.decisions.put(_record(post, assessment, decision, mode=rules.mode, now=work.now))
            plan = decision.reply
            proposed = plan is not None and plan.timing is ReplyTiming.ON_APPROVAL
            topic = choose_topic(assessment).value
            case = await work.escalate(post, decision.escalate, topic=topic, proposed=proposed)
            if plan is not None and not proposed:
                await work.answer(post, plan, case=case)
        else:
            earlier = await work.tx.cases.of_post(post.message_id)
            if earlier is not None and decision.settled:
                await work.edited_away(earlier)
        return Triaged(post=post, assessment=assessment, decision=decision)

    async def _history(self, work: Casework, post: Post, assessment: Assessment) -> RecentHistory:
        tx, community = work.tx, work.community
        topic = choose_topic(assessment).value
        card = self._library.card(
            topic=topic,
            audience=audience_of(assessment).value,
            regions=community.regions,
            language=community.language,
        )
        return RecentHistory(
            last_card_at=await tx.outbox.last_card_at(
                channel_id=post.channel_id, author_id=post.author_id, topic=topic
            ),
            moderator_answered_at=await tx.members.moderator_answer(
                channel_id=post.channel_id, member_id=post.author_id, posted_at=post.created_at
            ),
            asked_by_other=work.asked_by not in {None, post.author_id},
            wording_allowed=self._library.may_send(card),
            reply_sent=await tx.outbox.of_post(post.message_id, EffectKind.MEMBER_CARD) is not None,
        )


def _log(one: Triaged) -> None:
    codes = [reason.code.value for reason in one.decision.reasons]
    log.info("post decided", action="decide", reasons=codes, settled=one.decision.settled, **one.post.log_context())


def _record(post: Post, assessment: Assessment, decision: Decision, *, mode: Mode, now: datetime) -> DecisionRecord:
    return DecisionRecord(
        message_id=post.message_id,
        channel_id=post.channel_id,
        watched_id=post.watched_id,
        guild_id=post.guild_id,
        author_id=post.author_id,
        decided_at=now,
        posted_at=post.created_at,
        flagged=assessment.flagged,
        review=assessment.review,
        score=assessment.score,
        concerns=assessment.concerns,
        urgency=decision.escalate.urgency if decision.escalate else assessment.urgency,
        experiencer=assessment.experiencer,
        status=assessment.status,
        crisis=assessment.crisis,
        red_flags=tuple(hit.rule for hit in assessment.red_flags),
        spans=assessment.spans,
        topic=choose_topic(assessment).value,
        audience=audience_of(assessment).value,
        reasons=tuple(reason.code.value for reason in decision.reasons),
        stamps=assessment.stamps,
        mode=mode.value,
    )
