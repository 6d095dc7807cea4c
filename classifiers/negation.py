"""Decides whether a sign found in folded text is told as happening, or denied, imagined, quoted, or long over.

Pure functions on one sentence at a time. In doubt a sign stands: the lexicon may only raise. Grammar is not parsed.
"""

import re
from dataclasses import dataclass

from classifiers.lexicon import frames

_END = re.compile(r"[.!?;\n]+")
_RESTART = re.compile(r"\b(?:but|and|however|though|although|i|im|my|he|she)\b")
_LIST_WORDS = 7
"""Words that a denied list may hold before the sign."""
_PLAIN_WORDS = 5
"""Words that may stand between a denial and the sign."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence around a sign: its text, where it begins, and the one that follows."""

    text: str
    start: int
    following: str


def is_told_as_happening(text: str, start: int, end: int, *, lasting: bool = False) -> bool:
    """Is the sign at `start:end` of folded text live: not denied, hypothetical, quoted, about a pet, or clearly past?

    `lasting` marks signs that no reassurance undoes (self-harm); they fall only to denial, frames and old dates.
    """
    sentence = sentence_around(text, start, end)
    begin, finish = start - sentence.start, end - sentence.start
    return not (
        is_denied(sentence.text, begin, finish)
        or is_framed(sentence.text, begin)
        or is_quoted_line(text, start)
        or is_about_animal(sentence.text, begin)
        or is_long_ago(sentence.text, begin, finish)
        or (not lasting and (is_resolved(sentence, begin) or is_closed_story(text, sentence.text)))
    )


def sentence_around(text: str, start: int, end: int) -> Sentence:
    """Cut out the sentence (or sentences) that a range stands in."""
    begin, finish, following = 0, len(text), ""
    for boundary in _END.finditer(text):
        if boundary.end() <= start:
            begin = boundary.end()
        elif boundary.start() >= end:
            # A question mark is kept: "nosebleed? no" answers itself.
            finish = boundary.start()
            following = _END.split(text[boundary.end() :], maxsplit=1)[0]
            if text[boundary.start()] == "?":
                finish = min(len(text), boundary.end() + len(following))
            break
    return Sentence(text[begin:finish], begin, following)


def is_denied(sentence: str, start: int, end: int) -> bool:
    """Does a negation reach the range? "No bruising but brown wee" denies the bruising only."""
    if frames.ANSWERED_NO.match(sentence, end) or frames.RULED_OUT.match(sentence, end):
        return True
    negator = _last(frames.NEGATOR, sentence, start)
    if negator is None:
        return False
    between = sentence[negator.end() : start]
    if frames.SCOPE_ENDS.search(between) or any(mark in between for mark in ":()") or " - " in between:
        return False
    words = len(between.split())
    if "," in between:
        return words <= _LIST_WORDS and _is_list(sentence, negator.end(), end)
    return words <= _PLAIN_WORDS


def _is_list(sentence: str, start: int, end: int) -> bool:
    """ "No dots, bleeding or bruises" denies everything up to the "or"; "no fever, coughing blood" denies the fever."""
    rest = _RESTART.split(sentence[start:], maxsplit=1)[0]
    last = rest.rfind(" or ")
    return last >= 0 and "," not in rest[last:] and start + len(rest) >= end


def is_framed(sentence: str, start: int) -> bool:
    """Does the range stand under a condition, a fear, a dream, or words of a leaflet, study or story?"""
    for frame in (frames.HYPOTHESIS, frames.ATTRIBUTION):
        for match in frame.finditer(sentence, 0, start):
            if not frames.FRAME_ENDS.search(sentence, match.end(), start):
                return True
    return False


def is_quoted_line(text: str, start: int) -> bool:
    """Does the range stand on a line that quotes another post?"""
    line = text.rfind("\n", 0, start) + 1
    return text[line:start].lstrip().startswith(">")


def is_about_animal(sentence: str, start: int) -> bool:
    """Is the nearest subject before the range a pet?"""
    animal = _last(frames.ANIMAL, sentence, start)
    return animal is not None and not frames.PERSON.search(sentence, animal.end(), start)


def is_long_ago(sentence: str, start: int, end: int) -> bool:
    """Is the range dated years back, in the past tense, in its own clause?

    A date that belongs to a therapy or diagnosis ("lem in 2021") dates nothing else.
    """
    if frames.STILL.search(sentence):
        return False
    left = max(sentence.rfind(",", 0, start), sentence.rfind(" but ", 0, start)) + 1
    if frames.YEAR_FIRST.match(sentence):
        return True
    for date in frames.LONG_AGO.finditer(sentence):
        if date.end() <= left and sentence[left:start].strip():
            continue
        if frames.THERAPY_DATE.search(sentence, 0, date.start()):
            continue
        clause = sentence[left : max(end, date.end())]
        between = sentence[end : date.start()] if date.start() >= end else ""
        if not frames.PRESENT_RETURNS.search(between) and (
            date.group().startswith("used") or frames.PAST_TENSE.search(clause)
        ):
            return True
    return False


def is_closed_story(text: str, sentence: str) -> bool:
    """Does the post itself date the event years back, or call it a false alarm, and its sentence not go on?"""
    return bool(frames.CLOSED_LATER.search(text)) and not frames.STILL.search(sentence)


def is_resolved(sentence: Sentence, start: int) -> bool:
    """Is the sign said to be over, in its own sentence or the next, with nothing said to go on?"""
    both = f"{sentence.text} {sentence.following}"
    return bool(frames.RESOLVED.search(both, start)) and not frames.STILL.search(both)


def _last(pattern: re.Pattern[str], sentence: str, before: int) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(sentence, 0, before):
        found = match
    return found
