"""The fixed texts, chosen by topic, audience, region and language, and rendered as cards.

Reads no member's words and sends nothing; an overdue or retired wording is never shown where another can stand in.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.core.answers import MemberCard, SnippetStatus
from bot.core.topics import Audience, Topic
from responses.findings import Finding, content_error, nearest
from responses.phrases import FALLBACK_LANGUAGE, Phrases, read_phrases
from responses.referrals import Referrals, read_referrals
from responses.snippet import Snippet, SnippetAudience, read_snippet

SHIPPED = Path(__file__).parent
ALL = "all"
_ALWAYS_SHOWN = frozenset({Topic.GENERAL, Topic.CRISIS})
"""Nothing can stand in for these two, so an overdue one is still shown and reported by the check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which snippet a post gets, and, when it is not the one asked for, why."""

    snippet: Snippet
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A responses folder that could be read in full."""

    snippets: tuple[Snippet, ...]
    referrals: Referrals
    phrases: Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What could be read of a responses folder, and every problem of form."""

    snippets: tuple[Snippet, ...]
    referrals: Referrals | None
    phrases: Phrases | None
    findings: tuple[Finding, ...]

    def content(self) -> Content:
        """Return the whole content; raises `ContentError` with every problem."""
        if self.findings or self.referrals is None or self.phrases is None:
            raise content_error(self.findings)
        return Content(snippets=self.snippets, referrals=self.referrals, phrases=self.phrases)


class SnippetLibrary:
    """The answers of one folder; implements `bot.core.ports.AnswerLibrary`."""

    def __init__(
        self, content: Content, *, allow_unsigned: Collection[str] = (), today: date | Callable[[], date]
    ) -> None:
        self._content = content
        self._allowed = frozenset(allow_unsigned)
        self._today = today
        self._cards: dict[tuple[str, str, tuple[str, ...], str], MemberCard] = {}
        self._rendered_on: date | None = None

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        *,
        allow_unsigned: Collection[str] = (),
        today: date | Callable[[], date],
    ) -> "SnippetLibrary":
        """Read a responses folder; raises `ContentError` with every problem.

        `allow_unsigned` holds snippet ids, or the word `all`. A callable `today` lets a bot that runs for months
        switch a wording off on the day its review is due.
        """
        content = read_folder(folder or SHIPPED).content()
        ids = {snippet.head.id for snippet in content.snippets}
        unknown = sorted(set(allow_unsigned) - ids - {ALL})
        if unknown:
            raise content_error(_unknown_id(name, ids) for name in unknown)
        return cls(content, allow_unsigned=allow_unsigned, today=today)

    @property
    def snippets(self) -> tuple[Snippet, ...]:
        """Every snippet, by id."""
        return self._content.snippets

    @property
    def referrals(self) -> Referrals:
        """The contacts by region."""
        return self._content.referrals

    def unsigned(self) -> list[str]:
        """Ids of the live snippets that no clinician has signed."""
        return [s.head.id for s in self.snippets if not s.is_signed and s.head.status is not SnippetStatus.RETIRED]

    def overdue(self, today: date) -> list[str]:
        """Ids of the snippets whose review was due by this day."""
        return [s.head.id for s in self.snippets if s.is_overdue(today)]

    def regions_without_crisis_line(self, regions: Sequence[str]) -> list[str]:
        """List the community's regions whose crisis card can show no verified crisis line."""
        return self.referrals.without_crisis_line(regions)

    def card(self, *, topic: str, audience: str, regions: Sequence[str], language: str) -> MemberCard:
        """Render the card of a topic; falls back to the general card, which always exists."""
        if self._rendered_on != self._day():
            self._cards.clear()
            self._rendered_on = self._day()
        asked = (topic, audience, tuple(regions), language)
        if asked not in self._cards:
            snippet = self.choose(topic=topic, audience=audience, regions=regions, language=language).snippet
            self._cards[asked] = self._render(snippet, regions=regions)
        return self._cards[asked]

    def _day(self) -> date:
        return self._today() if callable(self._today) else self._today

    def _render(self, snippet: Snippet, *, regions: Sequence[str]) -> MemberCard:
        return MemberCard(
            template=snippet.template,
            topic=snippet.head.topic.value,
            title=snippet.head.title,
            body=snippet.body,
            contacts=self.referrals.lines(snippet.head.topic.value, regions=regions),
            sources=snippet.source_links,
            footer=self.phrase("automated_footer", language=snippet.head.language),
            signed=snippet.is_signed,
        )

    def choose(self, *, topic: str, audience: str, regions: Sequence[str], language: str) -> Choice:
        """Choose by topic and audience, then topic, then the general card; the community's language before English."""
        wanted = Topic(topic) if topic in set(Topic) else Topic.GENERAL
        today = self._day()
        passed_over: list[str] = [] if topic in set(Topic) else [f"there is no topic {topic!r}"]
        for snippet in self._candidates(wanted, audience=audience, regions=tuple(regions), language=language):
            if snippet.head.status is SnippetStatus.RETIRED:
                passed_over.append(f"{snippet.head.id!r} is retired")
            elif snippet.is_overdue(today) and snippet.head.topic not in _ALWAYS_SHOWN:
                passed_over.append(f"the review of {snippet.head.id!r} was due on {snippet.head.review_due}")
            else:
                return Choice(snippet=snippet, reason=_because(passed_over, snippet, wanted, language))
        raise content_error([_no_card(wanted)])

    def may_send(self, card: MemberCard) -> bool:
        """Is the card signed by a clinician, or allowed unsigned by name in the configuration?"""
        return card.signed or ALL in self._allowed or card.template.partition("@")[0] in self._allowed

    def phrase(self, key: str, *, language: str, community: str | None = None) -> str:
        """A fixed sentence of the bot by its key in `phrases.yaml`; raises `ContentError` for an unknown key."""
        return self._content.phrases.get(key, language=language, community=community)

    def _candidates(self, topic: Topic, *, audience: str, regions: tuple[str, ...], language: str) -> Iterator[Snippet]:
        """Snippets in the order of preference. A crisis never falls back to a card with medical text."""
        topics = (topic,) if topic in _ALWAYS_SHOWN else (topic, Topic.GENERAL)
        for spoken in dict.fromkeys((language, FALLBACK_LANGUAGE)):
            for subject in topics:
                for heard in dict.fromkeys((audience, SnippetAudience.ANY.value, SnippetAudience.SELF.value)):
                    for snippet in self.snippets:
                        head = snippet.head
                        if (head.language, head.topic, head.audience) == (spoken, subject, heard) and snippet.fits(
                            regions
                        ):
                            yield snippet


def read_folder(folder: Path) -> Reading:
    """Read a whole responses folder; never raises for bad content."""
    read = [read_snippet(path) for path in sorted((folder / "snippets").glob("*.md"))]
    snippets = tuple(one for one in read if isinstance(one, Snippet))
    findings = [finding for one in read if not isinstance(one, Snippet) for finding in one]
    referrals, phrases = read_referrals(folder), read_phrases(folder)
    findings += referrals if isinstance(referrals, tuple) else ()
    findings += phrases if isinstance(phrases, tuple) else ()
    findings += _rivals(snippets)
    if not findings:
        findings = [_no_card(topic) for topic in sorted(_ALWAYS_SHOWN) if not _has_standing_card(topic, snippets)]
    return Reading(
        snippets=snippets,
        referrals=None if isinstance(referrals, tuple) else referrals,
        phrases=None if isinstance(phrases, tuple) else phrases,
        findings=tuple(findings),
    )


def _has_standing_card(topic: Topic, snippets: Sequence[Snippet]) -> bool:
    """Is there an English card for everybody, everywhere, that is not retired?"""
    return any(
        s.head.topic is topic
        and s.head.language == FALLBACK_LANGUAGE
        and s.head.regions == ALL
        and s.head.audience in {SnippetAudience.SELF, SnippetAudience.ANY}
        and s.head.status is not SnippetStatus.RETIRED
        for s in snippets
    )


def _rivals(snippets: Sequence[Snippet]) -> list[Finding]:
    """Two live snippets for the same readers: which one is shown would be chance."""
    findings = []
    first: dict[tuple[object, ...], Snippet] = {}
    for snippet in snippets:
        head = snippet.head
        if head.status is SnippetStatus.RETIRED:
            continue
        for region in (ALL,) if head.regions == ALL else head.regions:
            rival = first.setdefault((head.topic, head.audience, head.language, region), snippet)
            if rival is not snippet:
                finding = Finding(
                    file=snippet.file,
                    line=snippet.located.line_of(("topic",)),
                    rule="rivals",
                    found=f"the same topic, audience, language and region as {rival.file}",
                    why="Expected: one live snippet for each.",
                    todo="Retire one of them, or give them different regions.",
                )
                findings.append(finding)
                break
    return findings


def _because(passed_over: Sequence[str], snippet: Snippet, wanted: Topic, language: str) -> str | None:
    """One sentence on why another snippet than the first choice is shown, or None."""
    reasons = list(passed_over)
    if snippet.head.topic is not wanted and not reasons:
        reasons.append(f"there is no card on {wanted.value!r}")
    if snippet.head.language != language:
        reasons.append(f"there is none in {language!r}")
    return f"{snippet.head.id!r} stands in: {'; '.join(reasons)}." if reasons else None


def _unknown_id(name: str, ids: Collection[str]) -> Finding:
    return Finding(
        file="config.yaml",
        line=1,
        rule="unsigned",
        found=f"the unsigned snippet {name!r}",
        why="Expected: the id of a snippet, or the word 'all'.",
        todo=nearest(name, ids),
    )


def _no_card(topic: Topic) -> Finding:
    audiences = f"{Audience.SELF.value} or {SnippetAudience.ANY.value}"
    return Finding(
        file="snippets",
        line=1,
        rule="coverage",
        found=f"no English card on {topic.value!r} for all regions",
        why="This card must always exist, because nothing can stand in for it.",
        todo=f"Restore a snippet with topic {topic.value}, audience {audiences}, regions all.",
    )
