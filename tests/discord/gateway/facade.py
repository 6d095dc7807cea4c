"""A hand-written stand-in for the services: it keeps real cases, writes down every call, and fails on silence."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.answers import MemberCard, SourceLink
from bot.core.assessments import Concern, Experiencer, Span, Stamps, Status, Urgency
from bot.core.authority import Deed
from bot.core.cases import CaseEvent, CaseEventKind, CaseId, CaseState, Refusal, Verdict, claim, release, resolve
from bot.core.cases import settle_answer as settle
from bot.core.policy import Priority
from bot.core.ports import CaseBrief
from bot.core.posts import ChannelId, GuildId, MessageId, Post, UserId
from bot.core.records import CaseRecord, DecisionRecord

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
POST, CHANNEL = MessageId(7), ChannelId(8)
UNKNOWN = Refusal(sentence="There is no such case in this community.")


class Facade:
    """Implements `bot.gateway.services_port.Services`."""

    def __init__(self) -> None:
        self.transcript: list[tuple[str, dict[str, Any]]] = []
        self.cases: dict[CaseId, CaseRecord] = {}
        self.texts: dict[CaseId, str] = {}
        self.cards: dict[MessageId, UserId] = {}
        self.failing: Exception | None = None
        self.keeps_notes = True

    def said(self, what: str) -> list[dict[str, Any]]:
        """Every call of one kind, in order."""
        return [given for kind, given in self.transcript if kind == what]

    def only(self, what: str) -> dict[str, Any]:
        """The one call of a kind; silence and two calls alike fail."""
        calls = self.said(what)
        assert len(calls) == 1, f"expected one {what!r}, got {len(calls)} in {self.kinds()}"
        return calls[0]

    def post(self, what: str) -> Post:
        """The post of the one call of a kind."""
        post = self.only(what)["post"]
        assert isinstance(post, Post)
        return post

    def kinds(self) -> list[str]:
        """What was called, in order, without the connections."""
        return [kind for kind, _ in self.transcript if kind != "connected"]

    def _note(self, what: str, **given: Any) -> None:
        self.transcript.append((what, given))

    def _work(self, what: str, **given: Any) -> None:
        self._note(what, **given)
        if self.failing is not None:
            raise self.failing

    def connected(self) -> None:
        self._note("connected")

    def offer(self, post: Post) -> None:
        self._note("offer", post=post)

    def mentioned(self, post: Post) -> None:
        self._note("mentioned", post=post)

    def edited(self, post: Post) -> None:
        self._note("edited", post=post)

    def deleted(self, guild_id: GuildId, message_id: MessageId) -> None:
        self._note("deleted", guild_id=guild_id, message_id=message_id)

    def moderator_wrote(self, channel_id: ChannelId, member_id: UserId | None, at: datetime) -> None:
        self._note("moderator_wrote", channel_id=channel_id, member_id=member_id, at=at)

    async def ask(self, post: Post, *, by: UserId) -> CaseRecord | None:
        self._work("ask", post=post, by=by)
        return a_case(CaseId(900), guild_id=post.guild_id, message_id=post.message_id)

    async def claim(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        self._work("claim", guild_id=guild_id, case_id=case_id, by=by)
        return self._move(guild_id, case_id, lambda state: claim(state, by=by, now=NOW))

    async def release(self, guild_id: GuildId, case_id: CaseId, *, by: UserId) -> CaseRecord | Refusal:
        self._work("release", guild_id=guild_id, case_id=case_id, by=by)
        return self._move(guild_id, case_id, lambda state: release(state, by=by, now=NOW))

    async def resolve(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, verdict: Verdict, reason: str
    ) -> CaseRecord | Refusal:
        self._work("resolve", guild_id=guild_id, case_id=case_id, by=by, verdict=verdict, reason=reason)
        return self._move(
            guild_id, case_id, lambda state: resolve(state, by=by, verdict=verdict, reason=reason, now=NOW)
        )

    async def settle_answer(
        self, guild_id: GuildId, case_id: CaseId, *, by: UserId, approve: bool
    ) -> CaseRecord | Refusal:
        self._work("settle_answer", guild_id=guild_id, case_id=case_id, by=by, approve=approve)
        return self._move(guild_id, case_id, lambda state: settle(state, by=by, approve=approve, now=NOW))

    async def refuse(self, guild_id: GuildId, case_id: CaseId | None, *, by: UserId, deed: Deed) -> None:
        self._note("refuse", guild_id=guild_id, case_id=case_id, by=by, deed=deed)

    async def not_about_me(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        self._work("not_about_me", guild_id=guild_id, card_message_id=card_message_id, by=by)
        return self.cards.get(card_message_id) == by

    async def ask_human(self, guild_id: GuildId, card_message_id: MessageId, *, by: UserId) -> bool:
        self._work("ask_human", guild_id=guild_id, card_message_id=card_message_id, by=by)
        return card_message_id in self.cards

    async def queue(self, guild_id: GuildId, *, limit: int) -> Sequence[CaseRecord]:
        self._work("queue", guild_id=guild_id, limit=limit)
        return [case for case in self.cases.values() if case.guild_id == guild_id and case.is_open][:limit]

    async def brief(self, guild_id: GuildId, case_id: CaseId) -> CaseBrief | None:
        self._work("brief", guild_id=guild_id, case_id=case_id)
        case = self.cases.get(case_id)
        if case is None or case.guild_id != guild_id:
            return None
        return a_brief(case, text=self.texts.get(case_id))

    async def opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool) -> None:
        self._work("opt_out", guild_id=guild_id, user_id=user_id, out=out)

    async def privacy_export(self, user_id: UserId) -> bytes:
        self._work("privacy_export", user_id=user_id)
        return json.dumps({"cases": [{"case_id": 1}, {"case_id": 2}], "opt_outs": []}).encode()

    async def privacy_erase(self, guild_id: GuildId, user_id: UserId) -> int:
        self._work("privacy_erase", guild_id=guild_id, user_id=user_id)
        return 3

    def _move(
        self, guild_id: GuildId, case_id: CaseId, move: Callable[[CaseState], CaseEvent | Refusal]
    ) -> CaseRecord | Refusal:
        case = self.cases.get(case_id)
        if case is None or case.guild_id != guild_id:
            return UNKNOWN
        event = move(case.state)
        if isinstance(event, Refusal):
            return event
        self.cases[case_id] = replace(case, events=(*case.events, event))
        return self.cases[case_id]


class Library:
    """Implements `AnswerLibrary`: one card per topic, and phrases that name their own key and what they were given."""

    def __init__(self, *, unsigned: frozenset[str] = frozenset()) -> None:
        self.unsigned = unsigned
        self.named: list[tuple[str, str, str | None]] = []

    def card(self, *, topic: str, audience: str, regions: Sequence[str], language: str) -> MemberCard:
        return a_card(topic=topic, signed=topic not in self.unsigned)

    def may_send(self, card: MemberCard) -> bool:
        return card.signed

    def phrase(self, key: str, *, language: str, community: str | None = None) -> str:
        self.named.append((key, language, community))
        return f"[{key}]"


def a_card(*, topic: str = "general", body: str = "Ask the team that treats you.", signed: bool = True) -> MemberCard:
    """A vetted card."""
    return MemberCard(
        template=f"{topic}@1",
        topic=topic,
        title="After an immune reconstitution therapy",
        body=body,
        contacts=("Emergency: 999 or 112 (UK)", "NHS 111 (UK)"),
        sources=(SourceLink(title="A guideline", reference="doi:10.1000/1", date="2024"),),
        footer="Automated message, not medical advice.",
        signed=signed,
    )


def a_case(
    case_id: CaseId,
    *,
    guild_id: GuildId,
    message_id: MessageId = POST,
    channel_id: ChannelId = CHANNEL,
    urgency: Urgency = Urgency.SAME_DAY,
    priority: Priority = Priority.URGENT,
    crisis: bool = False,
    proposed: bool = False,
    events: Sequence[CaseEvent] = (),
    read: bool = True,
) -> CaseRecord:
    """A case as the store would give it."""
    opened = CaseEvent(kind=CaseEventKind.OPENED, at=NOW - timedelta(minutes=5), urgency=urgency)
    decision = DecisionRecord(
        message_id=message_id,
        channel_id=channel_id,
        watched_id=channel_id,
        guild_id=guild_id,
        author_id=UserId(5),
        decided_at=opened.at,
        posted_at=opened.at,
        flagged=True,
        review=False,
        score=0.93,
        concerns=frozenset({Concern.SECONDARY_AUTOIMMUNITY}),
        urgency=urgency,
        experiencer=Experiencer.SELF,
        status=Status.CURRENT,
        crisis=crisis,
        red_flags=("bleeding.nosebleed",),
        spans=(Span(0, 4),),
        topic="bleeding",
        audience="self",
        reasons=("flagged",),
        stamps=Stamps(model="m-1", thresholds="t-1", rules="r-1"),
        mode="auto",
    )
    return CaseRecord(
        case_id=case_id,
        message_id=message_id,
        channel_id=channel_id,
        watched_id=channel_id,
        guild_id=guild_id,
        author_id=UserId(5),
        topic="bleeding",
        priority=priority,
        opened_at=opened.at,
        events=(opened, *events),
        decision=decision if read else None,
        proposed=proposed,
    )


def a_brief(case: CaseRecord, *, text: str | None = "a nosebleed that will not stop", **changed: Any) -> CaseBrief:
    """A brief of a case."""
    given: dict[str, Any] = {
        "case": case,
        "text": text,
        "spans": case.decision.spans if case.decision is not None else (),
        "mentions": (),
        "reasons": ("The reading is above the threshold for this channel.",),
    }
    return CaseBrief(**{**given, **changed})
