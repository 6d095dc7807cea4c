"""`python -m benchmarks`: read a channel mix of the corpus's posts and print posts per second, start-up and memory.

Proves nothing about recognition, and sets no target: `docs/performance.md` says what the figures mean.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bot.core.posts import ChannelId, GuildId, MessageId, Post, UserId
from classifiers.assessor import ModelAssessor
from training_data.corpus import load_all

ROOT = Path(__file__).resolve().parents[1]
POSTS = 80
REPEATS = 3
CHATTER = 0.95
"""Share of ordinary chat in the mix (issue brief for the channel mix)."""

SERVING = """
import os, sys, time
begun = time.perf_counter()
import bot.app
from classifiers.assessor import ModelAssessor
from responses.library import SnippetLibrary
from datetime import date
SnippetLibrary.load(today=date(2026, 11, 22))
assessor = ModelAssessor.load(threads=2)
ready = time.perf_counter() - begun
rss = int(open('/proc/self/status').read().split('VmRSS:')[1].split()[0]) / 1024
print(ready, rss, 'torch' in sys.modules)
"""
WITH_TORCH = """
import time
begun = time.perf_counter()
import torch, transformers
from classifiers.training.base_model import find_base_model, load_base_encoder
load_base_encoder(find_base_model(), dropout=0.0)
ready = time.perf_counter() - begun
rss = int(open('/proc/self/status').read().split('VmRSS:')[1].split()[0]) / 1024
print(ready, rss, True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its baseline; the ratio is figure / baseline."""

    what: str
    unit: str
    figure: float
    baseline: float
    against: str

    @property
    def ratio(self) -> float:
        """How many times the baseline."""
        return self.figure / self.baseline


def channel_mix() -> list[Post]:
    """The same posts every time: 95 % chat, 5 % flagged, spread evenly."""
    records = load_all()
    chat = [record for record in records if record.kind == "chat"]
    flagged = [record for record in records if record.concerns]
    every = round(1 / (1 - CHATTER))
    chosen = [flagged[i % len(flagged)] if i % every == 0 else chat[i % len(chat)] for i in range(POSTS)]
    return [
        Post(
            message_id=MessageId(index + 1),
            channel_id=ChannelId(1),
            watched_id=ChannelId(1),
            guild_id=GuildId(1),
            author_id=UserId(1),
            text=record.text,
            context=tuple(record.context),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for index, record in enumerate(chosen)
    ]


def interleaved(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of two calls, taken in turn so that drift of the machine hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for call, kept in zip((first, second), times, strict=True):
            begun = time.perf_counter()
            call()
            kept.append(time.perf_counter() - begun)
    return median(times[0]), median(times[1])


def reading_rows(posts: list[Post]) -> list[Row]:
    """Posts per second through the whole of recognition, and of the red-flag layer alone."""
    assessor = ModelAssessor.load(threads=2)
    assessor.assess(posts[:32])

    def in_batches() -> None:
        for start in range(0, len(posts), 32):
            assessor.assess(posts[start : start + 32])

    def one_by_one() -> None:
        for post in posts:
            assessor.assess([post])

    def red_flags() -> None:
        for post in posts:
            assessor.assess_red_flags(post)

    batched, single = interleaved(in_batches, one_by_one)
    words, _ = interleaved(red_flags, lambda: None)
    return [
        Row(
            what="recognition, batches of 32",
            unit="posts/s",
            figure=len(posts) / batched,
            baseline=len(posts) / single,
            against="one post a call",
        ),
        Row(
            what="red flags alone",
            unit="posts/s",
            figure=len(posts) / words,
            baseline=len(posts) / batched,
            against="recognition, batches of 32",
        ),
    ]


def process_rows() -> list[Row]:
    """Seconds until the serving process could begin, and its resident memory, beside a process that imports torch."""
    figures = {}
    for name, script in (("serving", SERVING), ("torch", WITH_TORCH)):
        runs = []
        for _ in range(REPEATS):
            done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter and script
            runs.append([float(word) for word in done.stdout.split()[:2]])
        figures[name] = [median(column) for column in zip(*runs, strict=True)]
    against = "torch and transformers with the same encoder"
    return [
        Row(what=what, unit=unit, figure=figures["serving"][i], baseline=figures["torch"][i], against=against)
        for i, (what, unit) in enumerate([("imports and model loaded", "s"), ("resident memory", "MiB")])
    ]


def main() -> None:
    """Print the table, then the same as one JSON object."""
    rows = [*reading_rows(channel_mix()), *process_rows()]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    table = Table(title=f"Aftercare on {machine}", title_justify="left")
    for column in ("what", "figure", "unit", "baseline", "ratio", "against"):
        table.add_column(column)
    for row in rows:
        table.add_row(row.what, f"{row.figure:.1f}", row.unit, f"{row.baseline:.1f}", f"{row.ratio:.2f}", row.against)
    console = Console()
    console.print(table)
    console.print_json(json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}))


if __name__ == "__main__":
    main()
