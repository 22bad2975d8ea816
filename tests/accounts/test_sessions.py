"""Where people are signed in: listed with device and address, ended one by one or all at once."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from time_machine import TimeMachineFixture

from kianda.accounts.models import AuditEntry, SignedInSession
from kianda.accounts.services.sessions import device_in, forget_ended, sessions_of
from kianda.accounts.services.users import deactivate_person, reactivate_person
from tests.factories import PASSWORD
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
HERE = "/profile/security/"


def sign_in(name: str, *, address: Any = "203.0.113.5", agent: Any = FIREFOX) -> Client:
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)
    assert client.post("/sign-in/", {"username": name, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/141.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
         "Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("curl/8.5.0", "Unknown device"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_a_device_is_told_in_words(agent: str, device: str) -> None:
    assert device_in(agent) == device


def test_people_see_where_they_are_signed_in_and_no_secret(ben: Any, ada: Any) -> None:
    here, there = sign_in("ben"), sign_in("ben", address="198.51.100.7", agent="curl/8.5.0")
    sign_in("ada")
    page = text_of(here.get(HERE))
    assert page.count("203.0.113.5, this session") == 1
    assert "Unknown device 198.51.100.7, last seen" in page
    key = there.cookies["sessionid"].value
    assert key not in here.get(HERE).content.decode()
    assert not SignedInSession.objects.filter(key=key).exists()


def test_one_session_is_ended_and_the_others_stay(ben: Any) -> None:
    here, there = sign_in("ben"), sign_in("ben", address="198.51.100.7")
    (other,) = (one for one in sessions_of(ben) if one.address == "198.51.100.7")
    answer = here.post(f"{HERE}sessions/", {"key": other.key}, follow=True)
    assert "Session ended." in text_of(answer)
    assert (is_in(here), is_in(there)) == (True, False)
    assert here.post(f"{HERE}sessions/", {"key": other.key}).status_code == 404
    entry = AuditEntry.objects.get(action="session ended")
    assert (entry.user_name, entry.detail) == ("ben", "Firefox on Windows, 198.51.100.7")


def test_all_others_are_ended(ben: Any) -> None:
    here, *others = sign_in("ben"), sign_in("ben"), sign_in("ben")
    here.post(f"{HERE}sessions/")
    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_the_session_of_somebody_else(ben: Any, ada: Any) -> None:
    here, there = sign_in("ben"), sign_in("ada")
    (hers,) = sessions_of(ada)
    assert here.post(f"{HERE}sessions/", {"key": hers.key}).status_code == 404
    assert is_in(there)


def test_another_password_ends_the_others_and_keeps_the_own(ben: Any) -> None:
    here, there = sign_in("ben"), sign_in("ben")
    new = "an even better password"
    body = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/password/", body).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert [one.is_current for one in sessions_of(ben, current=here.session.session_key)] == [True]
    assert Session.objects.count() == 1


def test_who_is_deactivated_is_not_back_in_when_reactivated(ben: Any, admin: Any) -> None:
    client = sign_in("ben")
    deactivate_person(ben, by=admin)
    reactivate_person(ben, by=admin)
    assert not is_in(client)


def test_an_administrator_sees_and_ends_them(ben: Any, admin: Any) -> None:
    there = sign_in("ben")
    office = client_of(admin)
    path = f"/users/{ben.pk}/sessions/"
    assert "Firefox on Windows 203.0.113.5, last seen" in text_of(office.get(path))
    assert "Sessions of ben ended: 1" in text_of(office.post(path, follow=True))
    assert not is_in(there)
    entry = AuditEntry.objects.get(action="sessions ended")
    assert (entry.user_name, entry.name, entry.detail) == ("admin", "ben", "1 session.")


def test_over_the_api_sessions_are_listed_and_ended(ben: Any, admin: Any, api: Any) -> None:
    there = sign_in("ben")
    (one,) = api(admin).get("/api/v1/users/ben/sessions/").json()
    assert (one["device"], one["address"]) == ("Firefox on Windows", "203.0.113.5")
    mine = api(ben)
    assert mine.get("/api/v1/me/sessions/").json() == [one]
    assert mine.delete(f"/api/v1/me/sessions/?id={one['id']}").status_code == 204
    assert not is_in(there)
    again = sign_in("ben")
    assert api(admin).delete("/api/v1/users/ben/sessions/").status_code == 204
    assert not is_in(again)


def test_over_the_api_a_second_factor_is_required_and_reset(ben: Any, admin: Any, api: Any) -> None:
    client = api(admin)
    answer = client.patch("/api/v1/sign-in/", {"second_factor_roles": ["User"]})
    stored = {"second_factor_roles": ["User"], "only_single_sign_on": False}
    assert answer.json() == stored
    assert client.patch("/api/v1/sign-in/", {}).json() == stored
    here = "/api/v1/users/ben/second-factor/"
    assert client.get(here).json() == {"set_up": False, "needed": True}
    bad = client.patch("/api/v1/sign-in/", {"second_factor_roles": ["Emperor"]})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/second_factor_roles")
    assert client.delete(here).status_code == 204


def test_a_session_is_seen_again_and_rows_of_ended_ones_go(
    ben: Any, time_machine: TimeMachineFixture
) -> None:
    begin = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
    time_machine.move_to(begin, tick=False)
    client = sign_in("ben")
    client.get("/profile/")
    time_machine.move_to(begin + dt.timedelta(minutes=20), tick=False)
    client.get("/profile/")
    (one,) = sessions_of(ben)
    assert (one.began_at, one.seen_at) == (begin, begin + dt.timedelta(minutes=20))
    assert forget_ended() == 0
    time_machine.move_to(begin + dt.timedelta(hours=13), tick=False)
    assert sessions_of(ben) == []
    assert forget_ended() == 1
    assert not Session.objects.exists()


def test_a_session_from_before_there_was_a_list_is_in_it_once_it_is_used(ben: Any) -> None:
    client = sign_in("ben")
    SignedInSession.objects.all().delete()
    client.get("/profile/")
    assert len(sessions_of(ben)) == 1
