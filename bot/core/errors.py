"""Everything that can go wrong and that a person can do something about.

AftercareError                  one sentence: what was found, what was expected, what to do
├── ConfigError                 config.yaml or the environment (carries every problem at once)
├── ContentError                a snippet or referrals.yaml (carries every problem at once)
├── ModelError                  a model version is missing, damaged, or cannot be run
├── CorpusError                 a labelled file breaks the handbook's rules
├── StoreError                  the database cannot be used as it is
│   └── NewerDatabase           it was written by a later version of Aftercare
├── DeliveryError               Discord did not take an effect
│   ├── DeliveryRefused         it never will (gone, forbidden): do not try again
│   └── DeliveryDelayed         it may later: try again after `retry_after` seconds
└── LoginError                  Discord refused the token or an intent

They become sentences and exit codes only at the edge (`bot.cli`).
"""

from collections.abc import Sequence


class AftercareError(Exception):
    """Base of all; its text is shown to people as it stands."""


class ProblemsError(AftercareError):
    """Several problems, each a sentence that begins with where it was found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ConfigError(ProblemsError):
    """The configuration cannot be used."""


class ContentError(ProblemsError):
    """What the bot would say cannot be used."""


class ModelError(AftercareError):
    """A model version cannot be used."""


class CorpusError(ProblemsError):
    """A labelled file breaks the handbook's rules."""


class StoreError(AftercareError):
    """The database cannot be used."""


class NewerDatabase(StoreError):
    """The database was written by a later version and is left untouched."""


class DeliveryError(AftercareError):
    """Discord did not take an effect."""


class DeliveryRefused(DeliveryError):
    """Discord will never take it: the target is gone or the permission is missing."""


class DeliveryDelayed(DeliveryError):
    """Discord may take it later."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class LoginError(AftercareError):
    """Discord refused the token or an intent."""
