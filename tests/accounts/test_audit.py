"""The page of the audit log: it calls things what other pages call them, and finds them by that."""

from typing import Any

import pytest

from kianda.accounts.services.audit import KINDS, record
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(admin: Any) -> list[str]:
    """One entry for each kind of object, by the code of its kind."""
    for kind in KINDS:
        record(admin, action="changed", kind=kind, name=f"x-{len(kind)}")
    return sorted(KINDS)


def test_kinds_are_offered_by_their_titles_in_order(admin: Any, entries: list[str]) -> None:
    offered = client_of(admin).get("/audit/").context["kinds"]
    assert [word for _kind, word in offered] == sorted(KINDS.values())
    assert sorted(kind for kind, _word in offered) == entries


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Data source", "datasource"),
        ("process DESIGN", "process"),
        ("scheduled", "scheduled task"),
        ("api token", "API token"),
        ("user", "user"),
        ("group x-5", "group"),
    ],
)
def test_entries_are_found_by_what_their_kind_is_called(
    admin: Any, entries: list[str], words: str, kind: str
) -> None:
    found = client_of(admin).get("/audit/", {"search": words}).context["page"]
    assert [entry.kind for entry in found] == [kind]


def test_a_row_says_the_title_of_its_kind(admin: Any) -> None:
    record(admin, action="changed", kind="datasource", name="x-1")
    record(admin, action="changed", kind="process", name="x-2")
    page = text_of(client_of(admin).get("/audit/"))
    assert "x-1 Data source" in page
    assert "x-2 Process design" in page
    assert "datasource" not in page.lower()
