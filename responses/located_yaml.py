"""YAML with the line of every value, so that a problem can be shown where it stands.

Validates no meaning; that is the business of the models that read the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from pydantic import BaseModel, ValidationError

from responses.findings import Finding, nearest

YamlPath = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser where PyYAML was built with it: the same result, several times faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Plain data, and the line of every path into it."""

    data: object
    lines: Mapping[YamlPath, int]

    def line_of(self, path: YamlPath) -> int:
        """Find the line of a path, or of its nearest parent that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_located(text: str, *, file: str, first_line: int = 1) -> Located | Finding:
    """Read YAML; broken syntax and a key given twice come back as the finding that says so."""
    try:
        loader = _LOADER(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark is not None else 0)
        return _broken(file, line, f"YAML that cannot be read ({getattr(error, 'problem', None) or 'bad syntax'})")
    lines: dict[YamlPath, int] = {(): first_line}
    twice = _walk(node, (), lines=lines, first_line=first_line) if node is not None else None
    if twice is not None:
        return _broken(file, lines[twice], f"the key {twice[-1]!r} a second time")
    return Located(data=data, lines=lines)


def model_findings(
    error: ValidationError, *, model: type[BaseModel], located: Located, file: str
) -> tuple[Finding, ...]:
    """Turn pydantic's problems into findings, with the nearest valid name for an unknown key."""
    return tuple(
        Finding(
            file=file,
            line=located.line_of(tuple(problem["loc"])),
            rule="form",
            found=f"{'.'.join(str(step) for step in problem['loc']) or 'the file'}: {_found(problem['input'])}",
            why=f"Expected: {problem['msg'].removeprefix('Value error, ')}.",
            todo=_todo(problem["type"], str(problem["loc"][-1]) if problem["loc"] else "", model),
        )
        for problem in error.errors(include_url=False, include_context=False)
    )


def _broken(file: str, line: int, found: str) -> Finding:
    why = "Nothing of a file that cannot be read in full is used."
    return Finding(file=file, line=line, rule="form", found=found, why=why, todo="Repair the line.")


def _found(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _todo(kind: str, key: str, model: type[BaseModel]) -> str:
    match kind:
        case "missing":
            return f"Add {key!r}."
        case "extra_forbidden":
            return f"Remove it. {nearest(key, model.model_fields)}"
        case _:
            return "Correct the value."


def _walk(node: yaml.Node, path: YamlPath, *, lines: dict[YamlPath, int], first_line: int) -> YamlPath | None:
    """Note lines depth first; returns the path of a key that is given twice."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            below = (*path, str(key.value))
            lines[below] = first_line + key.start_mark.line
            if key.value in seen:
                return below
            seen.add(key.value)
            twice = _walk(value, below, lines=lines, first_line=first_line)
            if twice is not None:
                return twice
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = first_line + value.start_mark.line
            twice = _walk(value, (*path, index), lines=lines, first_line=first_line)
            if twice is not None:
                return twice
    return None
