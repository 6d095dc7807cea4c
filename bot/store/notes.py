"""Moderators' notes at rest: encrypted on the way in, readable again only with the same key.

Keeps no key beyond the process and writes no note to a log.
"""

from cryptography.fernet import Fernet, InvalidToken

from bot.core.errors import StoreError

UNREADABLE = "This note cannot be read here: it was written under another notes key."
"""Stands for a note whose key is missing or different; the verdict beside it is still true."""


class NoteCipher:
    """Encrypts and decrypts notes with one Fernet key, or refuses to hold any when there is none."""

    def __init__(self, key: str | None) -> None:
        try:
            self._fernet = None if key is None else Fernet(key)
        except ValueError:
            # The key itself is a secret and is not repeated.
            raise StoreError(
                "The notes key cannot be used; expected 32 bytes in urlsafe base64, 44 characters long: "
                "make one with `cryptography.fernet.Fernet.generate_key()`."
            ) from None

    @property
    def keeps_notes(self) -> bool:
        """Is there a key?"""
        return self._fernet is not None

    def seal(self, note: str) -> str:
        """Encrypt a note; `StoreError` when no key was given, because a note is never kept in clear."""
        if self._fernet is None:
            raise StoreError(
                "A note was to be kept but there is no notes key; expected one in the environment, because notes are "
                "stored encrypted only: set it and start again."
            )
        return self._fernet.encrypt(note.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Decrypt a note, or give the fixed sentence `UNREADABLE`."""
        if self._fernet is None:
            return UNREADABLE
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, UnicodeError):
            return UNREADABLE
