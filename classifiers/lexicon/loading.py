"""Reads and checks the word lists; every problem is reported at once, with file, rule, found and expected.

Judges no medicine: whether a line is right is for the reviewers named in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.core.assessments import Concern, Urgency
from bot.core.errors import ContentError
from bot.core.topics import Topic
from classifiers.lexicon.patterns import Pattern, PatternError, compile_pattern

RULE_FIELDS = frozenset({"id", "patterns", "urgency", "concern", "topic", "needs", "source"})
REQUIRED_FIELDS = RULE_FIELDS - {"needs"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One reviewed line of the lexicon."""

    id: str
    patterns: tuple[Pattern, ...]
    urgency: Urgency
    concern: Concern
    topic: Topic
    needs: tuple[str, ...]
    """Second cues, any of which must occur anywhere in the text; `exposure` is a mention of a therapy."""
    source: str
    """Section of the clinical facts sheet, with the number of the literature where there is one."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All rules, the second cues that they ask for, and the topics with their everyday words, most specific first."""

    rules: tuple[Rule, ...]
    needs: Mapping[str, tuple[Pattern, ...]]
    topics: tuple[tuple[Topic, tuple[Pattern, ...]], ...]


def read_lexicon(folder: Path) -> Lexicon:
    """Read `red_flags.yaml` and `topic_cues.yaml`; `ContentError` carries every problem."""
    problems: list[str] = []
    flags, cues = folder / "red_flags.yaml", folder / "topic_cues.yaml"
    raw = read_yaml(flags)
    words = read_vocabularies(raw, flags.name, problems)
    needs = {
        name: _patterns(f"{flags.name}: needs.{name}", entries, words, problems)
        for name, entries in _mapping(raw.get("needs"), f"{flags.name}: needs", problems).items()
    }
    rules: list[Rule] = []
    for number, entry in enumerate(as_list(raw.get("rules"), f"{flags.name}: rules", problems), start=1):
        rule = _rule(entry, number, flags.name, words=words, needs=needs, problems=problems)
        if rule is not None:
            rules.append(rule)
    for rule_id in sorted({rule.id for rule in rules if sum(other.id == rule.id for other in rules) > 1}):
        problems.append(f"{flags.name}: rule {rule_id!r} stands twice; expected unique ids")
    topics = _topics(cues, problems)
    if problems:
        raise ContentError(problems)
    return Lexicon(tuple(rules), needs, topics)


def read_yaml(path: Path) -> Mapping[str, Any]:
    """Read a YAML mapping; `ContentError` when the file is missing or is none."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise ContentError(
            [f"{path.name}: cannot be read ({wrong}); expected a UTF-8 YAML file: restore it"]
        ) from wrong
    if not isinstance(raw, dict):
        raise ContentError([f"{path.name}: found {type(raw).__name__}; expected a mapping"])
    return raw


def read_vocabularies(raw: Mapping[str, Any], name: str, problems: list[str]) -> Mapping[str, tuple[str, ...]]:
    """Read the `words` of a file: named lists that patterns refer to as `<name>`."""
    found = _mapping(raw.get("words") or {}, f"{name}: words", problems)
    return {
        key: tuple(str(word) for word in as_list(entries, f"{name}: words.{key}", problems))
        for key, entries in found.items()
    }


def _topics(path: Path, problems: list[str]) -> tuple[tuple[Topic, tuple[Pattern, ...]], ...]:
    raw = read_yaml(path)
    words = read_vocabularies(raw, path.name, problems)
    topics = []
    for name, entries in _mapping(raw.get("topics"), f"{path.name}: topics", problems).items():
        where = f"{path.name}: topics.{name}"
        patterns = _patterns(where, entries, words, problems)
        try:
            topics.append((Topic(name), patterns))
        except ValueError:
            problems.append(f"{where}: found {name!r}; expected one of {[topic.value for topic in Topic]}")
    return tuple(topics)


def _rule(
    entry: object,
    number: int,
    file: str,
    *,
    words: Mapping[str, tuple[str, ...]],
    needs: Mapping[str, tuple[Pattern, ...]],
    problems: list[str],
) -> Rule | None:
    where = f"{file}: rule {number}"
    if not isinstance(entry, dict):
        problems.append(f"{where}: found {entry!r}; expected a mapping with {sorted(REQUIRED_FIELDS)}")
        return None
    where = f"{file}: rule {entry.get('id', number)!r}"
    before = len(problems)
    problems.extend(
        f"{where}: field {name!r} found; expected only {sorted(RULE_FIELDS)}" for name in entry.keys() - RULE_FIELDS
    )
    problems.extend(
        f"{where}: field {name!r} is missing; expected {sorted(REQUIRED_FIELDS)}"
        for name in REQUIRED_FIELDS - entry.keys()
    )
    if len(problems) > before:
        return None
    asked = tuple(str(need) for need in as_list(entry.get("needs", []), f"{where}: needs", problems))
    known = sorted({*needs, "exposure"})
    problems.extend(f"{where}: needs {need!r}; expected one of {known}" for need in asked if need not in known)
    patterns = _patterns(where, entry["patterns"], words, problems)
    try:
        urgency = Urgency.from_label(str(entry["urgency"]))
        concern, topic = Concern(entry["concern"]), Topic(entry["topic"])
        if urgency < Urgency.SAME_DAY:
            raise ValueError(f"urgency is {urgency.label!r}; expected 'same_day' or 'emergency'")
    except ValueError as wrong:
        problems.append(f"{where}: {wrong}; expected words of the handbook and of bot.core.topics")
        return None
    if str(entry["id"]) != "-".join(str(entry["id"]).lower().split()) or not patterns:
        problems.append(f"{where}: expected an id in kebab-case and at least one pattern")
        return None
    return Rule(str(entry["id"]), patterns, urgency, concern, topic, asked, str(entry["source"]))


def _patterns(
    where: str, entries: object, words: Mapping[str, tuple[str, ...]], problems: list[str]
) -> tuple[Pattern, ...]:
    patterns = []
    for entry in as_list(entries, where, problems):
        try:
            patterns.append(compile_pattern(str(entry), words))
        except PatternError as wrong:
            problems.append(f"{where}: pattern {entry!r}: {wrong}")
    return tuple(patterns)


def _mapping(value: object, where: str, problems: list[str]) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    problems.append(f"{where}: found {type(value).__name__}; expected a mapping")
    return {}


def as_list(value: object, where: str, problems: list[str]) -> list[Any]:
    """Return a list of texts (or mappings), or note what was found instead."""
    if isinstance(value, list):
        for entry in value:
            if not isinstance(entry, str | dict):
                problems.append(f"{where}: found {entry!r}; expected text: put it in quotes")
        return value
    problems.append(f"{where}: found {type(value).__name__}; expected a list")
    return []
