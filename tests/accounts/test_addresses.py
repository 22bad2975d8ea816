"""The address of an account changes once its owner has shown to read mail there."""

import datetime as dt
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings
from time_machine import TimeMachineFixture

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.addresses import account_named, is_verified
from kianda.accounts.services.person_data import user_named
from kianda.accounts.services.users import change_person, invite_person
from kianda.lib.errors import Invalid
from tests.factories import PASSWORD, make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
HERE = "/profile/email/"


def known(user: Any) -> Client:
    """Return a client whose person has just entered the password once more."""
    client = client_of(user)
    answer = client.post("/password/again/", {"password": PASSWORD, "next": HERE})
    assert answer["Location"] == HERE
    return client


def ask(client: Client, address: str) -> Any:
    return client.post(HERE, {"email": address}, follow=True)


def link() -> str:
    return re.search(r"http://[^/]+(/email/\S+)", str(mail.outbox[-1].body)).group(1)


def test_the_password_is_asked_for_first(ben: Any) -> None:
    client = client_of(ben)
    answer = client.get(HERE)
    assert answer["Location"] == "/password/again/?next=%2Fprofile%2Femail%2F"
    assert client.post(HERE, {"email": "new@example.org"})["Location"].startswith("/password/again")
    wrong = client.post("/password/again/", {"password": "wrong", "next": HERE})
    assert (wrong.status_code, "Wrong password." in text_of(wrong)) == (422, True)
    assert mail.outbox == []


def test_wrong_passwords_there_are_counted_as_at_the_sign_in(ben: Any) -> None:
    client = client_of(ben)
    for _ in range(10):
        answer = client.post("/password/again/", {"password": "wrong"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Too many wrong passwords." in text_of(answer)


def test_an_address_counts_once_its_link_was_opened_and_the_old_one_is_told(ben: Any) -> None:
    client = known(ben)
    page = text_of(ask(client, "New@Example.org"))
    assert "Link queued for New@Example.org. Open it to confirm the address." in page
    assert "A link for new@example.org was created. Open it to confirm the address." in page
    (message,) = mail.outbox
    assert message.to == ["new@example.org"]
    ben.refresh_from_db()
    assert ben.email == "ben@example.org"
    guest = Client()
    assert "new@example.org will be the email address of ben." in text_of(guest.get(link()))
    ben.refresh_from_db()
    assert ben.email == "ben@example.org", "a program that looks at links has confirmed it"
    assert "Email address confirmed" in text_of(guest.post(link()))
    ben.refresh_from_db()
    assert (ben.email, is_verified(ben)) == ("new@example.org", True)
    assert mail.outbox[-1].to == ["ben@example.org"]
    assert "now new@example.org. It was ben@example.org." in mail.outbox[-1].body
    assert [entry.action for entry in AuditEntry.objects.all()[:2]] == [
        "address changed", "address change asked",
    ]  # fmt: skip


def test_where_no_mail_leaves_no_address_is_asked_for(ben: Any, settings: Settings) -> None:
    client = known(ben)
    settings.EMAIL_BACKEND = "tests.accounts.mailless.KeptHere"
    answer = ask(client, "new@example.org")
    assert answer.status_code == 422
    assert "No mail account is set, so no link can be sent." in text_of(answer)
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    assert "new@example.org" not in text_of(client.get("/profile/"))


def test_a_link_works_once_and_for_three_days(ben: Any, time_machine: TimeMachineFixture) -> None:
    now = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
    time_machine.move_to(now, tick=False)
    client = known(ben)
    ask(client, "new@example.org")
    path = link()
    time_machine.move_to(now + dt.timedelta(days=3, minutes=1), tick=False)
    assert "used or has expired" in text_of(Client().post(path))
    time_machine.move_to(now + dt.timedelta(days=2), tick=False)
    assert "confirmed" in text_of(Client().post(path))
    assert "used or has expired" in text_of(Client().post(path))
    assert "used or has expired" in text_of(Client().get("/email/made-up/"))


def test_a_later_wish_revokes_the_link_of_an_earlier_one(ben: Any) -> None:
    client = known(ben)
    ask(client, "first@example.org")
    first = link()
    ask(client, "second@example.org")
    assert "used or has expired" in text_of(Client().post(first))
    assert "confirmed" in text_of(Client().post(link()))
    assert User.objects.get(pk=ben.pk).email == "second@example.org"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nobody", "Enter an email address such as"),
        ("ADA@example.org", "Another account has this email address."),
        ("ben@example.org", "This is already your email address."),
    ],
)
def test_what_cannot_be_an_address_is_refused_beside_its_box(
    ben: Any, ada: Any, address: str, said: str
) -> None:
    answer = ask(known(ben), address)
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert mail.outbox == []


def test_strangers_are_not_mailed_without_end(ben: Any) -> None:
    client = known(ben)
    answers = [ask(client, f"stranger{n}@example.org") for n in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[-1]["Retry-After"] == "900"
    assert "Too many attempts. Wait 15 minutes, then try again." in text_of(answers[-1])
    assert len(mail.outbox) == 5
    entry = AuditEntry.objects.get(action="sign-in paused")
    assert (entry.name, entry.detail) == (
        ben.username, "Too many email changes requested, the last from 127.0.0.1.",
    )  # fmt: skip


def test_an_address_that_another_got_in_the_meantime_is_not_taken_from_there(ben: Any) -> None:
    ask(known(ben), "new@example.org")
    other = make_user("other")
    User.objects.filter(pk=other.pk).update(email="new@example.org")
    answer = Client().post(link())
    assert answer.status_code == 422
    assert "Address not changed" in text_of(answer)
    assert User.objects.get(pk=ben.pk).email == "ben@example.org"


def test_an_administrator_who_changes_the_address_takes_back_what_was_verified(
    ben: Any, admin: Any
) -> None:
    ask(known(ben), "new@example.org")
    Client().post(link())
    ben.refresh_from_db()
    change_person(ben, name="", email="third@example.org", roles=["User"], by=admin)
    ben.refresh_from_db()
    assert not is_verified(ben)
    assert not EmailAddress.objects.exists()


def test_the_link_of_somebody_deactivated_confirms_nothing(ben: Any) -> None:
    ask(known(ben), "new@example.org")
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert "used or has expired" in text_of(Client().post(link()))


def test_an_address_is_that_of_one_person_in_capitals_or_not(ben: Any, admin: Any) -> None:
    change_person(ben, name="", email="ben@büro.example", roles=["User"], by=admin)
    assert account_named("BEN@BÜRO.example") == "ben"
    assert user_named("Ben@Büro.Example") == ben
    refused = text_of(ask(known(admin), "BEN@BÜRO.EXAMPLE"))
    assert "Another account has this email address." in refused


def test_a_user_name_is_taken_in_capitals_too(admin: Any) -> None:
    make_user("ünal")
    with pytest.raises(Invalid) as refused:
        invite_person(username="ÜNAL", name="", email="", roles=["User"], by=admin)
    assert "ÜNAL already exists." in refused.value.errors[0].detail
