"""Finds therapies and times since therapy that a post states, as ranges of characters.

A word that means something else to most people counts only beside another sign of multiple sclerosis. It decides
nothing about exposure: a mention may be a question, a plan, or somebody else's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.core.assessments import Mention, Therapy
from bot.core.errors import ContentError
from classifiers.lexicon.folding import Folded, fold
from classifiers.lexicon.loading import as_list, read_vocabularies, read_yaml
from classifiers.lexicon.patterns import Pattern, PatternError, beginnings_of, compile_pattern

FOLDER = Path(__file__).parent / "lexicon"
FILE = "therapies.yaml"
TIME_SINCE = "time_since"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One way to write a therapy. `needs_cue`: only with a sign of MS elsewhere in the text."""

    kind: str
    pattern: Pattern
    needs_cue: bool


class TherapyLexicon:
    """The names of therapies in memory; never changes."""

    def __init__(self, entries: tuple[_Entry, ...], cues: tuple[Pattern, ...], strangers: tuple[Pattern, ...]) -> None:
        self._entries = entries
        self._cues = cues
        self._strangers = strangers
        self._by_trigger: dict[str, list[_Entry]] = {}
        for entry in entries:
            for trigger in entry.pattern.triggers:
                self._by_trigger.setdefault(trigger, []).append(entry)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "TherapyLexicon":
        """Read `therapies.yaml`; `ContentError` lists every bad line."""
        raw = read_yaml(folder / FILE)
        problems: list[str] = []
        words = read_vocabularies(raw, FILE, problems)

        def patterns(where: str, value: object) -> tuple[Pattern, ...]:
            lines = as_list(value, f"{FILE}: {where}", problems)
            return tuple(each for line in lines for each in _compiled(where, str(line), words, problems))

        entries: list[_Entry] = []
        for kind, forms in (raw.get("therapies") or {}).items():
            if kind not in [therapy.value for therapy in Therapy] or not isinstance(forms, dict):
                problems.append(f"{FILE}: therapies: found {kind!r}; expected {[each.value for each in Therapy]}")
                continue
            for form in forms.keys() - {"certain", "with_cue"}:
                problems.append(f"{FILE}: {kind}: found {form!r}; expected 'certain' or 'with_cue'")
            for form in ("certain", "with_cue"):
                found = patterns(f"{kind}.{form}", forms.get(form, []))
                entries.extend(_Entry(str(kind), pattern, form == "with_cue") for pattern in found)
        entries.extend(_Entry(TIME_SINCE, each, True) for each in patterns(TIME_SINCE, raw.get(TIME_SINCE)))
        cues, strangers = patterns("cues", raw.get("cues")), patterns("strangers", raw.get("strangers"))
        if problems:
            raise ContentError(problems)
        return cls(tuple(entries), cues, strangers)

    def find(self, folded: Folded) -> tuple[Mention, ...]:
        """Find mentions in folded text, in its order; where two overlap, the longer stays."""
        text = folded.text
        beginnings = beginnings_of(text)
        found = {id(entry): entry for key in beginnings & self._by_trigger.keys() for entry in self._by_trigger[key]}
        entries = [entry for entry in found.values() if entry.pattern.may_occur(beginnings)]
        ranges = [
            (match.start(), match.end(), entry) for entry in entries for match in entry.pattern.regex.finditer(text)
        ]
        if not ranges:
            return ()
        if any(entry.needs_cue for _, _, entry in ranges):
            certain = any(not entry.needs_cue for _, _, entry in ranges)
            has_cue = certain or self._has_cue(text, beginnings)
            ranges = [each for each in ranges if has_cue or not each[2].needs_cue]
        mentions = [Mention(kind=entry.kind, span=folded.span(start, end)) for start, end, entry in _longest(ranges)]
        return tuple(sorted(mentions, key=lambda mention: mention.span.start))

    def _has_cue(self, text: str, beginnings: set[str]) -> bool:
        if any(p.may_occur(beginnings) and p.regex.search(text) for p in self._strangers):
            return False
        return any(p.may_occur(beginnings) and p.regex.search(text) for p in self._cues)


def find_mentions(text: str) -> tuple[Mention, ...]:
    """Find the therapies and times since therapy that a text states."""
    return _shared().find(fold(text))


@lru_cache(maxsize=1)
def _shared() -> TherapyLexicon:
    return TherapyLexicon.load()


def _compiled(where: str, source: str, words: Mapping[str, tuple[str, ...]], problems: list[str]) -> Iterator[Pattern]:
    try:
        yield compile_pattern(source, words)
    except PatternError as wrong:
        problems.append(f"{FILE}: {where}: pattern {source!r}: {wrong}")


def _longest(ranges: list[tuple[int, int, _Entry]]) -> list[tuple[int, int, _Entry]]:
    """Drop every range that overlaps a longer one of the same sort (a therapy, or a time)."""
    kept: list[tuple[int, int, _Entry]] = []
    for start, end, entry in sorted(ranges, key=lambda each: (each[0] - each[1], each[0])):
        is_time = entry.kind == TIME_SINCE
        if not any(start < e and s < end and is_time == (other.kind == TIME_SINCE) for s, e, other in kept):
            kept.append((start, end, entry))
    return kept
