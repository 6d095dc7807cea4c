"""Reads JSON lines and writes one reading a line: `aftercare classify`.

Evaluates nothing and keeps nothing. Streams in blocks, so that a large file needs little memory; the output appears
whole or not at all.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from typing import Any, TextIO

from rich.console import Console
from rich.progress import Progress

from bot.core.assessments import Assessment
from bot.core.errors import CorpusError
from bot.core.posts import MAX_CONTEXT
from classifiers.assessor import ModelAssessor
from classifiers.encoding import Reading

BLOCK = 256
"""Lines that are read together."""


def classify(in_path: Path, out_path: Path | None, *, assessor: ModelAssessor | None = None) -> int:
    """Classify every line of `in_path` into `out_path`, or to standard output; returns the number of lines.

    Each line is `{"id", "text", "context": [..]?}`. `CorpusError` names the first bad line by its number, and
    then nothing is written.
    """
    reader = assessor or ModelAssessor.load()
    try:
        with in_path.open(encoding="utf-8") as source:
            return _to_file(source, in_path, out_path, reader) if out_path else _to_stdout(source, in_path, reader)
    except (FileNotFoundError, IsADirectoryError, PermissionError, UnicodeDecodeError) as wrong:
        raise CorpusError([f"{in_path}: cannot be read ({wrong}); expected a UTF-8 file of JSON lines"]) from wrong


def _to_file(source: TextIO, in_path: Path, out_path: Path, reader: ModelAssessor) -> int:
    if not out_path.parent.is_dir():
        raise CorpusError([f"{out_path}: its folder does not exist; expected a folder that can be written to"])
    temporary = out_path.with_name(f"{out_path.name}.part")
    try:
        with temporary.open("w", encoding="utf-8") as target:
            count = _copy(source, target, in_path=in_path, reader=reader)
        temporary.replace(out_path)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _to_stdout(source: TextIO, in_path: Path, reader: ModelAssessor) -> int:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as whole:
        count = _copy(source, whole, in_path=in_path, reader=reader)
        whole.seek(0)
        copyfileobj(whole, sys.stdout)
    return count


def _copy(source: TextIO, target: TextIO, *, in_path: Path, reader: ModelAssessor) -> int:
    lines = ((number, line) for number, line in enumerate(source, start=1) if line.strip())
    count = 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("classifying", total=None)
        for block in _blocks(lines):
            asked = [parse(line, where=f"{in_path}:{number}") for number, line in block]
            answers = reader.read([reading for _, reading in asked])
            for (post_id, _), answer in zip(asked, answers, strict=True):
                target.write(json.dumps(as_fields(post_id, answer), ensure_ascii=False) + "\n")
            count += len(block)
            progress.update(task, completed=count, description=f"classified {count}")
    return count


def parse(line: str, *, where: str) -> tuple[str | int, Reading]:
    """Read one input line; `CorpusError` says what was found there and what was expected."""
    expected = 'expected {"id", "text", "context": [..]?} on each line'
    try:
        fields = json.loads(line)
    except ValueError as wrong:
        raise CorpusError([f"{where}: is not JSON ({wrong}); {expected}"]) from wrong
    if not isinstance(fields, dict):
        raise CorpusError([f"{where}: holds a {type(fields).__name__}; {expected}"])
    post_id, text, context = fields.get("id"), fields.get("text"), fields.get("context") or []
    if isinstance(post_id, bool) or not isinstance(post_id, str | int):
        raise CorpusError([f"{where}: id is {post_id!r}; {expected}, the id a string or a whole number"])
    if not isinstance(text, str):
        raise CorpusError([f"{where}: text is a {type(text).__name__}; {expected}, the text a string"])
    if not isinstance(context, list) or not all(isinstance(each, str) for each in context):
        raise CorpusError([f"{where}: context is not a list of strings; {expected}"])
    return post_id, Reading(text, tuple(context[-MAX_CONTEXT:]))


def as_fields(post_id: str | int, reading: Assessment) -> dict[str, Any]:
    """Lay a reading out as the command line's contract says."""
    return {
        "id": post_id,
        "flagged": reading.flagged,
        "concerns": sorted(concern.value for concern in reading.concerns),
        "concern_p": {concern.value: round(p, 4) for concern, p in reading.concern_p.items()},
        "urgency": reading.urgency.label,
        "urgency_p": {level.label: round(p, 4) for level, p in reading.urgency_p.items()},
        "experiencer": reading.experiencer.value,
        "status": reading.status.value,
        "red_flags": [hit.rule for hit in reading.red_flags],
        "spans": [[span.start, span.end] for span in reading.spans],
        "review": reading.review,
        "model": reading.stamps.model,
    }


def _blocks(lines: Iterator[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    while block := list(islice(lines, BLOCK)):
        yield block
