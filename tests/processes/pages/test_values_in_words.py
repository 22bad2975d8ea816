"""What two people have made of a value, and what it was, is said as its form shows it."""

from typing import Any

import pytest
from django.test import Client

from kianda.accounts.models import Profile
from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import Change
from tests.factories import OPEN_TO_ALL
from tests.pages import client_of, text_of
from tests.processes.definitions import process, text_field
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

URL = "/instances/trips-1/"
COUNTRIES = [
    {"value": "de", "title": "Germany"}, {"value": "ie", "title": "Ireland"},
    {"value": "fr", "title": "France"},
]  # fmt: skip
PLAIN: list[dict[str, Any]] = [
    {"type": "list", "name": "country", "choices": COUNTRIES},
    {"type": "list", "name": "others", "choices": COUNTRIES, "multiple": True},
    {"type": "toggle", "name": "paid", "on_text": "Settled", "off_text": "Open"},
    {"type": "date", "name": "leaves", "mode": "datetime"},
    {"type": "number", "name": "cost", "decimals": 2},
]
STOPS = {"type": "table", "name": "stops", "columns": PLAIN}
FIRST = {
    "country": ["de"], "others": ["de"], "paid": False, "leaves": "2025-07-01T12:00:00Z",
    "cost": 2,
}  # fmt: skip
THEIRS = {
    "country": ["ie"], "others": ["ie", "de"], "paid": True, "leaves": "2025-07-02T12:00:00Z",
    "cost": 3,
}  # fmt: skip
MINE = {
    "v-country": "fr", "v-others": ["de", "fr"], "v-paid": "", "v-leaves": "2025-07-03T08:00:00",
    "v-cost": "4",
}  # fmt: skip


@pytest.fixture
def ben_in_new_york(ada: Any, ben: Any) -> Client:
    """Return Ben before a trip that Ada has made."""
    Profile.objects.update_or_create(user=ben, defaults={"zone": "America/New_York"})
    raw = process(*PLAIN, STOPS, text_field("note"), name="trips", security=OPEN_TO_ALL)
    published(raw, user=ada)
    data = {**FIRST, "stops": [FIRST], "note": "de"}
    create_instance(process="trips", mode="live", data=data, user=ada)
    return client_of(ben)


def changed_by(user: Any, **data: Any) -> None:
    """Change the trip as somebody does who read its first revision."""
    patch_instance(process_id="trips-1", data=data, revision=1, user=user)


def test_what_both_have_changed_is_asked_in_the_words_of_the_form(
    ben_in_new_york: Client, ada: Any
) -> None:
    changed_by(ada, **THEIRS)
    asked = ben_in_new_york.post(URL, {**MINE, "revision": "1", "act": "save"})
    assert asked.status_code == 409
    said = text_of(asked)
    for mine, theirs, was in (
        ("France", "Ireland", "Germany"),
        ("Germany, France", "Ireland, Germany", "Germany"),
        ("empty", "Settled", "Open"),
        ("3 Jul 2025, 08:00:00", "2 Jul 2025, 08:00:00", "1 Jul 2025, 08:00:00"),
        ("4.00", "3.00", "2.00"),
    ):
        assert f"Use my value: {mine} Use their value: {theirs} (before {was})" in said


def test_what_is_taken_over_from_others_is_told_in_the_words_of_the_form(
    ben_in_new_york: Client, ada: Any
) -> None:
    changed_by(ada, **THEIRS)
    asked = ben_in_new_york.post(URL, {"v-country": "fr", "revision": "1", "act": "save"})
    said = text_of(asked)
    assert "Leaves: 1 Jul 2025, 08:00:00 2 Jul 2025, 08:00:00" in said
    assert "Paid: Open Settled" in said


def test_the_history_tells_values_in_the_words_of_the_form(
    ben_in_new_york: Client, ada: Any
) -> None:
    changed_by(ada, **THEIRS, note="ie")
    said = text_of(ben_in_new_york.get(f"{URL}changes/"))
    for title, before, after in (
        ("Country", "Germany", "Ireland"),
        ("Others", "Germany", "Ireland, Germany"),
        ("Paid", "Open", "Settled"),
        ("Leaves", "1 Jul 2025, 08:00:00", "2 Jul 2025, 08:00:00"),
        ("Cost", "2.00", "3.00"),
        # A text that happens to be a code of a choice is that text.
        ("Note", "de", "ie"),
    ):
        assert f"{title} {before} {after} Restore previous value" in said


def test_cells_of_a_table_are_told_in_the_same_zone_as_they_are_shown(
    ben_in_new_york: Client, ada: Any
) -> None:
    changed_by(ada, stops=[THEIRS])
    said = text_of(ben_in_new_york.get(f"{URL}changes/"))
    assert "row 1, Leaves: 1 Jul 2025, 08:00:00 → 2 Jul 2025, 08:00:00" in said
    assert "row 1, Country: Germany → Ireland" in said
    assert "UTC" not in said


def test_a_value_is_restored_after_a_question_in_the_words_of_the_form(
    ben_in_new_york: Client, ada: Any
) -> None:
    changed_by(ada, **THEIRS, stops=[])
    change = Change.objects.get()
    for field, words in (
        ("country", "Now Ireland After restoring Germany"),
        ("leaves", "Now 2 Jul 2025, 08:00:00 After restoring 1 Jul 2025, 08:00:00"),
        ("stops", "After restoring 1 row: Country Germany"),
    ):
        said = text_of(ben_in_new_york.get(f"{URL}changes/{change.pk}/{field}/"))
        assert words in said
