"""The red-flag lexicon: reviewed lines that find signs which must reach a human even when no model runs.

It may only raise urgency, never lower it, and it interprets nothing. Every line names its place in the clinical facts.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.assessments import RedFlag
from bot.core.topics import Topic
from classifiers.lexicon.folding import Folded, fold
from classifiers.lexicon.loading import Lexicon, Rule, read_lexicon
from classifiers.lexicon.patterns import Pattern, beginnings_of
from classifiers.negation import is_told_as_happening
from classifiers.therapies import TherapyLexicon

FOLDER = Path(__file__).parent / "lexicon"
FILES = ("red_flags.yaml", "topic_cues.yaml", "therapies.yaml")
_DENIED_INSIDE = frozenset(
    {"no", "not", "isnt", "arent", "wasnt", "werent", "doesnt", "didnt", "dont", "hasnt", "havent", "never", "without"}
    | {"normal"}
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One pattern, and the place in the file of the rule or topic that it belongs to."""

    owner: int
    pattern: Pattern


class RedFlagLexicon:
    """The lexicon in memory; safe to share between threads, because it never changes."""

    def __init__(self, lexicon: Lexicon, therapies: TherapyLexicon, *, version: str) -> None:
        self.version = version
        """The first 12 digits of the SHA-256 of the three files; stamps every assessment."""
        self.rules = lexicon.rules
        self._needs: Mapping[str, tuple[Pattern, ...]] = lexicon.needs
        self._topics = lexicon.topics
        self._therapies = therapies
        self._index = _index([rule.patterns for rule in lexicon.rules])
        self._topic_index = _index([patterns for _, patterns in lexicon.topics])

    @classmethod
    def load(cls, path: Path | None = None) -> "RedFlagLexicon":
        """Read the lexicon folder; `ContentError` lists every bad line with file, rule, found and expected."""
        folder = path or FOLDER
        lexicon = read_lexicon(folder)
        digest = hashlib.sha256()
        for name in FILES:
            digest.update((folder / name).read_bytes())
        return cls(lexicon, TherapyLexicon.load(folder), version=digest.hexdigest()[:12])

    def find(self, text: str) -> tuple[RedFlag, ...]:
        """Find the lines that match and are told as happening, in the order of the text; at most one hit per rule."""
        folded = fold(text)
        hits: dict[str, RedFlag] = {}
        for line in _candidates(self._index, folded.text):
            rule = self.rules[line.owner]
            if rule.id in hits:
                continue
            place = _first_live(line.pattern, folded.text, lasting=rule.topic is Topic.CRISIS)
            if place and self._is_met(rule, folded):
                hits[rule.id] = _red_flag(rule, folded, place)
        return tuple(sorted(hits.values(), key=lambda hit: (hit.span.start, -hit.urgency, hit.rule)))

    def topic_cues(self, text: str) -> tuple[str, ...]:
        """Name the topics whose everyday words occur, in the order of the file: most specific first."""
        folded = fold(text).text
        found = {line.owner for line in _candidates(self._topic_index, folded) if line.pattern.regex.search(folded)}
        return tuple(self._topics[owner][0].value for owner in sorted(found))

    def is_crisis(self, text: str) -> bool:
        """Does a line about self-harm or suicide match?"""
        return any(hit.topic == Topic.CRISIS.value for hit in self.find(text))

    def _is_met(self, rule: Rule, folded: Folded) -> bool:
        """Does the text hold the second cue that the rule asks for?"""
        if not rule.needs:
            return True
        for need in rule.needs:
            if need == "exposure":
                if self._therapies.find(folded):
                    return True
            elif any(pattern.regex.search(folded.text) for pattern in self._needs[need]):
                return True
        return False


def _index(owners: Sequence[Sequence[Pattern]]) -> Mapping[str, tuple[_Line, ...]]:
    """Look-up from word beginnings to the patterns that such a word may belong to."""
    index: dict[str, list[_Line]] = defaultdict(list)
    for owner, patterns in enumerate(owners):
        for pattern in patterns:
            line = _Line(owner, pattern)
            for trigger in pattern.triggers:
                index[trigger].append(line)
    return {trigger: tuple(lines) for trigger, lines in index.items()}


def _candidates(index: Mapping[str, tuple[_Line, ...]], text: str) -> Iterator[_Line]:
    """Yield the patterns whose rarest word may occur, each once, in the order of the file."""
    beginnings = beginnings_of(text)
    found = {id(line): line for key in beginnings & index.keys() for line in index[key]}
    possible = (line for line in found.values() if line.pattern.may_occur(beginnings))
    return iter(sorted(possible, key=lambda line: line.owner))


def _first_live(pattern: Pattern, text: str, *, lasting: bool) -> tuple[int, int] | None:
    """Find the first match that is told as happening, and whose gaps deny nothing."""
    for match in pattern.regex.finditer(text):
        gaps = " ".join(gap for gap in match.groups() if gap)
        if _DENIED_INSIDE.isdisjoint(gaps.replace(",", " ").split()) and is_told_as_happening(
            text, match.start(), match.end(), lasting=lasting
        ):
            return match.span()
    return None


def _red_flag(rule: Rule, folded: Folded, place: tuple[int, int]) -> RedFlag:
    return RedFlag(
        rule=rule.id,
        urgency=rule.urgency,
        concern=rule.concern,
        topic=rule.topic.value,
        span=folded.span(*place),
    )
