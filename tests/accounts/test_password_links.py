"""Links that set a password: invitations, what an administrator gives, what a person asks for."""

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

from kianda.accounts.models import AuditEntry, PasswordLink
from kianda.accounts.services.addresses import is_verified
from kianda.accounts.services.password_links import (
    link_state,
    password_path,
    renew_link,
    revoke_link,
    send_invitation,
)
from kianda.accounts.services.users import change_person, deactivate_person
from kianda.lib.errors import Conflict, Invalid
from tests.factories import PASSWORD, make_user
from tests.pages import client_of, fresh_client_of, text_of

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
NEW = "an even better password"


def link_in(message: Any) -> str:
    """Return the path of the link in a mail."""
    return re.search(r"http://[^/]+(/\S+)", message.body).group(1)


def open_link(path: str, password: str = NEW, client: Client | None = None) -> Any:
    """Open a link as a guest and set a password by it; return the last answer."""
    client = client or Client()
    shown = client.get(path, follow=True)
    if "new_password1" not in shown.content.decode():
        return shown
    body = {"new_password1": password, "new_password2": password}
    return client.post(shown.request["PATH_INFO"], body)


def invite(admin: Any, *, follow: bool = False, **fields: Any) -> Any:
    body = {"username": "eve", "name": "Eve Byrne", "roles": ["User"], "groups": [], **fields}
    return client_of(admin).post("/users/invite/", body, follow=follow)


def forget(typed: str, *, address: str = "203.0.113.5") -> Any:
    return Client(REMOTE_ADDR=address).post("/password/forgotten/", {"username": typed})


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> Any:
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


def test_an_invitation_is_mailed_and_setting_the_password_verifies_the_address(admin: Any) -> None:
    answer = invite(admin, email="eve@example.org")
    assert answer.status_code == 303
    (message,) = mail.outbox
    assert message.to == ["eve@example.org"]
    assert message.subject == "You are invited to Kianda"
    assert "Your user name is eve." in message.body
    eve = User.objects.get(username="eve")
    assert link_state(eve).sent_to == "eve@example.org"
    assert not is_verified(eve)
    assert open_link(link_in(message))["Location"] == "/sign-in/?done=1"
    eve.refresh_from_db()
    assert eve.check_password(NEW)
    assert is_verified(eve)
    assert list(AuditEntry.objects.values_list("action", flat=True)) == [
        "set a password", "invitation sent", "invited",
    ]  # fmt: skip


def test_who_has_no_address_is_invited_by_a_link_that_is_shown(admin: Any) -> None:
    page = invite(admin).content.decode()
    assert mail.outbox == []
    link = re.search(r"/welcome/[^<\s\"]+", page).group()
    assert open_link(link)["Location"] == "/sign-in/?done=1"
    assert not EmailAddress.objects.exists()


def test_where_no_mail_leaves_the_link_is_shown_although_there_is_an_address(
    admin: Any, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.mailless.KeptHere"
    page = invite(admin, email="eve@example.org").content.decode()
    assert re.search(r"/welcome/[^<\s\"]+", page)


def test_a_link_that_an_administrator_was_shown_proves_nothing_of_the_address(
    admin: Any, ben: Any
) -> None:
    open_link(renew_link(ben, by=admin))
    assert User.objects.get(pk=ben.pk).check_password(NEW)
    assert not is_verified(ben)


def test_links_are_for_the_public_address_whatever_name_is_asked_for(
    settings: Settings, ben: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.KIANDA_PUBLIC_URL = "http://kianda.example"
    Client(HTTP_HOST="evil.example").post("/password/forgotten/", {"username": "ben"})
    assert "http://kianda.example/welcome/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def test_who_invites_reads_that_the_mail_is_queued_and_not_that_it_was_sent(admin: Any) -> None:
    said = text_of(invite(admin, follow=True, email="eve@example.org"))
    assert "Invitation queued for eve@example.org. Messages shows its status." in said
    assert re.search(r"Link created \S+", said)


def test_who_is_invited_is_greeted_by_name_and_told_the_user_name(admin: Any) -> None:
    invite(admin, email="eve@example.org")
    page = text_of(Client().get(link_in(mail.outbox[0]), follow=True))
    assert "Welcome, Eve Byrne" in page
    assert "You will use it with your user name eve to sign in." in page


def test_the_dialog_calls_the_link_what_the_menu_calls_it(admin: Any, ben: Any) -> None:
    invite(admin, email="eve@example.org")
    eve = User.objects.get(username="eve")
    for one, words in ((eve, "Invitation link"), (ben, "Password link")):
        client = fresh_client_of(admin)
        assert words in text_of(client.get(f"/users/?search={one.username}"))
        there = f"/users/{one.pk}/password-link/"
        for answer in (client.get(there), client.post(there, {"act": "show"})):
            assert f"{words} for {one.username}" in text_of(answer)


def test_who_has_set_a_password_reads_so_once_on_the_sign_in_page(ben: Any, admin: Any) -> None:
    client = Client()
    there = open_link(renew_link(ben, by=admin), client=client)["Location"]
    said = "Password set. You can sign in now."
    assert [said in text_of(client.get(there)) for _ in range(2)] == [True, False]


def test_who_has_set_a_password_and_never_signed_in_reads_of_no_ended_session(
    ben: Any, admin: Any
) -> None:
    client = Client()
    there = open_link(renew_link(ben, by=admin), client=client)["Location"]
    for _ in range(2):
        assert client.get("/runs/")["Location"] == "/sign-in/?next=/runs/"
        assert "session has ended" not in text_of(client.get(there))
    client.post("/sign-in/", {"username": "ben", "password": NEW})
    assert client.get("/").status_code == 200
    deactivate_person(ben, by=admin)
    assert client.get("/runs/")["Location"] == "/sign-in/?next=/runs/&expired=1"


def test_a_link_works_once(ben: Any, admin: Any) -> None:
    path = renew_link(ben, by=admin)
    assert open_link(path).status_code == 302
    assert "This link was already used or has expired" in text_of(
        open_link(path, "another one 123")
    )
    assert User.objects.get(pk=ben.pk).check_password(NEW)


def test_of_two_pages_opened_by_one_link_the_first_to_send_wins(ben: Any, admin: Any) -> None:
    path, clients = renew_link(ben, by=admin), (Client(), Client())
    pages = [client.get(path, follow=True).request["PATH_INFO"] for client in clients]
    first, second = (
        client.post(page, {"new_password1": word, "new_password2": word})
        for client, page, word in zip(clients, pages, (NEW, "a later password"), strict=True)
    )
    assert first["Location"] == "/sign-in/?done=1"
    assert "used or has expired" in text_of(second)
    assert User.objects.get(pk=ben.pk).check_password(NEW)


def test_a_link_is_revoked_and_a_new_one_replaces_the_old(ben: Any, admin: Any) -> None:
    first = renew_link(ben, by=admin)
    second = renew_link(ben, by=admin)
    assert "used or has expired" in text_of(open_link(first))
    revoke_link(ben, by=admin)
    assert "used or has expired" in text_of(open_link(second))
    assert link_state(User.objects.get(pk=ben.pk)) is None
    assert AuditEntry.objects.filter(action="link revoked", name="ben").exists()


def test_links_from_before_there_were_rows_go_on_working(ben: Any) -> None:
    assert not PasswordLink.objects.exists()
    assert open_link(password_path(ben)).status_code == 302


@pytest.mark.parametrize(("days", "holds"), [(2.9, True), (3.1, False)])
def test_a_link_of_an_administrator_lives_for_three_days(
    clock: Any, ben: Any, admin: Any, days: float, holds: bool
) -> None:
    path = renew_link(ben, by=admin)
    clock.move_to(MONDAY + dt.timedelta(days=days), tick=False)
    assert (open_link(path).status_code == 302) is holds
    assert holds or link_state(User.objects.get(pk=ben.pk)).is_over


@pytest.mark.parametrize(("minutes", "holds"), [(59, True), (61, False)])
def test_a_link_that_anybody_can_ask_for_lives_for_an_hour(
    clock: Any, ben: Any, minutes: int, holds: bool
) -> None:
    forget("ben")
    clock.move_to(MONDAY + dt.timedelta(minutes=minutes), tick=False)
    assert (open_link(link_in(mail.outbox[0])).status_code == 302) is holds


def test_a_link_ends_when_the_person_is_deactivated_or_gets_another_address(
    ben: Any, admin: Any
) -> None:
    path = renew_link(ben, by=admin)
    change_person(ben, name="", email="new@example.org", roles=["User"], by=admin)
    assert "used or has expired" in text_of(open_link(path))
    path = renew_link(User.objects.get(pk=ben.pk), by=admin)
    deactivate_person(ben, by=admin)
    assert "used or has expired" in text_of(open_link(path))


def test_an_invitation_needs_an_address_and_an_active_user(ben: Any, admin: Any) -> None:
    ben.email = ""
    with pytest.raises(Invalid, match="This user has no email address"):
        send_invitation(ben, by=admin)
    ben.is_active = False
    with pytest.raises(Conflict, match="deactivated"):
        send_invitation(ben, by=admin)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("send", "Link queued for ben@example.org. Messages shows its status."),
        ("revoke", "Link of ben revoked."),
    ],
)
def test_the_dialog_sends_and_revokes(ben: Any, admin: Any, act: str, said: str) -> None:
    client = fresh_client_of(admin)
    answer = client.post(f"/users/{ben.pk}/password-link/", {"act": act}, follow=True)
    assert said in text_of(answer)
    assert len(mail.outbox) == (act == "send")


def test_the_log_tells_a_link_for_a_member_from_an_invitation(ben: Any, admin: Any) -> None:
    invite(admin, email="eve@example.org")
    send_invitation(ben, by=admin)
    said = " ".join(text_of(client_of(admin).get("/audit/")).split())
    assert "Password link queued ben User To ben@example.org." in said
    assert "Invitation queued eve User To eve@example.org." in said


@pytest.mark.parametrize("typed", ["ben", "ben@example.org", " BEN@example.org "])
def test_a_forgotten_password_is_set_by_a_mailed_link(ben: Any, typed: str) -> None:
    page = forget(typed)
    assert "Check your email" in text_of(page)
    (message,) = mail.outbox
    assert message.to == ["ben@example.org"]
    assert open_link(link_in(message))["Location"] == "/sign-in/?done=1"
    ben.refresh_from_db()
    assert ben.check_password(NEW)
    assert is_verified(ben)


def test_nobody_is_told_whether_there_is_an_account(ben: Any) -> None:
    make_user("gone", is_active=False)
    pages = {name: text_of(forget(name)).replace(name, "…") for name in ("ben", "gone", "nobody")}
    assert len(set(pages.values())) == 1
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]


def test_an_address_of_two_accounts_is_nobodys_to_sign_in_with(ben: Any) -> None:
    make_user("twin")
    User.objects.filter(username="twin").update(email="ben@example.org")
    forget("ben@example.org")
    assert mail.outbox == []


def test_who_was_invited_and_never_came_gets_no_link_by_asking(admin: Any) -> None:
    invite(admin, email="eve@example.org")
    revoke_link(User.objects.get(username="eve"), by=admin)
    forget("eve")
    assert mail.outbox[-1].subject == "Your Kianda account has no password"
    assert "/welcome/" not in mail.outbox[-1].body


def test_three_mails_an_hour_go_to_an_account_and_nobody_is_told_of_the_fourth(
    clock: Any, ben: Any
) -> None:
    pages = {text_of(forget("ben", address=f"203.0.113.{n}")) for n in range(6)}
    assert len(pages) == 1
    assert len(mail.outbox) == 3
    entry = AuditEntry.objects.get(action="sign-in paused")
    assert (entry.name, entry.detail) == (
        "ben", "Too many password links requested, the last from 203.0.113.3.",
    )  # fmt: skip


def test_an_address_that_asks_for_many_accounts_has_to_wait(clock: Any) -> None:
    answers = [forget(f"victim{n}") for n in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1]["Retry-After"] == "2"
    assert "Too many attempts. Wait 2 seconds" in text_of(answers[-1])


def test_who_signs_in_without_a_password_is_not_shown_as_invited(admin: Any, ben: Any) -> None:
    ben.set_unusable_password()
    ben.save()
    office = client_of(admin)
    assert "Invited" in text_of(office.get("/users/?search=ben"))
    User.objects.filter(pk=ben.pk).update(last_login=MONDAY)
    page = text_of(office.get("/users/?search=ben")).partition("User Email")[2]
    assert ("Invited" in page, "Active" in page) == (False, True)


def test_a_mail_cannot_be_given_another_head(admin: Any) -> None:
    invite(admin, email="eve@example.org", name="Eve\r\nBcc: x@evil.example")
    assert all("Bcc" not in message.message() for message in mail.outbox)


def test_people_sign_in_with_their_address_and_it_is_counted_for_the_account(ben: Any) -> None:
    client = Client()
    body = {"username": "Ben@example.org", "password": PASSWORD, "remember": "on"}
    answer = client.post("/sign-in/", body)
    assert answer.status_code == 302
    assert client.session.get_expiry_age() == 14 * 24 * 3600
    for _ in range(10):
        last = Client().post("/sign-in/", {"username": "ben@example.org", "password": "wrong"})
    assert last.status_code == 429
    assert Client().post("/sign-in/", {"username": "ben", "password": PASSWORD}).status_code == 429


def test_a_session_that_nobody_asked_to_keep_ends_as_before(ben: Any) -> None:
    client = Client()
    client.post("/sign-in/", {"username": "ben", "password": PASSWORD})
    assert client.session.get_expiry_age() == 12 * 3600


def test_over_the_api_people_are_invited_invited_again_and_invitations_revoked(
    admin: Any, api: Any
) -> None:
    client = api(admin)
    body = {"username": "eve", "email": "eve@example.org", "roles": ["User"], "invite": True}
    assert client.post("/api/v1/users/", body).status_code == 201
    first = link_in(mail.outbox[0])
    here = "/api/v1/users/eve/invitation/"
    read = client.get(here).json()
    assert (read["sent_to"], read["expired"]) == ("eve@example.org", False)
    again = client.post(here)
    assert (again.status_code, "/welcome/" in again.content.decode()) == (201, False)
    assert "used or has expired" in text_of(open_link(first))
    assert client.delete(here).status_code == 204
    assert client.get(here).status_code == 404
    assert "used or has expired" in text_of(open_link(link_in(mail.outbox[1])))


def test_over_the_api_nobody_is_invited_who_has_no_address(admin: Any, api: Any) -> None:
    answer = api(admin).post("/api/v1/users/", {"username": "eve", "invite": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/email")
    assert not User.objects.filter(username="eve").exists()
    assert api(admin).post("/api/v1/users/", {"username": "eve"}).status_code == 201
    assert mail.outbox == []
