"""Lint everything the bot can say, and write the live files back: `aftercare responses check | export`.

Finds what code can find; whether the words are right is for the clinician who signs them.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.core.answers import SnippetStatus
from bot.core.topics import Topic
from responses.findings import Finding, Severity
from responses.library import SHIPPED, Reading, read_folder
from responses.phrases import FILE as PHRASES_FILE
from responses.phrases import Phrases
from responses.readability import reading_grade
from responses.referrals import FILE as REFERRALS_FILE
from responses.rules import rules_for
from responses.snippet import Snippet, SnippetAudience, read_snippet

MAX_GRADE = 8.0
MAX_BODY = 900
"""Characters; what fits a phone without much scrolling."""
WARN_AHEAD = timedelta(days=30)
MAY_LACK_SOURCES = frozenset({Topic.CRISIS, Topic.DOSING})
"""These two state no medical fact."""
NEED_CARER_WORDING = frozenset(
    {Topic.GENERAL, Topic.EMERGENCY, Topic.RELAPSE, Topic.BLEEDING, Topic.INFECTION, Topic.CRISIS}
)
SKIN_TOPICS = frozenset({Topic.BLEEDING, Topic.LIVER, Topic.INFECTION, Topic.SKIN_HAIR})
_REFERENCE = re.compile(r"doi:10\.\d{4,9}/\S+|pmid:[1-9]\d{0,7}|https://[a-z0-9.-]+\.[a-z]{2,}(?:/\S*)?")
_DATE = re.compile(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?|undated")
_PHRASE_RULES = frozenset(
    {"second-person", "reassurance", "echo", "dose", "percentage", "lab-value", "disorder", "111"}
)


def lint_all(folder: Path | None = None, *, today: date) -> list[Finding]:
    """List every problem of a responses folder, in the order of files and lines; never raises for bad content."""
    return _lint(read_folder(folder or SHIPPED), today=today)


def _lint(reading: Reading, *, today: date) -> list[Finding]:
    findings = list(reading.findings)
    for snippet in reading.snippets:
        findings += lint_snippet(snippet, today=today)
    findings += _coverage(reading.snippets, today=today)
    if reading.phrases is not None:
        findings += _lint_phrases(reading.phrases)
    return sorted(set(findings), key=lambda f: (f.file, f.line, f.rule, f.found))


def lint_snippet(snippet: Snippet, *, today: date) -> Iterator[Finding]:
    """Check one snippet's wording, sources, length, reading grade and review date."""
    head, located = snippet.head, snippet.located
    yield from _wording(snippet, head.title, line=located.line_of(("title",)))
    yield from _wording(snippet, snippet.body, line=snippet.body_line)
    for index, source in enumerate(head.sources):
        line = located.line_of(("sources", index))
        yield from _wording(snippet, source.title, line=line, source_title=True)
        if not _REFERENCE.fullmatch(source.reference):
            why = "A reader must be able to open the source."
            todo = "Write doi:10.…, pmid:… or https://…."
            yield _at(snippet, line, "source", f"the reference {source.reference!r}", why=why, todo=todo)
        if not _DATE.fullmatch(source.date):
            why = "Old sources go stale unseen."
            yield _at(snippet, line, "source", f"the date {source.date!r}", why=why, todo="Write a year, or 'undated'.")
    if not head.sources and head.topic not in MAY_LACK_SOURCES:
        why = "A medical statement needs a source."
        yield _at(snippet, located.line_of(("sources",)), "source", "no source", why=why, todo="Add one.")
    yield from _shape(snippet)
    yield from _review(snippet, today=today)


def check(
    folder: Path | None = None, *, today: date | None = None, write: Callable[[str], object] | None = None
) -> int:
    """Print every finding and a summary; returns 1 when there is an error, else 0."""
    write = write or (lambda line: sys.stdout.write(f"{line}\n"))
    today = today or datetime.now(UTC).date()
    reading = read_folder(folder or SHIPPED)
    findings = _lint(reading, today=today)
    for finding in findings:
        write(str(finding))
    unsigned = sum(not s.is_signed for s in reading.snippets)
    errors = sum(f.severity is Severity.ERROR for f in findings)
    write(f"{len(reading.snippets)} snippets, {unsigned} unsigned, {errors} errors, {len(findings) - errors} warnings")
    return int(errors > 0)


def export(folder_out: Path, *, folder: Path | None = None) -> list[Path]:
    """Write the live files to another folder, byte for byte; returns the paths written. Retired snippets stay out."""
    folder = folder or SHIPPED
    (folder_out / "snippets").mkdir(parents=True, exist_ok=True)
    files = {name: (folder / name).read_bytes() for name in (REFERRALS_FILE, PHRASES_FILE)}
    for path in sorted((folder / "snippets").glob("*.md")):
        snippet = read_snippet(path)
        if isinstance(snippet, Snippet) and snippet.head.status is not SnippetStatus.RETIRED:
            files[f"snippets/{path.name}"] = snippet.raw
    for name, raw in files.items():
        (folder_out / name).write_bytes(raw)
    return [folder_out / name for name in files]


def _wording(snippet: Snippet, text: str, *, line: int, source_title: bool = False) -> Iterator[Finding]:
    for rule in rules_for(source_title=source_title):
        for offset, hit in rule.hits(text):
            where = line + text.count("\n", 0, offset)
            yield _at(snippet, where, rule.name, repr(hit), why=rule.why, todo=rule.todo)


def _shape(snippet: Snippet) -> Iterator[Finding]:
    """Length, reading grade, the emergency line, and signs on brown and black skin."""
    head, line = snippet.head, snippet.body_line
    if len(snippet.body) > MAX_BODY:
        why = f"A card should fit a phone: at most {MAX_BODY} characters."
        yield _at(snippet, line, "length", f"{len(snippet.body)} characters", why=why, todo="Shorten it.")
    grade = reading_grade(snippet.body)
    if head.language == "en" and grade > MAX_GRADE:
        why = f"Tired and frightened people read it: grade {MAX_GRADE:g} at most."
        yield _at(
            snippet, line, "grade", f"reading grade {grade:.1f}", why=why, todo="Use shorter sentences and words."
        )
    if head.language == "en" and "emergency number" not in snippet.body:
        why = "Every card says when people are advised to call it, so that the bot never decides who should."
        yield _at(snippet, line, "emergency", "no word on the emergency number", why=why, todo="Add the sentence.")
    if head.language == "en" and head.topic in SKIN_TOPICS and "brown or black skin" not in _one_skin(snippet.body):
        why = "Signs look different on brown and black skin."
        yield _at(snippet, line, "skin", "no word on brown or black skin", why=why, todo="Say where to look.")


def _one_skin(body: str) -> str:
    return body.replace("brown and black skin", "brown or black skin")


def _review(snippet: Snippet, *, today: date) -> Iterator[Finding]:
    due, line = snippet.head.review_due, snippet.located.line_of(("review_due",))
    todo = "Have the wording reviewed and set the next date."
    if snippet.is_overdue(today):
        why = "It is no longer shown; the general card stands in."
        yield _at(snippet, line, "review", f"a review that was due on {due}", why=why, todo=todo)
    elif due - today <= WARN_AHEAD:
        why = "On that day it stops being shown."
        found = f"a review that is due on {due}"
        yield _at(snippet, line, "review", found, why=why, todo=todo, severity=Severity.WARNING)


def _coverage(snippets: Sequence[Snippet], *, today: date) -> Iterator[Finding]:
    """Every topic has a live English card for all regions, and the topics that need it have a carer's wording."""
    live = [
        s.head
        for s in snippets
        if s.head.status is not SnippetStatus.RETIRED
        and not s.is_overdue(today)
        and s.head.language == "en"
        and s.head.regions == "all"
    ]
    for topic in Topic:
        heard = {head.audience for head in live if head.topic is topic}
        if not heard & {SnippetAudience.SELF, SnippetAudience.ANY}:
            yield _uncovered(topic, "no live English card")
        elif topic in NEED_CARER_WORDING and SnippetAudience.CARER not in heard:
            yield _uncovered(topic, "no wording for carers")


def _uncovered(topic: Topic, found: str) -> Finding:
    why = "A post on this topic would get a card that fits less well."
    todo = f"Add a snippet with topic {topic.value}, language en, regions all."
    return Finding(file="snippets", line=1, rule="coverage", found=f"{found} on {topic.value!r}", why=why, todo=todo)


def _lint_phrases(phrases: Phrases) -> Iterator[Finding]:
    for language, sentences in phrases.by_language.items():
        for key, sentence in sentences.items():
            for rule in rules_for(source_title=False):
                for _, hit in rule.hits(sentence) if rule.name in _PHRASE_RULES else ():
                    line, found = phrases.located.line_of((language, key)), f"{language}.{key}: {hit!r}"
                    yield Finding(
                        file=PHRASES_FILE, line=line, rule=rule.name, found=found, why=rule.why, todo=rule.todo
                    )


def _at(
    snippet: Snippet,
    line: int,
    rule: str,
    found: str,
    *,
    why: str,
    todo: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(file=snippet.file, line=line, rule=rule, found=found, why=why, todo=todo, severity=severity)


if __name__ == "__main__":
    sys.exit(check())
