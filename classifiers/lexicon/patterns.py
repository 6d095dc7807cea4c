"""The pattern language of the word lists, compiled to regular expressions that cannot run away.

It knows no unbounded repetition, so a reviewer cannot write a slow pattern. A pattern is read like this:

    coughing up (some|any)? blood    words; `|` separates alternatives; `?` after a group makes it optional
    bleed*                           any ending of up to eight letters
    <pee> ~ <brown>                  `<name>` is a vocabulary of the same file; `~` skips up to 30 characters of the
                                     same sentence, `~~` up to 60
    38.# · #                         `#` is one digit
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from classifiers.lexicon.folding import DECIMAL

GAPS = {"~~": 60, "~": 30}
MAX_GAPS = 3
BEGINNING = 4
"""Letters of a word by which patterns are looked up."""
_TOKEN = re.compile(r"<[a-z_]+>|~~|~|\(|\)\??|\||[a-z0-9.#+/%&*]+| |.", re.DOTALL)
_SPACE = r"[ \n]"
_WORD = re.compile(r"[a-z0-9.#+/%&*]+")
_RUN = re.compile(r"\w+")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a about all am an and any are as at back be been but by can cant could day days do dont for from get getting "
        "go going gone got had has have he her him his how i if im in is it its ive just keep keeps like me more my no "
        "not now of off on one or our out over really she so some still than that the their them then there they this "
        "to up us was we were what when which who will with wont you your since past last every after before down",
    )
)


class PatternError(ValueError):
    """A pattern of a word list cannot be read; the text says what was found and expected."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; its groups are the gaps."""

    source: str
    regex: re.Pattern[str]
    required: tuple[frozenset[str], ...]
    """Word beginnings: a text that matches holds at least one of each set. The rarest set comes first."""

    @property
    def triggers(self) -> frozenset[str]:
        """The beginnings by which the pattern is looked up."""
        return self.required[0]

    def may_occur(self, beginnings: Set[str]) -> bool:
        """Rule out, cheaply, most texts that the pattern cannot match."""
        return not any(part.isdisjoint(beginnings) for part in self.required)


def compile_pattern(source: str, words: Mapping[str, Sequence[str]]) -> Pattern:
    """Compile a pattern; `PatternError` when it is no sentence of the language."""
    tokens = _TOKEN.findall(source.strip())
    if not tokens:
        raise PatternError("the pattern is empty; expected words")
    if sum(piece in GAPS for piece in tokens) > MAX_GAPS:
        raise PatternError(f"more than {MAX_GAPS} gaps; expected a tighter pattern, or two patterns")
    if tokens[0] in GAPS or tokens[-1] in GAPS:
        raise PatternError("a gap begins or ends the pattern; expected a word there")
    body = _translate_all(tokens, words)
    try:
        regex = re.compile(rf"(?<![\w+{DECIMAL}])(?:{body})(?![\w{DECIMAL}])")
    except re.error as wrong:
        raise PatternError(f"found {source!r} ({wrong}); expected balanced brackets") from wrong
    return Pattern(source, regex, _required(tokens, words))


def _translate_all(tokens: Sequence[str], words: Mapping[str, Sequence[str]]) -> str:
    out: list[str] = []
    swallowed: set[int] = set()
    for index, piece in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        if index in swallowed:
            continue
        if piece == ")?":
            if following != " ":
                raise PatternError("an optional group ends the pattern or a branch; expected a word after it")
            out.append(r")[ \n])?")
            swallowed.add(index + 1)
        elif piece == "(":
            out.append("(?:" if tokens[_closing(tokens, index)] == ")" else "(?:(?:")
        elif piece in GAPS:
            # The gap swallows the spaces on both sides, and touches whole words only.
            if out and out[-1] == _SPACE:
                out.pop()
            swallowed.add(index + 1)
            out.append(rf"(?:(?!\w)|(?<=[ \n]))([^.!?;\n]{{0,{GAPS[piece]}}})(?<!\w)")
        else:
            out.append(_translate(piece, words))
    return "".join(out)


def _translate(piece: str, words: Mapping[str, Sequence[str]]) -> str:
    if piece in {")", "|"}:
        return piece
    if piece == " ":
        return _SPACE
    if piece.startswith("<") and len(piece) > 1:
        name = piece[1:-1]
        if name not in words:
            raise PatternError(f"vocabulary <{name}> is unknown; expected one of {sorted(words)}")
        options = "|".join(_phrase(word) for word in sorted(words[name], key=len, reverse=True))
        return f"(?:{options})"
    return _phrase(piece)


def _phrase(phrase: str) -> str:
    """Translate plain words; a vocabulary may hold phrases of several words."""
    out = []
    for character in phrase:
        match character:
            case " ":
                out.append(_SPACE)
            case "*":
                out.append(r"\w{0,8}")
            case "#":
                out.append("[0-9]")
            case ".":
                out.append(DECIMAL)
            case _ if character.isalnum() or character in "+/%&":
                out.append(re.escape(character))
            case _:
                raise PatternError(f"found {character!r}; expected small letters, digits and the signs of the language")
    return "".join(out)


def _required(tokens: Sequence[str], words: Mapping[str, Sequence[str]]) -> tuple[frozenset[str], ...]:
    """List what every match must hold, rarest first, as word beginnings."""
    parts = [part for part in _required_parts(tokens, words) if part]
    if not parts:
        raise PatternError("every part is optional; expected at least one word that must occur")
    parts.sort(key=lambda part: (max(_commonness(phrase) for phrase in part), len(part)))
    return tuple(frozenset(trigger_of(_rarest(phrase)) for phrase in part) for part in parts)


def trigger_of(word: str) -> str:
    """The first letters of a word, by which patterns are looked up; shorter words stand for themselves."""
    return word.split("*")[0].split("#")[0].split(".")[0][:BEGINNING]


def beginnings_of(text: str) -> set[str]:
    """List the first letters of every word, one up to `BEGINNING`, to be held against `required`."""
    words = set(_RUN.findall(text))
    return {word[:length] for word in words for length in range(1, BEGINNING + 1)} | {""}


def _required_parts(tokens: Sequence[str], words: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """List what must occur, each as its alternatives; groups count as one part."""
    parts: list[list[str]] = []
    index = 0
    while index < len(tokens):
        piece = tokens[index]
        if piece == "(":
            end = _closing(tokens, index)
            if tokens[end] == ")":
                parts.append(_alternatives(tokens[index + 1 : end], words))
            index = end
        elif piece.startswith("<"):
            parts.append(list(words[piece[1:-1]]))
        elif _WORD.fullmatch(piece):
            parts.append([piece])
        index += 1
    return [[phrase for phrase in part if phrase] if all(part) else [] for part in parts]


def _alternatives(tokens: Sequence[str], words: Mapping[str, Sequence[str]]) -> list[str]:
    """The rarest required phrase of each branch of a group; an empty string where a branch requires nothing."""
    branches: list[list[str]] = [[]]
    depth = 0
    for piece in tokens:
        depth += (piece == "(") - piece.startswith(")")
        if piece == "|" and depth == 0:
            branches.append([])
        else:
            branches[-1].append(piece)
    found: list[str] = []
    for branch in branches:
        parts = [part for part in _required_parts(branch, words) if part]
        if not parts:
            found.append("")
            continue
        found.extend(min(parts, key=lambda part: max(_commonness(phrase) for phrase in part)))
    return found


def _closing(tokens: Sequence[str], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += (tokens[index] == "(") - tokens[index].startswith(")")
        if depth == 0:
            return index
    raise PatternError("a bracket is not closed; expected balanced brackets")


def _rarest(phrase: str) -> str:
    words: list[str] = _WORD.findall(phrase)
    return min(words, key=_word_commonness)


def _commonness(phrase: str) -> int:
    return _word_commonness(_rarest(phrase))


def _word_commonness(word: str) -> int:
    """Rank a word by how little it narrows a search: no letters at all is worst, long and unusual is best."""
    stem = trigger_of(word)
    if not stem:
        return 100
    return 50 if word in _COMMON else 10 - min(len(word.rstrip("*")), 9)
