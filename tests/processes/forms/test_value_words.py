"""A recorded value in the words of its form."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from kianda.lib.secrets import MASK
from processes.fields import Date, FormField, List, Number, Secret, Table, Text, Toggle
from processes.forms.value_words import words_in_utc, words_of

COUNTRY = List.model_validate(
    {"name": "country", "choices": [{"value": "de", "title": "Germany"}, "fr"]}
)
PAID, AT = Toggle(name="paid", off_text="Open"), Date(name="at", mode="datetime")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (COUNTRY, ["de"], "Germany"),
        (COUNTRY, ["fr", "gone", "de"], "fr, gone, Germany"),
        (COUNTRY, [], []),
        # Recorded when it was another kind of field.
        (COUNTRY, [{"a": 1}], [{"a": 1}]),
        (PAID, True, "Yes"),
        (PAID, "false", "Open"),
        (PAID, "maybe", "maybe"),
        (PAID, None, None),
        (AT, "2025-07-01T02:00:00Z", "30 Jun 2025, 22:00:00"),
        (AT, "0001-01-01T00:00:00Z", "0001-01-01 00:00:00 UTC"),
        (AT, "tomorrow", "tomorrow"),
        (Date(name="at"), "2025-07-01", "2025-07-01"),
        (Date(name="at", mode="time"), "10:30:00", "10:30"),
        (Number(name="n", decimals=2), 3, "3.00"),
        (Text(name="t"), "de", "de"),
        (Text(name="t"), ["de"], ["de"]),
        (Secret(name="s"), MASK, MASK),
        (Table(name="rows", columns=[COUNTRY]), [{"country": ["de"], "was": 1}],
         [{"country": "Germany", "was": 1}]),
        (Table(name="rows", columns=[COUNTRY]), '[{"country": ["d', '[{"country": ["d'),
        (None, True, True),
    ],
)  # fmt: skip
def test_it_is_told_as_the_form_shows_it(field: FormField | None, value: Any, words: Any) -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        assert words_of(field, value) == words


def test_a_trace_tells_moments_in_utc() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        assert words_in_utc(AT, "2025-07-01T02:00:00Z") == "2025-07-01 02:00:00 UTC"
    assert words_in_utc(AT, "tomorrow") == "tomorrow"
