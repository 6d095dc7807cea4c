"""Judges the corpus as a whole: `python -m training_data.checks` prints its counts and every problem, and exits with 1.

`--card` also writes the figures into the data card. Changes no corpus file. Single records are judged in
`records`, when they are read.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.core.assessments import Concern, Urgency
from bot.core.errors import CorpusError
from training_data import artefacts
from training_data.corpus import FOLDER, corpus_hash, load_all
from training_data.duplicates import near_duplicates
from training_data.records import Kind, Record
from training_data.splits import Split, cut

CARD = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
"""Between these the data card shows what `report` says; `--card` writes it there."""
LEAST = {Kind.FLAGGED: 500, Kind.HARD_NEGATIVE: 400, Kind.CHAT: 300}
LEAST_POSTS = 1200
LEAST_AUTHORS = 5
LEAST_PER_CONCERN = 5
"""Posts of each concern that every split must hold, so that no figure rests on a single post."""
LEAST_DISTINCT_OPENINGS = 0.85
LEAST_TYPE_TOKEN = 0.35
LENGTHS = (15, 35, 80)
"""Words at which the bands of length are cut."""


def problems_of(records: Sequence[Record]) -> list[str]:
    """List what is wrong with the corpus as a whole, each with found and expected."""
    return [
        *_too_few(records),
        *_leaks(records),
        *_duplicates(records),
        *_artefacts(records),
    ]


def report(records: Sequence[Record]) -> str:
    """Lay out the counts and figures that the data card shows."""
    parts = cut(records)
    lines = [
        f"posts {len(records)}, authors {len({r.author for r in records})}, families {len({r.family for r in records})}"
    ]
    columns: list[tuple[str, Callable[[Record], str]]] = [
        ("kind", lambda record: record.kind.value),
        ("urgency", lambda record: record.urgency.label),
        ("experiencer", lambda record: record.experiencer.value),
        ("status", lambda record: record.status.value),
        ("words", _band),
        ("author", lambda record: record.author),
    ]
    for name, key in columns:
        lines += _table(name, parts, key)
    lines += [f"{'concern':26}" + "  ".join(f"{split.value:>11}" for split in Split)]
    for concern in Concern:
        counts = [sum(concern in record.concerns for record in parts[split]) for split in Split]
        lines.append(f"  {concern.value:24}" + "  ".join(f"{count:>11}" for count in counts))
    lines.append(f"with context {sum(bool(record.context) for record in records)}")
    lines.append(f"distinct first four words {artefacts.distinct_openings(records):.3f}")
    lines.append(f"type/token ratio per 1,000 words {artefacts.type_token_ratio(records):.3f}")
    lines += [
        f"label guessed from {name}: balanced accuracy {score:.3f} (at most {artefacts.BOUND:.2f})"
        for name, score in artefacts.probe_all(records).items()
    ]
    return "\n".join(lines)


def write_card(records: Sequence[Record], card: Path = CARD) -> None:
    """Put the present report into the data card, between its two markers."""
    before, _, rest = card.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    card.write_text(f"{before}{BEGIN}\n```\n{report(records)}\n```\n{END}{after}", encoding="utf-8")


def main(folder: Path = FOLDER, *, card: Path | None = None) -> int:
    """Print counts and problems; return 0 when there is no problem, 1 otherwise. Rewrites the figures of `card`."""
    try:
        records = load_all(folder)
    except CorpusError as wrong:
        sys.stdout.write(f"{wrong}\n")
        return 1
    problems = problems_of(records)
    if card is not None:
        write_card(records, card)
    sys.stdout.write(f"{report(records)}\ncorpus hash {corpus_hash(folder)}\n")
    sys.stdout.write("".join(f"problem: {problem}\n" for problem in problems))
    sys.stdout.write(f"{len(problems)} problems\n")
    return 1 if problems else 0


def _too_few(records: Sequence[Record]) -> Iterator[str]:
    if len(records) < LEAST_POSTS:
        yield f"{len(records)} posts; expected at least {LEAST_POSTS}"
    kinds = Counter(record.kind for record in records)
    for kind, least in LEAST.items():
        if kinds[kind] < least:
            yield f"{kinds[kind]} posts of kind {kind.value!r}; expected at least {least}"
    authors = {record.author for record in records}
    if len(authors) < LEAST_AUTHORS:
        yield f"{len(authors)} authors; expected at least {LEAST_AUTHORS}"
    for split, part in cut(records).items():
        for concern in Concern:
            found = sum(concern in record.concerns for record in part)
            if found < LEAST_PER_CONCERN:
                yield f"split {split.value!r} holds {found} posts of {concern.value!r}; expected {LEAST_PER_CONCERN}"
        for urgency in Urgency:
            if not any(record.urgency is urgency for record in part):
                yield f"split {split.value!r} holds no post of urgency {urgency.label!r}; expected some"


def _leaks(records: Sequence[Record]) -> Iterator[str]:
    parts = cut(records)
    homes: dict[str, set[Split]] = {}
    for split, part in parts.items():
        for record in part:
            homes.setdefault(record.family, set()).add(split)
    for family, splits in homes.items():
        if len(splits) > 1:
            yield f"family {family!r} stands in {sorted(splits)}; expected one split"
    contexts: dict[tuple[str, ...], tuple[str, Split]] = {}
    for split, part in parts.items():
        for record in part:
            known = contexts.setdefault(record.context, (record.id, split))
            if record.context and known[1] is not split:
                yield f"{record.id} and {known[0]} share their context across splits; expected different contexts"


def _duplicates(records: Sequence[Record]) -> Iterator[str]:
    for pair in near_duplicates(records):
        if not pair.is_pair or pair.crosses_splits:
            where = "across splits" if pair.crosses_splits else "within a split"
            yield f"{pair.first} and {pair.second} share {pair.overlap:.0%} of their words {where}; reword one"


def _artefacts(records: Sequence[Record]) -> Iterator[str]:
    for name, score in artefacts.probe_all(records).items():
        if score > artefacts.BOUND:
            yield f"the label can be guessed from {name} ({score:.2f}); expected at most {artefacts.BOUND:.2f}"
    openings = artefacts.distinct_openings(records)
    if openings < LEAST_DISTINCT_OPENINGS:
        yield f"{openings:.2f} of openings are distinct; expected at least {LEAST_DISTINCT_OPENINGS}"
    variety = artefacts.type_token_ratio(records)
    if variety < LEAST_TYPE_TOKEN:
        yield f"type/token ratio is {variety:.2f}; expected at least {LEAST_TYPE_TOKEN}"


def _band(record: Record) -> str:
    words = len(record.text.split())
    return next((f"under {limit}" for limit in LENGTHS if words < limit), f"{LENGTHS[-1]} and more")


def _table(name: str, parts: Mapping[Split, Sequence[Record]], key: Callable[[Record], str]) -> list[str]:
    counts = {split: Counter(key(record) for record in parts[split]) for split in Split}
    rows = sorted({value for counter in counts.values() for value in counter})
    head = f"{name:26}" + "  ".join(f"{split.value:>11}" for split in Split)
    return [head, *(f"  {row:24}" + "  ".join(f"{counts[split][row]:>11}" for split in Split) for row in rows)]


if __name__ == "__main__":
    raise SystemExit(main(card=CARD if "--card" in sys.argv[1:] else None))
