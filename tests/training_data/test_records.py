"""What a single record may and may not say."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.core.assessments import Urgency
from tests.training_data.making import chat, fields, record
from training_data.records import Record


def test_a_record_reads_and_writes_the_handbooks_words() -> None:
    """What is written is what was read."""
    given = fields()

    assert Record.model_validate(given).model_dump(mode="json") == given
    assert record().urgency is Urgency.SAME_DAY


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"urgency": "routine"}, "expected concerns exactly when the urgency is not routine"),
        ({"concerns": []}, "expected concerns exactly when the urgency is not routine"),
        ({"status": "hypothetical"}, "expected current, and self or other"),
        ({"experiencer": "generic"}, "expected current, and self or other"),
        ({"kind": "chat"}, "expected 'flagged' exactly with concerns"),
        ({"concerns": ["relapse", "relapse"]}, "a concern stands twice"),
        ({"tags": ["crisis", "crisis"]}, "a tag stands twice"),
        ({"tags": ["disorder:boredom"]}, "'disorder:boredom'"),
        ({"urgency": "tomorrow"}, "urgency is 'tomorrow'"),
        ({"family": "prairie/toast"}, "expected it to begin with 'harbour/'"),
        ({"id": "prairie-0001"}, "expected it to begin with 'harbour-'"),
        ({"text": "   "}, "text is blank"),
        ({"text": "a" * 4001}, "at most 4000 characters"),
        ({"context": ["x"] * 6}, "at most 5 items"),
        ({"mood": "blue"}, "Extra inputs are not permitted"),
    ],
)
def test_a_broken_rule_is_told(changes: dict[str, Any], told: str) -> None:
    """The handbook's invariant and every field's limits are enforced."""
    with pytest.raises(ValidationError, match=told):
        Record.model_validate(fields() | changes)


def test_a_chat_record_carries_no_concern() -> None:
    """The other side of the invariant holds as well."""
    assert not Record.model_validate(chat()).flagged
