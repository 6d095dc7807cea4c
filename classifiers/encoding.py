"""Turns a post and its context into the encoder's windows of token ids; the same code trains and serves.

Knows no weights: it needs only the tokenizer file beside them. It never cuts the post to make room for context.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from bot.core.errors import ModelError

Ints = npt.NDArray[np.int64]

MAX_TOKENS = 256
"""Tokens of one window; all-MiniLM-L6-v2 was trained on up to 256."""
OVERLAP = 64
"""Tokens that neighbouring windows of a long post share, so that no sign is cut in two."""
CONTEXT_TOKENS = 80
"""Most tokens that context may take beside a post that leaves room for them."""
BATCH_TOKENS = 1024
"""Padded tokens of one batch: 1024 serves in 100 MB less than 4096 does, and no slower."""


class Reading(NamedTuple):
    """What is read together: a post's text and the posts before it, oldest first."""

    text: str
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """One input row: token ids and segment ids (0: the post, 1: its context)."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded windows, each array of shape (windows, tokens); `rows` tells which window each line came from."""

    ids: Ints
    mask: Ints
    segments: Ints
    rows: Ints


class Encoding:
    """The tokenizer with the rules of windows and segments."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._start = _token(tokenizer, "[CLS]")
        self._end = _token(tokenizer, "[SEP]")

    @classmethod
    def load(cls, path: Path) -> "Encoding":
        """Read a `tokenizer.json`; `ModelError` when it is missing or damaged."""
        try:
            return cls(Tokenizer.from_str(path.read_text(encoding="utf-8")))
        except Exception as wrong:  # the tokenizers library raises bare `Exception`
            raise ModelError(f"{path} cannot be read as a tokenizer ({wrong}); restore the version's files") from wrong

    def windows(self, readings: Sequence[Reading]) -> list[list[Window]]:
        """Cut each reading into one or more windows; short posts have exactly one."""
        texts = self._tokenizer.encode_batch([reading.text for reading in readings], add_special_tokens=False)
        return [
            self._cut(encoded.ids, self._context_ids(reading.context, room=self._room(len(encoded.ids))))
            for reading, encoded in zip(readings, texts, strict=True)
        ]

    def count(self, text: str) -> int:
        """Count the tokens of a text, without special ones."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    @staticmethod
    def _room(post_tokens: int) -> int:
        return max(0, min(CONTEXT_TOKENS, MAX_TOKENS - 3 - post_tokens))

    def _context_ids(self, context: Sequence[str], *, room: int) -> list[int]:
        """The latest context first, because the last post is the one replied to; the oldest is cut."""
        ids: list[int] = []
        for line in reversed(context):
            if len(ids) >= room:
                break
            ids.extend(self._tokenizer.encode(line, add_special_tokens=False).ids)
        return ids[:room]

    def _cut(self, post: Sequence[int], context: Sequence[int]) -> list[Window]:
        size = MAX_TOKENS - 2
        if len(post) <= size:
            return [self._window(post, context)]
        starts = [*range(0, len(post) - size, size - OVERLAP), len(post) - size]
        return [self._window(post[start : start + size], ()) for start in starts]

    def _window(self, post: Sequence[int], context: Sequence[int]) -> Window:
        first = (self._start, *post, self._end)
        second = (*context, self._end) if context else ()
        return Window(ids=first + second, segments=(0,) * len(first) + (1,) * len(second))


def batches(windows: Sequence[Window], *, tokens: int = BATCH_TOKENS) -> Iterator[Batch]:
    """Group windows of similar length into padded batches of at most `tokens` padded tokens each."""
    order = sorted(range(len(windows)), key=lambda row: len(windows[row].ids))
    group: list[int] = []
    for row in order:
        if group and len(windows[row].ids) * (len(group) + 1) > tokens:
            yield pad(windows, group)
            group = []
        group.append(row)
    if group:
        yield pad(windows, group)


def pad(windows: Sequence[Window], rows: Sequence[int]) -> Batch:
    """Pad the windows of `rows` to the longest of them."""
    length = max(len(windows[row].ids) for row in rows)
    ids, mask, segments = (np.zeros((len(rows), length), dtype=np.int64) for _ in range(3))
    for line, row in enumerate(rows):
        window = windows[row]
        ids[line, : len(window.ids)] = window.ids
        mask[line, : len(window.ids)] = 1
        segments[line, : len(window.ids)] = window.segments
    return Batch(ids=ids, mask=mask, segments=segments, rows=np.asarray(rows, dtype=np.int64))


def _token(tokenizer: Tokenizer, word: str) -> int:
    number = tokenizer.token_to_id(word)
    if number is None:
        raise ModelError(f"the tokenizer has no {word} token; expected the BERT vocabulary of the base model")
    return int(number)
