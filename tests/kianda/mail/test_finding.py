"""Messages are found by what they say above, however many there are, and listed as a file."""

import csv
import io
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from kianda.accounts.models import AuditEntry, Profile
from kianda.mail import access, outbox
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailSearch
from kianda.mail.planning import plan_letters
from tests.pages import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(admin: Any) -> Client:
    return client_of(admin)


def plan(subject: str, key: str, *, to: str = "mark@example.org", process_id: str = "") -> None:
    letter = Letter(key=key, to=(to,), subject=subject, text="Words of its own")
    plan_letters([letter], process_id=process_id)


def found(admin: Any, words: str) -> list[str]:
    return [one.subject for one in outbox.searched(access.visible_messages(admin), words)]


def test_the_oldest_of_thousands_is_found_by_its_subject(admin: Any) -> None:
    plan("The needle", "needle")
    straw = [Letter(key=f"k{n}", to=("a@x.example",), subject=f"Hay {n}", text="-")
             for n in range(2_100)]  # fmt: skip
    plan_letters(straw)
    assert found(admin, "NEEDLE") == ["The needle"]
    assert found(admin, "needle the") == ["The needle"]
    assert found(admin, "needle hay") == []


@pytest.mark.parametrize(
    ("subject", "words", "there"),
    [
        ("Straße nach Köln", "STRASSE köln", True),
        ("50 % off", "50 %", True),
        ("50 off", "50 %", False),
        ("a_b", "a_b", True),
        ("axb", "a_b", False),
        ("Leave", "leave-7", True),
        ("Leave", "mark@example", True),
        ("Leave", "own", False),
    ],
)
def test_what_a_word_finds(admin: Any, subject: str, words: str, *, there: bool) -> None:
    plan(subject, "k", process_id="leave-7")
    assert found(admin, words) == ([subject] if there else [])


def test_an_upgrade_finds_those_of_before_but_for_what_no_key_reads(
    admin: Any, settings: Any
) -> None:
    plan("Old one", "old", process_id="leave-1")
    plan("Lost one", "lost", process_id="leave-2")
    old = Fernet(settings.KIANDA_SECRET_KEYS[0]).encrypt(b'"Old one"').decode()
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE kianda_mail_mailmessage SET subject = %s WHERE key = %s",
            [[old, "old"], ["rubbish", "lost"]],
        )
    MailSearch.objects.all().delete()
    migration = import_module("kianda.mail.migrations.0004_search")
    migration.fill(apps, SimpleNamespace(connection=connection))
    texts = sorted(MailSearch.objects.values_list("text", flat=True))
    assert texts == ["\nleave-2", "old one\nleave-1"]


def rows_of(page: Client, query: str = "") -> list[list[str]]:
    answer = page.get(f"/messages/export/{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_a_file_holds_a_line_for_each_recipient_of_what_is_listed(page: Client, admin: Any) -> None:
    Profile.objects.create(user=admin, zone="Asia/Tokyo")
    plan("One", "one", process_id="leave-1")
    two = Letter(key="two", to=("a@x.example", "Ben <b@x.example>"), subject="Two", text="-")
    plan_letters([two])
    MailMessage.objects.filter(key="one").update(state="rejected")
    moment = timezone.now().replace(year=2026, month=3, day=1, hour=20, minute=5, second=6)
    MailMessage.objects.filter(key="two").update(planned_at=moment)
    head, *rows = rows_of(page)
    assert head[:2] == ["Queued (Asia/Tokyo)", "Subject"]
    assert [row[1:5] for row in rows] == [
        ["Two", "", "a@x.example", ""],
        ["Two", "", "b@x.example", "Ben"],
        ["One", "leave-1", "mark@example.org", ""],
    ]
    assert rows[0][0] == "2026-03-02 05:05:06"
    assert [row[1] for row in rows_of(page, "?search=one")[1:]] == ["One"]
    assert [row[1] for row in rows_of(page, "?state=rejected")[1:]] == ["One"]


def test_a_file_and_a_list_of_some_days_hold_no_older_ones(page: Client) -> None:
    plan("New", "new")
    plan("Old", "old")
    old = MailMessage.objects.filter(key="old")
    old.update(planned_at=timezone.now() - timedelta(days=8))
    for days, subjects in (("7", ["New"]), ("30", ["Old", "New"]), ("x", ["Old", "New"])):
        assert [row[1] for row in rows_of(page, f"?days={days}")[1:]] == subjects
        listed = page.get(f"/messages/?days={days}").context["page"]
        assert [one.subject for one in listed] == subjects


@pytest.mark.parametrize("subject", [
    "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")', " =1+1", "\uff1d1+1", "\uff0b1", "\uff0d1",
    "\uff20SUM(A1)",
])  # fmt: skip
def test_nothing_in_a_file_is_a_formula(page: Client, subject: str) -> None:
    plan(subject, "k", process_id="=x")
    row = rows_of(page)[1]
    assert row[1:3] == [f"'{subject}", "'=x"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_who_exported_what_is_in_the_audit_log(page: Client, admin: Any) -> None:
    rows_of(page, "?search=leave&state=sent")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.user_name, entry.action, entry.kind) == (admin.username, "exported", "message")
    assert entry.detail == "search: leave, state: sent"


def test_the_page_leads_to_the_file_of_what_it_lists(page: Client) -> None:
    plan("One", "one")
    shown = page.get("/messages/?search=one&page=1").content.decode()
    assert 'href="/messages/export/?search=one"' in shown
