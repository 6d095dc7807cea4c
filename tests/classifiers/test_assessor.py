"""The assessor: both layers merged, nothing lowered, every odd text survived."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.assessments import Concern, Experiencer, RedFlag, Span, Stamps, Status, Urgency
from bot.core.errors import ModelError
from bot.core.topics import Topic
from classifiers.assessor import ModelAssessor, WordReading, merge, silent_reading
from classifiers.decoding import Decoded, Thresholds, decode
from classifiers.encoding import CONTEXT_TOKENS, MAX_TOKENS, Encoding, Reading
from classifiers.evidence import MOST_CLAUSES, clauses, find_evidence, join_spans
from classifiers.labels import WIDTH, Floats
from classifiers.manifest import TOKENIZER
from tests.making import make_post

STAMPS = Stamps(model="m", thresholds="t", rules="r")
SIGN = "Both my legs have gone numb since this morning and I cannot wee."
PADDING = "We went to the allotment and the beans are finally up, the slugs got the rest. "

ODD_TEXTS = {
    "empty": "",
    "white space": " \n\t ",
    "emoji only": "😂😂🎉👍🏽",
    "zero width": "​‌‍⁠",
    "zero width inside words": "my le\u200bgs are nu\u200bmb",
    "right to left": "ساقاي مخدرتان منذ الصباح",
    "right-to-left override": "\u202eI cannot feel my legs\u202c",
    "mixed languages": "Seit gestern kribbelt alles, 左手がしびれる, ça va pas du tout",
    "lone surrogate escaped": "odd \ufffd character",
    "null": "a\x00b",
    "4000 characters": (PADDING * 60)[:4000],
    "4000 characters without a space": "x" * 4000,
    "4000 emoji": "🩸" * 4000,
}


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts_are_read_without_failing(assessor: ModelAssessor, name: str) -> None:
    """Spans stay inside the text, probabilities inside [0, 1]."""
    text = ODD_TEXTS[name]
    reading = assessor.assess([make_post(text=text, context=(text,) * 5)])[0]
    assert 0 <= reading.score <= 1
    assert all(span.end <= len(text) for span in reading.spans)
    assert assessor.assess_red_flags(make_post(text=text)).model_down


def test_an_empty_batch_gives_nothing(assessor: ModelAssessor) -> None:
    """No post, no assessment."""
    assert assessor.assess([]) == []


@pytest.mark.parametrize("where", ["start", "middle", "end"])
def test_a_sign_is_found_anywhere_in_a_long_post(tiny_version: Path, where: str) -> None:
    """Every token of a 4,000-character post lies whole in some window, with its neighbours."""
    lead = {"start": 0, "middle": 24, "end": 48}[where]
    text = PADDING * lead + SIGN + " " + PADDING * (48 - lead)
    encoding = Encoding.load(tiny_version / TOKENIZER)
    windows = encoding.windows([Reading(text)])[0]
    sign = encoding.windows([Reading(SIGN)])[0][0].ids[1:-1]
    assert len(windows) > 1
    assert all(len(window.ids) <= MAX_TOKENS for window in windows)
    assert any(window.ids[at : at + len(sign)] == sign for window in windows for at in range(len(window.ids)))


def test_the_most_urgent_window_decides_a_long_post(assessor: ModelAssessor) -> None:
    """A long post scores no lower than the window that holds its last words."""
    tail = PADDING * 8 + SIGN
    long_post, alone = assessor.read([Reading(PADDING * 40 + tail), Reading(tail)], evidence=False)
    assert long_post.score >= alone.score - 0.15


def test_context_never_cuts_the_post(tiny_version: Path) -> None:
    """The post keeps all its tokens; context gets what is left, its latest post first, and its own segment."""
    encoding = Encoding.load(tiny_version / TOKENIZER)
    long_post = PADDING * 11
    bare, full = encoding.windows([Reading(long_post), Reading(long_post, ("old words " * 50, "latest words " * 50))])
    assert len(bare) == len(full) == 1
    kept = full[0]
    own = [token for token, segment in zip(kept.ids, kept.segments, strict=True) if segment == 0]
    assert tuple(own) == bare[0].ids
    assert len(kept.ids) <= MAX_TOKENS
    short = encoding.windows([Reading("hello", ("old " * 100, "latest words"))])[0][0]
    latest = encoding.windows([Reading("latest words")])[0][0].ids[1:-1]
    context = [token for token, segment in zip(short.ids, short.segments, strict=True) if segment == 1]
    assert tuple(context[: len(latest)]) == latest
    assert len(context) == CONTEXT_TOKENS + 1


def test_batches_and_single_readings_agree(assessor: ModelAssessor) -> None:
    """The company that a post is read in changes nothing."""
    texts = [SIGN, "hello", PADDING * 6, "beans"]
    together = assessor.read([Reading(text) for text in texts], evidence=False)
    alone = [assessor.read([Reading(text)], evidence=False)[0] for text in texts]
    assert [each.score for each in together] == pytest.approx([each.score for each in alone], abs=0.02)


def test_several_threads_read_at_once(assessor: ModelAssessor) -> None:
    """One assessor serves an executor's threads."""
    posts = [make_post(text=f"{SIGN} number {number}") for number in range(4)]
    expected = [assessor.assess([post])[0].score for post in posts]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda post: assessor.assess([post])[0].score, posts))
    assert found == pytest.approx(expected, abs=1e-6)


def test_without_a_model_red_flags_are_still_read(tmp_path: Path) -> None:
    """A missing version leaves the lexicon; `assess` says why it cannot read."""
    assessor = ModelAssessor.load(models=tmp_path, require_model=False)
    assert isinstance(assessor.failure, ModelError)
    assert assessor.assess_red_flags(make_post(text="hello")).flagged is False
    with pytest.raises(ModelError, match="current is missing"):
        assessor.assess([make_post(text="hello")])
    with pytest.raises(ModelError, match="current is missing"):
        ModelAssessor.load(models=tmp_path)


def test_a_version_that_appears_later_is_taken_up(tmp_path: Path, tiny_version: Path) -> None:
    """`ready` tries again for as long as no model could be loaded."""
    assessor = ModelAssessor.load(models=tmp_path, require_model=False)
    assert not assessor.ready()
    shutil.copytree(tiny_version, tmp_path / "2026.01.0")
    (tmp_path / "current").write_text("2026.01.0\n")
    assert assessor.ready()
    assert assessor.failure is None
    assert len(assessor.assess([make_post(text="hello")])) == 1


def test_reading_imports_no_torch(tiny_version: Path) -> None:
    """A serving process never loads torch, transformers or the training modules."""
    script = (
        "import sys; from pathlib import Path; from classifiers.assessor import ModelAssessor; "
        "from classifiers.encoding import Reading; import classifiers.classify, classifiers.evaluate; "
        "import classifiers.promote; "
        "ModelAssessor.load(Path(sys.argv[1])).read([Reading('hello')]); "
        "print([m for m in ('torch', 'transformers', 'peft', 'sklearn', 'onnx', 'scipy') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own words
        [sys.executable, "-c", script, str(tiny_version)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


urgencies = st.sampled_from(list(Urgency))
flags = st.builds(
    RedFlag,
    rule=st.just("rule"),
    urgency=st.sampled_from([Urgency.SOON, Urgency.SAME_DAY, Urgency.EMERGENCY]),
    concern=st.sampled_from(list(Concern)),
    topic=st.sampled_from([topic.value for topic in Topic]),
    span=st.just(Span(0, 3)),
)
words = st.builds(
    WordReading,
    red_flags=st.lists(flags, max_size=3).map(tuple),
    topic_cues=st.just(()),
    mentions=st.just(()),
)
LINES = Thresholds(
    surely=0.5,
    surely_not=0.2,
    secondary_autoimmunity=0.5,
    relapse=0.5,
    other_urgent=0.5,
    same_day=0.5,
    emergency=0.5,
    crisis=0.5,
)
decoded_readings = st.lists(st.floats(0, 1), min_size=WIDTH, max_size=WIDTH).map(
    lambda row: decode(falling(np.array(row)), LINES)
)


def falling(row: Floats) -> Floats:
    """Probabilities as calibration leaves them: urgency steps fall."""
    row[4:7] = np.sort(row[4:7])[::-1]
    return row


@given(decoded_readings, words)
def test_red_flags_never_lower_anything(decoded: Decoded, read: WordReading) -> None:
    """Urgency, flag, concerns and crisis only grow; score and probabilities stay the encoder's."""
    alone = merge(decoded, words=WordReading((), (), ()), spans=(), stamps=STAMPS)
    both = merge(decoded, words=read, spans=(), stamps=STAMPS)
    assert both.urgency >= alone.urgency
    assert both.flagged >= alone.flagged
    assert both.flagged or both.review >= alone.review
    assert both.concerns >= alone.concerns
    assert both.crisis >= alone.crisis
    assert both.score == alone.score


@given(decoded_readings, words)
def test_a_red_flag_lifts_a_post_by_one_storey(decoded: Decoded, read: WordReading) -> None:
    """What the encoder passes is reviewed, what it reviews is flagged, what it flags gets the words' urgency."""
    assume(read.red_flags)
    found = merge(decoded, words=read, spans=(), stamps=STAMPS)
    gravest = max(hit.urgency for hit in read.red_flags)
    if decoded.flagged or decoded.review or read.crisis:
        assert found.flagged
        assert found.urgency >= gravest
    else:
        assert found.review
        assert not found.flagged


@given(words)
def test_with_the_encoder_down_a_red_flag_flags_at_once(read: WordReading) -> None:
    """Nobody else can speak up, so words are enough."""
    assume(read.red_flags)
    found = merge(silent_reading(), words=read, spans=(), stamps=STAMPS, model_down=True)
    assert found.flagged
    assert found.urgency >= max(hit.urgency for hit in read.red_flags)


@given(decoded_readings, words)
def test_the_invariant_of_the_handbook_holds_on_every_assessment(decoded: Decoded, read: WordReading) -> None:
    """Concerns exactly when not routine; then flagged, current, and about somebody."""
    found = merge(decoded, words=read, spans=(), stamps=STAMPS)
    assert bool(found.concerns) == found.flagged == (found.urgency is not Urgency.ROUTINE)
    if found.flagged:
        assert found.status is Status.CURRENT
        assert found.experiencer is not Experiencer.GENERIC


def test_a_crisis_line_makes_an_emergency_of_a_silent_reading() -> None:
    """Self-harm outranks all (handbook, rule 19)."""
    hit = RedFlag(
        rule="r", urgency=Urgency.SAME_DAY, concern=Concern.OTHER_URGENT, topic=Topic.CRISIS.value, span=Span(0, 1)
    )
    found = merge(silent_reading(), words=WordReading((hit,), (), ()), spans=(), stamps=STAMPS)
    assert found.crisis
    assert found.urgency is Urgency.EMERGENCY


def test_despair_without_intent_is_only_listed_for_review() -> None:
    """The crisis head alone, on a post that is not flagged: a moderator glances, the bot stays silent."""
    row = np.zeros(WIDTH)
    row[0], row[7] = 0.05, 0.9
    found = decode(row, LINES)
    assert (found.flagged, found.review, found.crisis) == (False, True, False)


@given(st.text(max_size=400))
def test_clauses_are_ordered_disjoint_and_few(text: str) -> None:
    """Whatever is written."""
    spans = clauses(text)
    assert len(spans) <= MOST_CLAUSES
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(span.end <= len(text) for span in spans)


def test_evidence_is_the_clause_whose_loss_calms_the_reading() -> None:
    """A reader that reacts to one word names the clause that holds it."""
    text = "Lovely day at the lake. My legs went numb. Ducks everywhere."

    def read(readings: list[Reading]) -> Floats:
        return np.array([0.9 if "numb" in reading.text else 0.1 for reading in readings])

    found = find_evidence([Reading(text)], np.array([0.9]), read=read)  # type: ignore[arg-type]
    assert [text[span.start : span.end] for span in found[0]] == ["My legs went numb."]


def test_evidence_in_a_long_post_is_the_stretch_that_alarms_alone() -> None:
    """Reading clauses alone costs a long post one further reading, however many clauses it has."""
    text = PADDING * 20 + SIGN
    asked: list[str] = []

    def read(readings: list[Reading]) -> Floats:
        asked.extend(reading.text for reading in readings)
        return np.array([0.9 if "numb" in reading.text else 0.1 for reading in readings])

    found = find_evidence([Reading(text)], np.array([0.9]), read=read)  # type: ignore[arg-type]
    assert len(found[0]) == 1
    assert "numb" in text[found[0][0].start : found[0][0].end]
    assert sum(len(each) for each in asked) <= len(text)


def test_overlapping_spans_are_joined() -> None:
    """Encoder and lexicon may point at the same words."""
    assert join_spans([Span(5, 9), Span(0, 3), Span(2, 6), Span(20, 21)]) == (Span(0, 9), Span(20, 21))
