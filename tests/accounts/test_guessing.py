"""Guessing passwords: many accounts from one address is slow work; an office is not locked out."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import TimeMachineFixture

from kianda.accounts.models import AuditEntry, PasswordTry
from kianda.accounts.services.guessing import begin_try, place_of, right_try, wait_after
from kianda.lib.errors import TooMany
from tests.factories import PASSWORD, make_user
from tests.pages import client_of, markup_of

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
OFFICE, ELSEWHERE = "203.0.113.5", "198.51.100.7"


def sign_in(
    name: str, password: str = "wrong", *, address: Any = OFFICE, path: str = "/sign-in/"
) -> Any:
    return Client(REMOTE_ADDR=address).post(path, {"username": name, "password": password})


def seconds(n: int) -> Any:
    return MONDAY + dt.timedelta(seconds=n)


def spray(n: int, *, address: Any = OFFICE) -> list[Any]:
    """Try one password on so many accounts; return the answers' statuses."""
    return [sign_in(f"victim{number}", address=address).status_code for number in range(n)]


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> Any:
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


def test_sixty_tries_on_sixty_accounts_of_one_address_do_not_pass(clock: Any, ada: Any) -> None:
    statuses = spray(60)
    assert statuses == [200] * 10 + [429] * 50
    assert sign_in("ada", PASSWORD, address=ELSEWHERE).status_code == 302


def test_the_page_says_beside_the_box_how_long_to_wait_and_so_does_the_answer(
    clock: Any, ada: Any
) -> None:
    spray(10)
    answer = sign_in("ada", PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")
    page = markup_of(answer)
    said = "Too many wrong passwords. Wait 2 seconds, then try again."
    assert f'id="id_password-error">{said}' in page
    assert "Wrong user name or password" not in page
    clock.move_to(seconds(2), tick=False)
    assert sign_in("ada", PASSWORD).status_code == 302


def test_each_further_account_makes_the_wait_twice_as_long_and_a_refused_try_does_not(
    clock: Any,
) -> None:
    spray(10)
    at = 0
    for number, wait in enumerate((2, 4, 8, 16)):
        assert sign_in("another")["Retry-After"] == str(wait)
        assert sign_in("and-another")["Retry-After"] == str(wait)
        at += wait
        clock.move_to(seconds(at), tick=False)
        assert sign_in(f"further{number}").status_code == 200


def test_the_wait_grows_to_a_quarter_of_an_hour_and_no_further() -> None:
    found = [int(wait_after(accounts).total_seconds()) for accounts in (0, 9, 10, 11, 18, 19, 5000)]
    assert found == [0, 0, 2, 4, 512, 900, 900]


def test_one_person_who_mistypes_keeps_nobody_of_the_office_waiting(
    clock: Any, ada: Any, ben: Any
) -> None:
    for _ in range(9):
        assert sign_in("ben").status_code == 200
    assert sign_in("ada", PASSWORD).status_code == 302
    assert sign_in("ben", PASSWORD).status_code == 302


def test_an_office_in_which_everybody_mistypes_once_and_then_signs_in_never_waits(
    clock: Any,
) -> None:
    for number in range(30):
        make_user(f"person{number}")
        assert sign_in(f"person{number}").status_code == 200
        assert sign_in(f"person{number}", PASSWORD).status_code == 302
    assert not PasswordTry.objects.exists()


def test_who_signs_in_rightly_takes_back_the_own_wrong_passwords_and_no_other_ones(
    clock: Any, ada: Any
) -> None:
    for _ in range(9):
        sign_in("ada")
    spray(8)
    assert sign_in("ada", PASSWORD).status_code == 302
    assert [sign_in("ada").status_code for _ in range(9)] == [200] * 9
    assert sign_in("victim8").status_code == 200
    assert sign_in("victim9").status_code == 429


def test_after_an_hour_all_is_forgotten(clock: Any) -> None:
    spray(11)
    clock.move_to(seconds(3601), tick=False)
    assert sign_in("victim11").status_code == 200
    assert PasswordTry.objects.count() == 1


def test_tries_at_the_same_moment_see_one_another() -> None:
    for number in range(10):
        begin_try(address=OFFICE, account=f"victim{number}", moment=MONDAY)
    with pytest.raises(TooMany) as caught:
        begin_try(address=OFFICE, account="victim10", moment=MONDAY)
    assert caught.value.extra["retry_after"] == 2
    # Three of them were right.
    for number in range(3):
        right_try(address=OFFICE, account=f"victim{number}")
    begin_try(address=OFFICE, account="victim10", moment=MONDAY)


def test_djangos_own_sign_in_leads_to_ours_which_counts_and_asks_for_more(clock: Any) -> None:
    answer = sign_in("victim", path="/django-admin/login/?next=/django-admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/django-admin/")


def test_a_named_proxy_tells_the_address_and_nobody_else_does(
    clock: Any, settings: Settings
) -> None:
    settings.KIANDA_TRUSTED_PROXIES = ["10.0.0.1"]

    def through(proxy: Any, number: int) -> Any:
        caller = Client(REMOTE_ADDR=proxy, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
        body = {"username": f"victim{number}", "password": "wrong"}
        return caller.post("/sign-in/", body).status_code

    assert [through("10.0.0.1", number) for number in range(12)] == [200] * 12
    assert [through("10.9.9.9", number) for number in range(12)] == [200] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(address: str, place: str) -> None:
    assert place_of(address) == place


def change(client: Client, old: Any, new: str = "an even better password") -> Any:
    body = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/password/", body)


def test_the_old_password_is_not_guessed_on_the_page_that_changes_it(clock: Any, ada: Any) -> None:
    client = client_of(ada)
    assert [change(client, "wrong").status_code for _ in range(9)] == [422] * 9
    answer = change(client, "wrong")
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    page = answer.content.decode()
    assert "Too many wrong passwords. Wait 15 minutes, then try again." in page
    assert 'aria-invalid="true"' in page
    assert change(client, PASSWORD).status_code == 429
    clock.move_to(seconds(901), tick=False)
    assert change(client, PASSWORD).status_code == 302


def test_the_right_old_password_takes_the_wrong_ones_back(clock: Any, ada: Any) -> None:
    client = client_of(ada)
    for _ in range(9):
        change(client, "wrong")
    assert change(client, PASSWORD, "first good password").status_code == 302
    assert change(client, "wrong").status_code == 422
    assert change(client, "first good password").status_code == 302
    assert not PasswordTry.objects.exists()


def test_djangos_own_page_for_it_leads_to_ours(admin: Any) -> None:
    answer = client_of(admin).post("/django-admin/password_change/")
    assert (answer.status_code, answer["Location"]) == (302, "/password/")


def test_the_audit_log_says_once_that_an_address_or_an_account_has_to_wait(
    clock: Any, ada: Any
) -> None:
    for _ in range(12):
        sign_in("ada", address=ELSEWHERE)
        sign_in("hunter2", address="192.0.2.1")
    spray(15)
    found = AuditEntry.objects.filter(action="sign-in paused").order_by("pk")
    assert [(entry.name, entry.user_name, entry.detail) for entry in found] == [
        ("ada", "system", f"Too many wrong passwords from {ELSEWHERE}."),
        (
            OFFICE,
            "system",
            "Wrong passwords for 10 accounts from this address. Sign-in from it is paused.",
        ),
    ]


def test_one_account_is_not_guessed_from_many_addresses(clock: Any, ada: Any) -> None:
    answers = [sign_in("ada", address=f"198.51.100.{n}") for n in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1]["Retry-After"] == "30"
    assert sign_in("ada", PASSWORD, address="192.0.2.9").status_code == 429
    entry = AuditEntry.objects.get(action="sign-in paused")
    assert entry.detail == "Wrong passwords from many addresses, the last from 198.51.100.10."
    clock.move_to(seconds(31), tick=False)
    assert sign_in("ada", PASSWORD, address="192.0.2.9").status_code == 302


def test_a_person_still_gets_in_from_where_they_have_signed_in_before(clock: Any, ada: Any) -> None:
    assert sign_in("ada", PASSWORD, address="192.0.2.44").status_code == 302
    for n in range(12):
        sign_in("ada", address=f"198.51.100.{n}")
    assert sign_in("ada", PASSWORD, address="192.0.2.99").status_code == 429
    assert sign_in("ada", PASSWORD, address="192.0.2.44").status_code == 302
