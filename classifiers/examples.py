"""Labelled posts and pairs of posts, read from JSON lines for training and evaluation.

Checks only what reading needs; the corpus's own rules (duplicates, splits) live in `training_data`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.core.assessments import Concern, Experiencer, Status, Urgency
from bot.core.errors import CorpusError
from bot.core.posts import MAX_CONTEXT
from classifiers.labels import Floats, target_row

CHAT = "chat"
HARD_NEGATIVE = "hard_negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled post (handbook, section 2)."""

    id: str
    text: str
    context: tuple[str, ...]
    concerns: frozenset[Concern]
    urgency: Urgency
    experiencer: Experiencer
    status: Status
    tags: frozenset[str]
    family: str
    author: str
    kind: str

    @property
    def flagged(self) -> bool:
        """Is a concern present (handbook, invariant)?"""
        return bool(self.concerns)

    @property
    def urgent(self) -> bool:
        """Red or crisis in the literature's words: same day or emergency."""
        return self.urgency >= Urgency.SAME_DAY

    def targets(self) -> Floats:
        """The labels as one row of the heads' columns."""
        return target_row(
            concerns=self.concerns,
            urgency=self.urgency,
            experiencer=self.experiencer,
            status=self.status,
            tags=self.tags,
        )


class PairKind(StrEnum):
    """What the two sides of a pair are compared for; `metrics.pair_is_right` defines each."""

    CONTRAST = "contrast"
    INVARIANCE = "invariance"
    DIRECTIONAL = "directional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two posts that differ in one respect."""

    id: str
    kind: PairKind
    phenomenon: str
    a: Example
    b: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """What a labelled file holds: posts, pairs, or both."""

    path: Path
    posts: tuple[Example, ...]
    pairs: tuple[Pair, ...]


def example_from(fields: Mapping[str, Any], *, default_id: str = "") -> Example:
    """Build an example from a record's fields; `ValueError` or `KeyError` names what is wrong.

    The handbook's invariant is required: concerns are present exactly when the urgency is not routine.
    """
    example = Example(
        id=str(fields.get("id") or default_id),
        text=str(fields["text"]),
        context=tuple(str(line) for line in fields.get("context") or ())[-MAX_CONTEXT:],
        concerns=frozenset(Concern(concern) for concern in fields["concerns"]),
        urgency=Urgency.from_label(str(fields["urgency"])),
        experiencer=Experiencer(fields["experiencer"]),
        status=Status(fields["status"]),
        tags=frozenset(str(tag) for tag in fields.get("tags") or ()),
        family=str(fields.get("family") or fields.get("id") or default_id),
        author=str(fields.get("author") or ""),
        kind=str(fields.get("kind") or ""),
    )
    if bool(example.concerns) != (example.urgency is not Urgency.ROUTINE):
        raise ValueError(
            f"concerns {sorted(example.concerns)} with urgency {example.urgency.label!r}; "
            "expected concerns exactly when the urgency is not routine (handbook, invariant)"
        )
    return example


def pair_from(fields: Mapping[str, Any]) -> Pair:
    """Build a pair from a record `{"id", "kind", "phenomenon", "a": {..}, "b": {..}}`; both sides share a family."""
    pair_id = str(fields["id"])
    sides = {}
    for side in ("a", "b"):
        shared = {"family": fields.get("family") or pair_id, **fields[side]}
        sides[side] = example_from({**shared, "id": f"{pair_id}/{side}"})
    return Pair(
        id=pair_id,
        kind=PairKind(fields["kind"]),
        phenomenon=str(fields.get("phenomenon") or ""),
        a=sides["a"],
        b=sides["b"],
    )


def read_labelled(path: Path) -> LabelledFile:
    """Read a file of labelled posts or pairs; `CorpusError` lists every bad line."""
    posts: list[Example] = []
    pairs: list[Pair] = []
    problems: list[str] = []
    for where, line in _lines(path):
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict):
                raise ValueError(f"found a {type(fields).__name__}; expected a JSON object")
            if "a" in fields and "b" in fields:
                pairs.append(pair_from(fields))
            else:
                posts.append(example_from(fields, default_id=where.rpartition(":")[2]))
        except KeyError as missing:
            problems.append(f"{where}: field {missing} is missing; expected the fields of the handbook, section 2")
        except (ValueError, TypeError) as wrong:
            problems.append(f"{where}: {wrong}")
    if not problems and not posts and not pairs:
        problems.append(f"{path}: no labelled line found; expected one JSON object a line")
    if problems:
        raise CorpusError(problems)
    return LabelledFile(path=path, posts=tuple(posts), pairs=tuple(pairs))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}:{number}", line
    except (OSError, UnicodeDecodeError) as wrong:
        raise CorpusError([f"{path}: cannot be read ({wrong}); expected a UTF-8 file of JSON lines"]) from wrong


def load_split(split: str) -> list[Example]:
    """Read one split of the project's corpus: train, dev, calibration or test."""
    # Imported here because only training, and evaluation's baselines, need the corpus at hand.
    from training_data.corpus import load_split as load_records

    return [example_from(record.model_dump(mode="json")) for record in load_records(split)]


def families_of(examples: Sequence[Example]) -> list[str]:
    """The family of each example: the unit that bootstrap intervals resample."""
    return [example.family for example in examples]
