"""The page of the audit log: it calls things what other pages call them, and finds them by that."""

from typing import Any, get_args

import pytest
from django.test import Client

from datasources.services.datasources import create_datasource
from kianda.accounts.models import AuditEntry
from kianda.accounts.services.audit import ACTIONS, KINDS, Action, Kind, record
from kianda.accounts.services.groups import add_group
from processes.designs.lifecycle import create_design
from tests.factories import PASSWORD
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


def test_each_action_and_each_kind_that_is_written_has_words() -> None:
    assert sorted(ACTIONS) == sorted(get_args(Action))
    assert sorted(KINDS) == sorted(get_args(Kind))


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


def test_a_row_says_what_was_done_as_it_is_searched_for(admin: Any) -> None:
    for action in ACTIONS:
        record(admin, action=action, kind="user", name=f"of {action}")
    for language, said in (("en", "Recovery codes viewed"), ("de", "Wiederherstellungscodes")):
        client = client_of(admin)
        page = client.get("/audit/", {"search": said.lower()}, HTTP_ACCEPT_LANGUAGE=language)
        assert said in text_of(page)
        assert "of recovery codes read" in text_of(page)


def test_a_row_says_the_title_of_its_kind(admin: Any) -> None:
    record(admin, action="changed", kind="datasource", name="x-1")
    record(admin, action="changed", kind="process", name="x-2")
    page = text_of(client_of(admin).get("/audit/"))
    assert "x-1 Data source" in page
    assert "x-2 Process design" in page
    assert "datasource" not in page.lower()


def test_an_entry_leads_to_what_it_speaks_of_as_long_as_that_is_there(admin: Any, ben: Any) -> None:
    create_datasource(raw={"name": "crm", "base_url": "https://crm.example"}, user=admin)
    create_design(raw={"name": "leave", "forms": [{"name": "asking"}]}, user=admin)
    group = add_group(name="Crew", members=[], by=admin)
    record(admin, action="changed", kind="user", name="ben")
    record(admin, action="changed", kind="user", name="gone")
    entries = client_of(admin).get("/audit/").context["page"]
    assert {entry.name: entry.url for entry in entries} == {
        "crm": "/datasources/crm/", "leave": "/designs/leave/", "ben": f"/users/{ben.pk}/",
        "Crew": f"/users/groups/{group.pk}/", "gone": "",
    }  # fmt: skip


def told(**having: Any) -> list[tuple[str, str, str, str]]:
    rows = AuditEntry.objects.filter(**having).order_by("pk")
    return list(rows.values_list("user_name", "action", "name", "detail"))


def test_who_signs_in_and_out_and_who_fails_to_is_told(ben: Any) -> None:
    client = Client(REMOTE_ADDR="203.0.113.5")
    client.post("/sign-in/", {"username": "ben", "password": "wrong"})
    client.post("/sign-in/", {"username": "ben", "password": PASSWORD})
    client.post("/sign-out/")
    assert told() == [
        ("system", "wrong password", "ben", "From 203.0.113.5."),
        ("ben", "signed in", "ben", "Password, from 203.0.113.5."),
        ("ben", "signed out", "ben", ""),
    ]


def test_what_nobody_is_called_is_not_written_down(db: None) -> None:
    client = Client(REMOTE_ADDR="203.0.113.5")
    for name in ("hunter2", "hunter3"):
        client.post("/sign-in/", {"username": name, "password": "wrong"})
    assert told() == [
        ("system", "wrong password", "203.0.113.5", "Unknown user name."),
    ]


def test_passwords_that_are_not_looked_at_fill_no_log(ben: Any) -> None:
    for _ in range(15):
        Client().post("/sign-in/", {"username": "ben", "password": "wrong"})
    assert len(told(action="wrong password")) == 9
    assert len(told(action="sign-in paused")) == 1


def test_a_try_for_somebody_deactivated_is_told_as_such_to_administrators_alone(ben: Any) -> None:
    ben.is_active = False
    ben.save()
    page = Client().post("/sign-in/", {"username": "ben", "password": PASSWORD})
    assert "Wrong user name or password" in text_of(page)
    assert told() == [
        ("system", "wrong password", "ben", "The user is deactivated. From 127.0.0.1."),
    ]


def test_what_leaves_as_a_file_is_told(dan: Any) -> None:
    create_datasource(raw={"name": "crm", "base_url": "https://crm.example"}, user=dan)
    client_of(dan).get("/datasources/crm/export/")
    assert told(action="exported") == [("dan", "exported", "crm", "")]
