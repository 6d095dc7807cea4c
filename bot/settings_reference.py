"""Prints the table of every setting for docs/configuration.md: `python -m bot.settings_reference`.

Written from the models of `bot.settings`, so that the page cannot drift from the code. Reads and writes no file.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.settings import Settings, Snowflake

HEAD = ("Setting", "Values", "Default", "Meaning")
DISCORD_ID = "a Discord id"
LIMITS = {
    "gt": "above {}",
    "ge": "at least {}",
    "lt": "below {}",
    "le": "at most {}",
    "min_length": "not empty",
    "max_length": "at most {} characters",
}
PLAIN: dict[Any, str] = {str: "text", Path: "a folder", int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting, or one section that holds settings."""

    path: str
    values: str
    default: str
    meaning: str


def rows(model: type[BaseModel] = Settings, *, within: str = "") -> Iterator[Row]:
    """Every section and setting, in the order of the file; `[]` in a path stands for each entry of a list."""
    for name, field in model.model_fields.items():
        path = f"{within}{name}"
        section, repeated = _section_in(field.annotation)
        yield Row(
            path=path,
            values=_values(field, section=section, repeated=repeated),
            default="" if section is not None and not repeated else _default(field),
            meaning=field.description or "",
        )
        if section is not None:
            yield from rows(section, within=f"{path}[]." if repeated else f"{path}.")


def table() -> str:
    """The whole table in Markdown."""
    lines = [" | ".join(HEAD), " | ".join("---" for _ in HEAD)]
    lines += [
        " | ".join(_cell(cell) for cell in (f"`{row.path}`", row.values, row.default, row.meaning)) for row in rows()
    ]
    return "".join(f"| {line} |\n" for line in lines)


def _section_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The section that a field holds, and whether it is a list of them."""
    if get_origin(annotation) is list:
        return _section_in(get_args(annotation)[0])[0], True
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return (annotation if is_section else None), False


def _values(field: FieldInfo, *, section: type[BaseModel] | None, repeated: bool) -> str:
    if section is not None:
        return "list of entries" if repeated else "section"
    return _words(field.annotation, field.metadata)


def _words(annotation: Any, bounds: list[Any]) -> str:
    """What may stand there, in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation == Snowflake or (annotation is int and bounds == _bounds_of(Snowflake)):
        return DISCORD_ID
    if origin is Annotated:
        return _words(inner[0], _bounds_of(annotation))
    if origin is Union or origin is UnionType:
        return f"{_words(next(one for one in inner if one is not NoneType), bounds)}, or empty"
    if origin is list:
        return f"list; each {_words(inner[0], [])}"
    if origin is Literal:
        return _one_of(inner)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _one_of([one.value for one in annotation])
    return ", ".join([PLAIN[annotation], *filter(None, map(_bound, bounds))])


def _one_of(choices: Any) -> str:
    listed = ", ".join(f"`{one}`" for one in choices)
    return f"one of {listed}" if len(choices) > 1 else listed


def _bounds_of(annotated: Any) -> list[Any]:
    """The limits inside an `Annotated[..., Field(...)]`."""
    return [bound for extra in get_args(annotated)[1:] for bound in getattr(extra, "metadata", [extra])]


def _bound(bound: Any) -> str:
    for name, words in LIMITS.items():
        if (limit := getattr(bound, name, None)) is not None:
            return words.format(limit)
    return ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    match field.get_default(call_default_factory=True):
        case None:
            return "empty"
        case []:
            return "`[]`"
        case value:
            return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(table())
