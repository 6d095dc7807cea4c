"""Reads posts for the bot: the encoder's reading, raised where the red-flag lexicon says so, with evidence and stamps.

Plain synchronous functions, safe from several threads; knows no loop and no bot, and keeps no text. Nothing here lowers
what either layer said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from bot.core.assessments import (
    Assessment,
    Concern,
    Experiencer,
    Mention,
    RedFlag,
    Span,
    Stamps,
    Status,
    Urgency,
)
from bot.core.errors import ModelError
from bot.core.posts import Post
from bot.core.topics import Topic
from classifiers.decoding import Decoded, Thresholds, decode
from classifiers.encoding import Reading
from classifiers.evidence import find_evidence, join_spans
from classifiers.labels import Floats
from classifiers.manifest import MODELS, version_directory
from classifiers.runtime import THREADS, EncoderRuntime

NO_MODEL = "none"
"""The stamp of an assessment that no model took part in."""


class Lexicon(Protocol):
    """The red-flag lexicon, as the assessor uses it."""

    @property
    def version(self) -> str:
        """Version of the reviewed lines."""

    def find(self, text: str) -> tuple[RedFlag, ...]:
        """Lines that match and are not negated."""

    def topic_cues(self, text: str) -> tuple[str, ...]:
        """Topics whose everyday words occur, most specific first."""


@dataclass(frozen=True, slots=True)
class WordReading:
    """What the lexicon reads in one text."""

    red_flags: tuple[RedFlag, ...]
    topic_cues: tuple[str, ...]
    mentions: tuple[Mention, ...]

    @property
    def crisis(self) -> bool:
        """Does a line about self-harm or suicide match?"""
        return any(hit.topic == Topic.CRISIS.value for hit in self.red_flags)


class ModelAssessor:
    """Implements `bot.core.ports.Assessor` with a model version and the lexicon.

    `load_runtime` is tried when it is built, and again by `ready` for as long as it fails. Without a runtime red flags
    are still read, and `assess` raises the `ModelError` of the last attempt.
    """

    def __init__(self, *, load_runtime: Callable[[], EncoderRuntime], lexicon: Lexicon) -> None:
        self._load_runtime = load_runtime
        self._lexicon = lexicon
        self._runtime: EncoderRuntime | None = None
        self._failure: ModelError | None = None
        self._loading = Lock()
        self.ready()

    @classmethod
    def load(
        cls,
        directory: Path | None = None,
        *,
        models: Path = MODELS,
        threads: int = THREADS,
        require_model: bool = True,
    ) -> "ModelAssessor":
        """Load a version's folder, or the version in use.

        With `require_model=False` a missing or damaged version leaves an assessor that reads red flags alone.
        """
        from classifiers.red_flags import RedFlagLexicon

        def load_runtime() -> EncoderRuntime:
            return EncoderRuntime.load(directory or version_directory(models=models), threads=threads)

        assessor = cls(load_runtime=load_runtime, lexicon=RedFlagLexicon.load())
        if require_model and assessor.failure is not None:
            raise assessor.failure
        return assessor

    def ready(self) -> bool:
        """Can the model be run now? Tries to load it again when it could not be loaded before."""
        with self._loading:
            if self._runtime is None:
                try:
                    self._runtime, self._failure = self._load_runtime(), None
                except ModelError as failure:
                    self._failure = failure
            return self._runtime is not None

    @property
    def failure(self) -> ModelError | None:
        """Why no model could be loaded, or None when one reads."""
        return self._failure

    @property
    def thresholds(self) -> Thresholds:
        """The lines of the version in use; raises `ModelError` when no model is loaded."""
        return self._running().manifest.thresholds

    @property
    def stamps(self) -> Stamps:
        """Versions of model, thresholds and rules in use."""
        if self._runtime is None:
            return Stamps(model=NO_MODEL, thresholds=NO_MODEL, rules=self._lexicon.version)
        manifest = self._runtime.manifest
        return Stamps(model=manifest.version, thresholds=manifest.thresholds.version, rules=self._lexicon.version)

    def assess(self, posts: Sequence[Post]) -> list[Assessment]:
        """Read a batch, in order; raises `ModelError` when the model cannot be run."""
        return self.read([Reading(post.text, post.context) for post in posts])

    def assess_red_flags(self, post: Post) -> Assessment:
        """Read one post with the red-flag lexicon alone (`model_down=True`)."""
        words = self._words(post.text)
        stamps = Stamps(model=NO_MODEL, thresholds=NO_MODEL, rules=self._lexicon.version)
        return merge(silent_reading(), words=words, spans=(), stamps=stamps, model_down=True)

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        """Therapies and times since therapy that a text states."""
        from classifiers.therapies import find_mentions

        return find_mentions(text)

    def read(self, readings: Sequence[Reading], *, evidence: bool = True) -> list[Assessment]:
        """Read texts that are not posts of Discord; `evidence=False` skips the encoder's spans."""
        decoded = [decode(row, self.thresholds) for row in self._running().probabilities(readings)]
        spans = self._evidence(readings, decoded) if evidence else [()] * len(decoded)
        return [
            merge(each, words=self._words(reading.text), spans=found, stamps=self.stamps)
            for each, reading, found in zip(decoded, readings, spans, strict=True)
        ]

    def _evidence(self, readings: Sequence[Reading], decoded: Sequence[Decoded]) -> list[tuple[Span, ...]]:
        """Look for evidence only where a card shows it: it costs several passes a post; review posts have none."""
        shown = [row for row, each in enumerate(decoded) if each.flagged]
        spans: list[tuple[Span, ...]] = [()] * len(decoded)
        if shown:
            scores = np.array([decoded[row].score for row in shown])
            found = find_evidence([readings[row] for row in shown], scores, read=self._flagged_scores)
            for row, each in zip(shown, found, strict=True):
                spans[row] = each
        return spans

    def _flagged_scores(self, readings: Sequence[Reading]) -> Floats:
        return np.asarray(self._running().probabilities(readings)[:, 0])

    def _running(self) -> EncoderRuntime:
        if self._runtime is None:
            raise self._failure or ModelError("no model version was loaded; run aftercare train or aftercare promote")
        return self._runtime

    def _words(self, text: str) -> WordReading:
        return WordReading(
            red_flags=self._lexicon.find(text),
            topic_cues=self._lexicon.topic_cues(text),
            mentions=self.find_mentions(text),
        )


def silent_reading() -> Decoded:
    """The reading of an encoder that says nothing: what is known when the classifier is down."""
    return Decoded(
        flagged=False,
        score=0.0,
        review=False,
        concerns=frozenset(),
        concern_p=dict.fromkeys(Concern, 0.0),
        urgency=Urgency.ROUTINE,
        urgency_p={level: float(level is Urgency.ROUTINE) for level in Urgency},
        experiencer=Experiencer.SELF,
        status=Status.CURRENT,
        crisis=False,
    )


def merge(
    decoded: Decoded, *, words: WordReading, spans: tuple[Span, ...], stamps: Stamps, model_down: bool = False
) -> Assessment:
    """Join both layers into an assessment that keeps the handbook's invariant.

    Score and probabilities stay the encoder's own, so that they remain calibrated.
    """
    raised = raise_by_words(decoded, words, alone=model_down)
    return Assessment(
        flagged=raised.flagged,
        score=raised.score,
        review=raised.review,
        concerns=raised.concerns,
        concern_p=dict(raised.concern_p),
        urgency=raised.urgency,
        urgency_p=dict(raised.urgency_p),
        experiencer=raised.experiencer,
        status=raised.status,
        stamps=stamps,
        red_flags=words.red_flags,
        spans=join_spans([*spans, *(hit.span for hit in words.red_flags)]),
        topic_cues=words.topic_cues,
        mentions=words.mentions,
        crisis=raised.crisis,
        model_down=model_down,
    )


def raise_by_words(decoded: Decoded, words: WordReading, *, alone: bool = False) -> Decoded:
    """Raise the encoder's reading by what the words say; never lower any part of it.

    A red flag lifts a post by one storey: what the encoder would pass goes to review, what it would review is flagged,
    and a flagged post gets the red flag's urgency and concern. Words alone are wrong too often for more (old stories
    and leaflets are full of them). Two exceptions flag at once: a crisis, which is an emergency and brings
    `other_urgent` (handbook, rule 19), and an encoder that is down (`alone`).
    """
    if not words.red_flags and not words.crisis:
        return decoded
    if not (decoded.flagged or decoded.review or words.crisis or alone):
        return replace(decoded, review=True)
    urgencies = [hit.urgency for hit in words.red_flags]
    concerns = {hit.concern for hit in words.red_flags}
    if words.crisis:
        urgencies.append(Urgency.EMERGENCY)
        concerns.add(Concern.OTHER_URGENT)
    urgency = max([decoded.urgency, *urgencies])
    if urgency is Urgency.ROUTINE:
        return decoded
    someone = Experiencer.OTHER if decoded.experiencer is Experiencer.OTHER else Experiencer.SELF
    return replace(
        decoded,
        flagged=True,
        review=False,
        concerns=decoded.concerns | concerns,
        urgency=urgency,
        experiencer=someone,
        status=Status.CURRENT,
        crisis=decoded.crisis or words.crisis,
    )
