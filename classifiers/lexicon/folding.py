"""Folds a post to plain lower-case text whose every character knows its place in the original.

Corrects no spelling; it only removes what typing on a phone adds: curly quotes, zero-width characters, accents, markup,
stretched letters.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.core.assessments import Span

DECIMAL = "·"
"""Stands for the point or comma inside a number, so that "38.3" does not end a sentence."""

_UNUSUAL = re.compile(r"[^a-z0-9 .,!?'\n:;()/&+%\"-]")
_APOSTROPHES = frozenset("'’‘ʼ＇`´")
_MARKUP = frozenset("*_~|")
_DASHES = frozenset("‐‑‒–—―−")
_LINE_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_EDITS = re.compile(
    r"(?P<stretched>([^\W\d_])\2\2+)|(?P<space>[ \n]{2,})|(?<=\w)(?P<apostrophe>')(?=\w)|(?<=\w)(?P<hyphen>-)(?=\w)|"
    r"(?<=\d)(?P<point>[.,])(?=\d)"
)
_SPLIT_ENDINGS = re.compile(r"(?:ll|re|ve|d)\b")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; `places[i]` is the original offset of character i."""

    text: str
    places: Sequence[int]
    original: str

    def span(self, start: int, end: int) -> Span:
        """Map a non-empty folded range back to the original text."""
        return Span(self.places[start], self._end_of(self.places[end - 1]))

    def _end_of(self, place: int) -> int:
        end = place + 1
        while end < len(self.original) and unicodedata.combining(self.original[end]):
            end += 1
        return end


def fold(text: str) -> Folded:
    """Fold a text; white space becomes one space (or one line break), stretched letters are cut to two."""
    plain, places = _plain(text)
    pieces: list[str] = []
    kept: list[int] = []
    end = 0
    for edit in _EDITS.finditer(plain):
        replacement = _settle(edit, plain)
        pieces += (plain[end : edit.start()], replacement)
        kept += places[end : edit.start()]
        kept += places[edit.start() : edit.start() + len(replacement)]
        end = edit.end()
    if not pieces:
        return Folded(plain, places, text)
    kept += places[end:]
    return Folded("".join([*pieces, plain[end:]]), kept, text)


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Replace every unusual character by plain ones, keeping places."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A few capitals grow when they are made small; then letter by letter, so that places stay true.
        lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    pieces: list[str] = []
    places: list[int] = []
    end = 0
    for unusual in _UNUSUAL.finditer(lowered):
        place = unusual.start()
        letters = _letters(unusual.group())
        pieces += (lowered[end:place], letters)
        places += range(end, place)
        places += [place] * len(letters)
        end = place + 1
    if not pieces:
        return lowered, range(len(lowered))
    places += range(end, len(lowered))
    return "".join([*pieces, lowered[end:]]), places


@lru_cache(maxsize=4096)
def _letters(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    if character in _DASHES:
        return "-"
    if character in _MARKUP:
        return ""
    if character.isspace():
        return "\n" if character in _LINE_BREAKS else " "
    if character == "°":
        return " "
    plain = unicodedata.normalize("NFKD", character).casefold()
    return "".join(each for each in plain if unicodedata.category(each) not in {"Mn", "Cf", "Cc", "Me"})


def _settle(edit: re.Match[str], text: str) -> str:
    """Choose what an edit leaves; never longer than what it replaces."""
    match edit.lastgroup:
        case "space":
            return "\n" if "\n" in edit.group() else " "
        case "apostrophe":
            return " " if _SPLIT_ENDINGS.match(text, edit.end()) else ""
        case "hyphen":
            return " "
        case "point":
            return DECIMAL
        case _:
            return edit.group()[:2]
