"""A list as a file: all that matches, nothing that a spreadsheet computes, the same rights."""

import csv
import io
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kianda.accounts.models import AuditEntry, Profile
from processes.instances.lifecycle import create_instance
from tests.factories import make_user
from tests.pages import client_of
from tests.processes.lists.test_pages import ada as ada
from tests.processes.rights.office import office, publish
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


def content(answer: Any) -> bytes:
    """Return a file that was sent."""
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_all_that_matches_is_in_the_file_and_nothing_in_it_is_a_formula(ada: Client) -> None:
    user = User.objects.get(username="ada")
    for _ in range(26):
        create_instance(
            process="orders", mode="live", data={"what": "=1+1", "amount": -4, "kind": "b"},
            user=user,
        )  # fmt: skip
    answer = ada.get("/records/orders/export.csv?view=all&filter=amount:lt:3&columns=what,amount")
    assert "orders-" in answer["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(content(answer).decode("utf-8-sig"))))
    assert lines[0] == ["Number", "Order", "What", "Amount"]
    assert lines[1] == ["orders-30", "'=1+1", "'=1+1", "-4"]
    assert len(lines) == 28
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.user_name, entry.name) == ("ada", "orders")
    assert "27" in entry.detail


def test_a_sheet_has_numbers_as_numbers_and_texts_as_texts(ada: Client) -> None:
    user = User.objects.get(username="ada")
    create_instance(process="orders", mode="live", data={"what": "=1+1"}, user=user)
    answer = ada.get("/records/orders/export.xlsx?view=all&columns=what,amount,process.created")
    with ZipFile(io.BytesIO(content(answer))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<c r="C2" t="inlineStr"><is><t>=1+1</t></is></c>' in sheet
    assert "<f>" not in sheet
    assert "<v>1200.5</v>" in sheet


def test_days_and_moments_are_such_in_a_file_and_a_status_is_said_in_words() -> None:
    user = make_user("ada", "User")
    Profile.objects.update_or_create(user=user, defaults={"zone": "Europe/Dublin"})
    fields = [{"type": "date", "name": "day"}, {"type": "date", "name": "at", "mode": "datetime"}]
    raw = {"name": "visits", "forms": [{"name": "visit", "fields": fields}]}
    published(raw, user=make_user("root", "Administrator"))
    for day, at in (
        ("2026-11-14", "2026-06-14T20:30:00Z"), ("1805-02-03", "1805-02-03T10:00:00Z"),
        (None, None),
    ):  # fmt: skip
        create_instance(process="visits", mode="live", data={"day": day, "at": at}, user=user)
    asked = "?view=all&sort=process.id&columns=day,at,process.status"
    ada = client_of(user)
    lines = csv.reader(
        io.StringIO(content(ada.get(f"/records/visits/export.csv{asked}")).decode("utf-8-sig"))
    )
    assert [line[2:] for line in lines][1:] == [
        ["2026-11-14", "2026-06-14 21:30:00", "Open"],
        ["1805-02-03", "1805-02-03 09:34:39", "Open"],
        ["", "", "Open"],
    ]
    with ZipFile(io.BytesIO(content(ada.get(f"/records/visits/export.xlsx{asked}")))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    serial_day, serial_moment = (
        (when - datetime(1899, 12, 30)).total_seconds() / 86_400
        for when in (datetime(2026, 11, 14), datetime(2026, 6, 14, 21, 30))
    )
    assert f"<v>{serial_day:.0f}</v>" in sheet
    assert f"<v>{serial_moment:.6f}"[:12] in sheet
    assert "1805-02-03" in sheet, "a spreadsheet has no such day: it is a text"


def test_a_file_holds_what_its_reader_sees() -> None:
    people = office()
    publish(people, see=["everyone"])
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    address = "/records/leave/export.csv?columns=illness,days"
    assert b"flu" not in content(client_of(people.tom).get(address))
    assert b"flu" in content(client_of(people.helen).get(address))


def test_what_cannot_be_exported_is_no_file(ada: Client) -> None:
    for bad in ("/records/orders/export.pdf", "/records/no/export.csv"):
        assert ada.get(bad).status_code == 404
    assert ada.get("/records/orders/export.csv?filter=code:eq:x").status_code == 400
