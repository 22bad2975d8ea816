"""The page of the audit log: it calls things what other pages call them, and finds them by that."""

import csv
import io
from datetime import datetime
from typing import Any, get_args

import pytest
from django.test import Client

from datasources.services.datasources import create_datasource
from kianda.accounts.models import AuditEntry, Profile
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


def entry_at(user: Any, moment: str, name: str, **changed: Any) -> None:
    made = record(user, action="changed", kind="process", name=name, **changed)
    AuditEntry.objects.filter(pk=made.pk).update(at=datetime.fromisoformat(moment))


def exported(client: Client, **query: str) -> list[list[str]]:
    answer: Any = client.get("/audit/export/", query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("days", "names"),
    [
        ({"from": "2026-03-02"}, ["third", "second"]),
        ({"to": "2026-03-02"}, ["second", "first"]),
        ({"from": "2026-03-02", "to": "2026-03-02"}, ["second"]),
        ({"from": "2026-03-03", "to": "2026-03-02"}, []),
        ({"from": "2026-02-30", "to": "x"}, ["third", "second", "first"]),
        ({"from": "0001-01-01", "to": "9999-12-31"}, ["third", "second", "first"]),
    ],
)
def test_days_are_those_of_the_readers_clock_and_both_of_them_count(
    admin: Any, days: dict[str, str], names: list[str]
) -> None:
    Profile.objects.create(user=admin, zone="Asia/Tokyo")
    entry_at(admin, "2026-03-01T14:59:59+00:00", "first")
    entry_at(admin, "2026-03-01T15:00:00+00:00", "second")
    entry_at(admin, "2026-03-02T15:00:00+00:00", "third")
    client = client_of(admin)
    assert [one.name for one in client.get("/audit/", days).context["page"]] == names
    assert [row[4] for row in exported(client, **days)[1:]] == names


def test_a_file_holds_what_is_listed_and_the_log_tells_that_it_was_made(admin: Any) -> None:
    Profile.objects.create(user=admin, zone="Asia/Tokyo")
    entry_at(admin, "2026-03-01T15:00:00+00:00", "leave", detail="=1+1")
    record(admin, action="password link asked", kind="user", name="ben")
    client = client_of(admin)
    assert exported(client, kind="process", user="admin", search="leave") == [
        ["When (Asia/Tokyo)", "Who", "Action", "Kind", "What", "Details"],
        ["2026-03-02 00:00:00", "admin", "Changed", "Process design", "leave", "'=1+1"],
    ]
    assert told(action="exported") == [
        ("admin", "exported", "Audit log", "search: leave, kind: process, user: admin"),
    ]
    assert [row[2] for row in exported(client)[1:]] == [
        "Exported", "Password link requested", "Changed",
    ]  # fmt: skip


def test_a_file_of_too_many_entries_is_refused_and_asks_for_fewer_days(
    admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kianda.administration.audit.MOST_ROWS", 1)
    entry_at(admin, "2026-03-01T15:00:00+00:00", "first")
    entry_at(admin, "2026-03-02T15:00:00+00:00", "second")
    client = client_of(admin)
    answer = client.get("/audit/export/")
    assert answer.status_code == 413
    assert "2 entries match; a file holds 1. Choose fewer days" in text_of(answer)
    assert len(exported(client, to="2026-03-01")) == 2


def test_nobody_but_administrators_takes_the_log_along(dan: Any) -> None:
    assert client_of(dan).get("/audit/export/").status_code == 403
    assert told() == []
