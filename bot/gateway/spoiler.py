"""A member's words for moderators' eyes: escaped, spoilered, evidence marked, cut to size; nothing in them acts.

Keeps the words nowhere. Sizes are counted in UTF-16 units, the stricter of the two ways in which Discord counts.
"""

import re
from collections.abc import Iterable, Sequence

from bot.core.assessments import Span

ACTIVE = re.compile(r"([\\*_~`|<>@#\[\]:])")
"""Characters that Discord's markdown, links, mentions, emoji or timestamps can begin with."""

LISTED = re.compile(r"(?m)^(\s*\d*)([-+.)])")
"""What makes a line a list item or small print."""

REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
"""Direction controls: they could show a card's own words in another order than they stand."""

ELISION = " (…) "

REACHES = (1000, 400, 200, 100, 50, 20, 0)
"""Characters kept around each piece of evidence, tried from wide to narrow."""


def size(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Shorten to at most `limit` UTF-16 units, with an ellipsis where something was left out."""
    if size(text) <= limit:
        return text
    kept, used = [], 1
    for character in text:
        used += size(character)
        if used > limit:
            break
        kept.append(character)
    return "".join(kept) + "…" if limit > 0 else ""


def escape(text: str) -> str:
    """Take the effect of every character that could do something on Discord; the words stay as they were."""
    return LISTED.sub(r"\1\\\2", ACTIVE.sub(r"\\\1", REORDERING.sub("", text)))


def spoilered(text: str, spans: Sequence[Span], *, limit: int) -> str:
    """Hide a text behind a spoiler with its evidence in bold and underlined; evidence is what is cut last."""
    marks = _merge(spans, len(text))
    whole = _dress(text, marks, [(0, len(text))])
    if size(whole) + 5 <= limit:
        return _hide(whole)
    for reach in REACHES:
        windows = [(0, reach), *((start - reach, end + reach) for start, end in marks)]
        shown = _dress(text, marks, _join(windows, len(text)))
        if size(shown) + 5 <= limit:
            return _hide(shown)
    return _hide(_head(text, limit - 5))


def _hide(dressed: str) -> str:
    # A closing bar pair right after an escaped bar would be read one character early.
    return f"||{dressed}\u200b||"


def _merge(spans: Iterable[Span], length: int) -> list[tuple[int, int]]:
    return _join(((span.start, span.end) for span in spans), length)


def _join(ranges: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Clip ranges to the text and join those that touch."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in ranges):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _dress(text: str, marks: Sequence[tuple[int, int]], windows: Sequence[tuple[int, int]]) -> str:
    """Escape the windows of a text and mark the evidence in them; what lies between becomes an elision."""
    pieces: list[str] = []
    at = 0
    for start, end in windows:
        if start > at:
            pieces.append(ELISION)
        at = start
        for mark_start, mark_end in marks:
            if mark_start >= start and mark_end <= end:
                pieces.append(escape(text[at:mark_start]))
                pieces.append(_mark(text[mark_start:mark_end]))
                at = mark_end
        pieces.append(escape(text[at:end]))
        at = end
    if at < len(text):
        pieces.append(ELISION)
    return "".join(pieces)


def _mark(evidence: str) -> str:
    bare = escape(evidence).strip()
    if not any(character.isprintable() and not character.isspace() for character in bare):
        return escape(evidence)
    clean = REORDERING.sub("", evidence)
    before = clean[: len(clean) - len(clean.lstrip())]
    after = clean[len(clean.rstrip()) :]
    return f"{before}__**{bare}**__{after}"


def _head(text: str, limit: int) -> str:
    """As much of the beginning as fits, escaped, without its evidence marked."""
    kept, used = [], size(ELISION)
    for character in text:
        dressed = escape(character)
        used += size(dressed)
        if used > limit:
            break
        kept.append(dressed)
    return "".join(kept) + ELISION.rstrip()
