"""Before an act that is worth stealing a browser for, who signed in long ago confirms to be it."""

import datetime as dt
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from time_machine import TimeMachineFixture

from kianda.accounts.models import ApiToken, AuditEntry
from tests.accounts.codes import with_app
from tests.factories import PASSWORD
from tests.pages import client_of, fresh_client_of, text_of

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
HTMX = {"HX-Request": "true", "HX-Target": "dialog", "HX-Current-URL": "http://testserver/tokens/"}
TOKEN = {"name": "Night run", "lives": "30"}


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> Any:
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


def confirm(client: Client, where: str) -> Any:
    """Enter the password where one was led to, and go on from there."""
    assert where.startswith("/password/again/?next=")
    page = client.get(where)
    assert "Confirm that it is you." in text_of(page)
    return client.post("/password/again/", {"password": PASSWORD, "next": page.context["next"]})


def acts(ben: Any) -> list[str]:
    return ["/tokens/new/", f"/users/{ben.pk}/second-factor/", f"/users/{ben.pk}/password-link/"]


def test_each_of_these_acts_asks_who_signed_in_long_ago(admin: Any, ben: Any) -> None:
    for path in acts(ben):
        client = client_of(admin)
        led = client.get(path)["Location"]
        assert confirm(client, led)["Location"] == path
        assert client.get(path).status_code == 200


def test_who_signed_in_just_now_is_not_asked_until_ten_minutes_have_passed(
    clock: Any, admin: Any, ben: Any
) -> None:
    client = fresh_client_of(admin)
    clock.shift(dt.timedelta(minutes=9))
    assert [client.get(path).status_code for path in acts(ben)] == [200, 200, 200]
    clock.shift(dt.timedelta(minutes=2))
    assert [client.get(path).status_code for path in acts(ben)] == [302, 302, 302]


def test_a_dialog_is_left_for_the_question_and_comes_back_as_a_page(ben: Any) -> None:
    client = client_of(ben)
    answer = client.get("/tokens/new/", headers=HTMX)
    assert answer.status_code == 204
    assert confirm(client, answer["HX-Redirect"])["Location"] == "/tokens/new/"
    assert "<html" in client.get("/tokens/new/").content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_was_sent_too_late_is_done_once_it_is_confirmed(
    ben: Any, headers: dict[str, str]
) -> None:
    client = client_of(ben)
    answer = client.post("/tokens/new/", TOKEN, headers=headers)
    assert not ApiToken.objects.exists()
    done = confirm(client, answer.get("HX-Redirect") or answer["Location"])
    token = ApiToken.objects.get()
    assert (token.name, token.user) == ("Night run", ben)
    page = done.content.decode()
    assert ("<html" in page, "Copy the token now" in page) == (True, True)


def test_a_wrong_password_does_nothing(admin: Any, ben: Any) -> None:
    with_app(ben)
    client = client_of(admin)
    path = f"/users/{ben.pk}/second-factor/"
    assert client.post(path)["Location"].startswith("/password/again/")
    wrong = client.post("/password/again/", {"password": "wrong", "next": path})
    assert wrong.status_code == 422
    assert Authenticator.objects.filter(user=ben).exists()
    assert not AuditEntry.objects.filter(action="reset").exists()


def test_over_the_api_a_session_is_asked_and_a_token_is_not(admin: Any, ben: Any, api: Any) -> None:
    with_app(ben)
    path = f"/api/v1/users/{ben.username}/second-factor/"
    refused = client_of(admin).delete(path)
    assert (refused.status_code, "Confirm that it is you" in refused.content.decode()) == (
        403,
        True,
    )
    assert Authenticator.objects.filter(user=ben).exists()
    assert api(admin).delete(path).status_code == 204
    with_app(ben)
    assert fresh_client_of(admin).delete(path).status_code == 204
    assert not Authenticator.objects.filter(user=ben).exists()
