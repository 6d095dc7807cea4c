"""A classifier that a script can take down and bring back; everything else is the real one's doing."""

from collections.abc import Sequence

from bot.core.assessments import Assessment, Mention, Stamps
from bot.core.errors import ModelError
from bot.core.ports import Assessor
from bot.core.posts import Post


class SwitchedAssessor:
    """The `Assessor` port over another one, with a switch."""

    def __init__(self, real: Assessor) -> None:
        self._real = real
        self.down = False

    @property
    def stamps(self) -> Stamps:
        """Versions of the real one."""
        return self._real.stamps

    def assess(self, posts: Sequence[Post]) -> list[Assessment]:
        """Read a batch, or fail as a classifier does that cannot be run."""
        if self.down:
            raise ModelError("the classifier was taken down by the demo script: bring it back with `model: up`")
        return self._real.assess(posts)

    def assess_red_flags(self, post: Post) -> Assessment:
        """Read with the lexicon alone, which never fails."""
        return self._real.assess_red_flags(post)

    def ready(self) -> bool:
        """Can the model be run now?"""
        return not self.down and self._real.ready()

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        """Therapies and times since therapy that a text states."""
        return self._real.find_mentions(text)
