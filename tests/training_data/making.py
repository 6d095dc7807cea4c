"""Makes valid records for tests; each test changes only what it is about."""

from typing import Any

from training_data.records import Record


def fields(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Give the fields of a valid flagged record, as a line of a corpus file holds them."""
    return {
        "id": f"harbour-{number:04d}",
        "text": "my gums bled on the toast again this morning",
        "context": [],
        "concerns": ["secondary_autoimmunity"],
        "urgency": "same_day",
        "experiencer": "self",
        "status": "current",
        "tags": ["exposure:alemtuzumab", "disorder:itp"],
        "family": "harbour/toast",
        "author": "harbour",
        "kind": "flagged",
    } | changes


def chat(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Give the fields of a valid chat record."""
    return fields(number, concerns=[], urgency="routine", experiencer="generic", tags=[], kind="chat") | changes


def record(number: int = 1, **changes: Any) -> Record:
    """Make a valid flagged record."""
    return Record.model_validate(fields(number, **changes))
