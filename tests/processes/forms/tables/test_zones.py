"""The moments in a table: in which zone they are, and how they are told elsewhere on the page."""

import re
from typing import Any

import pytest
from django.test import Client

from kianda.accounts.models import Profile
from processes.instances.lifecycle import patch_instance
from tests.pages import markup_of, text_of
from tests.processes.forms.tables.orders import URL, pens

pytestmark = pytest.mark.django_db

COLUMNS = [
    {"type": "text", "name": "what"}, {"type": "number", "name": "amount"},
    {"type": "text", "name": "hidden"}, {"type": "date", "name": "day"},
    {"type": "date", "name": "at", "mode": "datetime", "required": True},
]  # fmt: skip


@pytest.fixture(autouse=True)
def ben_in_new_york(ben: Any) -> None:
    """Let Ben read and write moments in the zone of New York."""
    Profile.objects.update_or_create(user=ben, defaults={"zone": "America/New_York"})


@pytest.mark.parametrize("enabled", [True, False])
def test_a_column_of_moments_says_their_zone_in_its_heading_and_on_each_card(
    make: Any, ben_at: Client, enabled: bool
) -> None:
    make(columns=COLUMNS, enabled=enabled)
    page = markup_of(ben_at.get(URL))
    headings = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    assert [one for one in headings if "America/New_York" in one] == [
        'At <span class="k-req" aria-hidden="true">*</span>'
        '<span class="k-colhelp">America/New_York</span>'
    ]
    labels = set(re.findall(r'data-label="([^"]*)"', page))
    assert labels == {"What", "Amount", "Hidden", "Day", "At * (America/New_York)"}


def test_a_moment_in_a_row_is_told_in_the_zone_in_which_its_cell_shows_it(
    make: Any, ben_at: Client, ada: Any
) -> None:
    make(rows=1, columns=COLUMNS)
    theirs = {**pens(1)[0], "at": "2025-11-27T23:06:39Z"}
    patch_instance(process_id="orders-1", data={"lines": [theirs]}, revision=1, user=ada)
    page = ben_at.get(URL)
    assert 'value="2025-11-27T18:06:39"' in page.content.decode()
    history = ben_at.get(f"{URL}changes/")
    assert "row 1, At: empty → 27 Nov 2025, 18:06:39" in text_of(history)


def test_a_moment_is_shown_with_seconds_only_where_it_has_some(
    make: Any, ben_at: Client, ada: Any
) -> None:
    make(rows=2, columns=COLUMNS)
    moments = ("2025-11-27T15:00:00Z", "2025-11-27T23:06:39Z")
    rows = [{**row, "at": at} for row, at in zip(pens(2), moments, strict=True)]
    patch_instance(process_id="orders-1", data={"lines": rows}, revision=1, user=ada)
    page = ben_at.get(URL).content.decode()
    # The row that a new one is made of has none either.
    assert re.findall(r'type="datetime-local"([^>]*?) value="([^"]*)"', page) == [
        ("", "2025-11-27T10:00:00"), (' step="1"', "2025-11-27T18:06:39"), ("", ""),
    ]  # fmt: skip
