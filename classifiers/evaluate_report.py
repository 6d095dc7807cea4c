"""The results page as data, and how it is laid out in a terminal and in a model card.

Computes no figure; `evaluate` and `evaluate_figures` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.core.assessments import Urgency
from classifiers.metrics import Interval, Rows

CAVEAT = "By the same definitions as the published systems, on text that was written for this project."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure, with the target that it is held against."""

    name: str
    interval: Interval
    target: str = ""
    reached: bool | None = None
    note: str = ""

    @property
    def bounds(self) -> str:
        """The 95 % interval as people write it."""
        if self.interval.low is None or self.interval.high is None:
            return ""
        return f"[{self.interval.low:.3f}, {self.interval.high:.3f}]"

    @property
    def verdict(self) -> str:
        """Reached or not, in words."""
        return "" if self.reached is None else "reached" if self.reached else "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """An urgent post that was not flagged."""

    id: str
    urgency: Urgency
    review: bool
    """It is at least on the moderators' low-priority list."""
    text: str | None = None
    """Only for files that somebody named: they are authored, never members' words."""

    @property
    def fate(self) -> str:
        """Where the post went instead."""
        return "review list" if self.review else "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The results page."""

    model: str
    rules: str
    sources: tuple[str, ...]
    posts: int
    urgent: int
    pairs: int
    targets: tuple[Line, ...]
    figures: tuple[Line, ...]
    confusion: Rows | None
    misses: tuple[Miss, ...]
    baselines: tuple[Line, ...] = ()

    @property
    def head(self) -> str:
        """What was measured on what."""
        where = ", ".join(self.sources) or "no file"
        return (
            f"model {self.model}, rules {self.rules}, on {where}: "
            f"{self.posts} posts ({self.urgent} urgent), {self.pairs} pairs"
        )

    def render(self) -> RenderableType:
        """Lay the page out for a terminal."""
        parts: list[RenderableType] = [Text(self.head), _table("Targets", self.targets)]
        if self.figures:
            parts.append(_table("Further figures", self.figures))
        if self.baselines:
            parts.append(_table("Baselines at the same urgent recall", self.baselines))
        if self.confusion is not None:
            parts.append(_confusion_table(self.confusion))
        parts.append(Text(f"Urgent posts that were not flagged: {len(self.misses)}"))
        parts.extend(Text(f"  {_miss_line(miss)}") for miss in self.misses)
        parts.append(Text(CAVEAT))
        return Group(*parts)

    def markdown(self) -> str:
        """Lay the page out for a model card."""
        blocks = [self.head + ".", _markdown_lines("Targets", self.targets)]
        if self.figures:
            blocks.append(_markdown_lines("Further figures", self.figures))
        if self.baselines:
            blocks.append(_markdown_lines("Baselines at the same urgent recall", self.baselines))
        if self.confusion is not None:
            blocks.append(_markdown_confusion(self.confusion))
        missed = [f"- `{_miss_line(miss)}`" for miss in self.misses] or ["- none"]
        blocks.append("\n".join([f"Urgent posts that were not flagged: {len(self.misses)}", "", *missed]))
        return "\n\n".join([*blocks, CAVEAT]) + "\n"

    def as_fields(self) -> dict[str, object]:
        """The figures as plain values, for a manifest; never a text."""
        lines = {
            line.name: {
                "value": _plain(line.interval.value),
                "low": _plain(line.interval.low),
                "high": _plain(line.interval.high),
                "reached": line.reached,
            }
            for line in (*self.targets, *self.figures)
        }
        return {"posts": self.posts, "urgent": self.urgent, "lines": lines, "missed": [miss.id for miss in self.misses]}


def _plain(number: float | None) -> float | None:
    """JSON knows no NaN."""
    return round(number, 4) if number is not None and isfinite(number) else None


def _miss_line(miss: Miss) -> str:
    head = f"{miss.id} ({miss.urgency.label}, {miss.fate})"
    return head if miss.text is None else f"{head}: {' '.join(miss.text.split())}"


def _table(title: str, lines: Sequence[Line]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("what", overflow="fold")
    for name in ("value", "95 % interval", "target", ""):
        table.add_column(name, no_wrap=True)
    table.add_column("note", overflow="fold")
    for line in lines:
        style = {True: "green", False: "red", None: ""}[line.reached]
        verdict = Text(line.verdict, style=style)
        table.add_row(line.name, f"{line.interval.value:.3f}", line.bounds, line.target, verdict, line.note)
    return table


def _confusion_table(confusion: Rows) -> Table:
    table = Table(title="Urgency: labelled (rows) and graded (columns)", title_justify="left")
    table.add_column("")
    for level in Urgency:
        table.add_column(level.label, justify="right")
    for level, row in zip(Urgency, confusion, strict=True):
        table.add_row(level.label, *(str(int(count)) for count in row))
    return table


def _markdown_lines(title: str, lines: Sequence[Line]) -> str:
    rows = [f"### {title}", "", "| what | value | 95 % interval | target | | note |", "|---|---|---|---|---|---|"]
    for line in lines:
        cells = (line.name, f"{line.interval.value:.3f}", line.bounds, line.target, line.verdict, line.note)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _markdown_confusion(confusion: Rows) -> str:
    names = [level.label for level in Urgency]
    rows = [
        "### Urgency: labelled (rows) and graded (columns)",
        "",
        f"| | {' | '.join(names)} |",
        "|---|---|---|---|---|",
    ]
    rows.extend(
        f"| {name} | {' | '.join(str(int(count)) for count in row)} |"
        for name, row in zip(names, confusion, strict=True)
    )
    return "\n".join(rows)
