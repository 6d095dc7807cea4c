"""Reads the corpus files, one JSON object a line, and refuses them with every bad line named.

Judges single records only; `checks` judges the corpus as a whole.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from bot.core.errors import CorpusError
from training_data.records import Record
from training_data.splits import Split, cut

FOLDER = Path(__file__).parent / "corpus"


def load_all(folder: Path = FOLDER) -> tuple[Record, ...]:
    """Read every file, in the order of names and lines; `CorpusError` lists each bad line."""
    records: list[Record] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for path in corpus_files(folder):
        for where, line in _lines(path):
            try:
                record = Record.model_validate(json.loads(line))
            except ValidationError as wrong:
                problems.extend(f"{where}: {sentence}" for sentence in _sentences(wrong))
                continue
            except ValueError as wrong:
                problems.append(f"{where}: found {line[:40]!r} ({wrong}); expected one JSON object a line")
                continue
            if record.author != path.stem:
                problems.append(f"{where}: author is {record.author!r}; expected {path.stem!r}, the name of the file")
            if record.id in seen:
                problems.append(f"{where}: id {record.id!r} stands at {seen[record.id]} too; expected unique ids")
            seen[record.id] = where
            records.append(record)
    if problems:
        raise CorpusError(problems)
    return tuple(records)


def load_split(name: str, folder: Path = FOLDER) -> tuple[Record, ...]:
    """Read one split: train, dev, calibration or test; `CorpusError` for any other name."""
    try:
        split = Split(name)
    except ValueError:
        raise CorpusError([f"split is {name!r}; expected one of {[split.value for split in Split]}"]) from None
    return cut(load_all(folder))[split]


def corpus_hash(folder: Path = FOLDER) -> str:
    """Return the SHA-256 of all corpus files, names and bytes: it names the exact content that a model learnt from."""
    digest = hashlib.sha256()
    for path in corpus_files(folder):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def corpus_files(folder: Path = FOLDER) -> list[Path]:
    """List the corpus files by name; `CorpusError` when there are none."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise CorpusError(
            [f"{folder}: holds no .jsonl file; expected one per author: restore them from the repository"]
        )
    return files


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path.name}:{number}", line
    except (OSError, UnicodeDecodeError) as wrong:
        raise CorpusError([f"{path.name}: cannot be read ({wrong}); expected a UTF-8 file of JSON lines"]) from wrong


def _sentences(wrong: ValidationError) -> Iterator[str]:
    for error in wrong.errors(include_url=False):
        place = ".".join(str(part) for part in error["loc"])
        message = error["msg"].removeprefix("Value error, ")
        if not place:
            yield message if "expected" in message else f"{message}; expected one JSON object a line"
        elif error["type"] == "extra_forbidden":
            yield f"field {place!r} found; expected only the fields of the handbook, section 2"
        else:
            yield f"{place} is {str(error['input'])[:40]!r}; expected: {message}"
