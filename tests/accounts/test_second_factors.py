"""Second factors: asked for after the password, counted, set up by people, needed by roles."""

import datetime as dt
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet
from django.conf import settings as product
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from time_machine import TimeMachineFixture

from kianda.accounts.models import AuditEntry, SignInPolicy
from kianda.accounts.services.key_ring import TEXT, bind_to_rows
from kianda.accounts.services.second_factors import require_for, reset_second_factor
from kianda.lib.errors import Invalid
from tests.accounts.codes import (
    SECRET,
    code_of,
    enter_password,
    recovery_codes,
    stored_secret,
    with_app,
)
from tests.factories import PASSWORD, api_client
from tests.lib.sealed_rows import lay_canary, unbound
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
STEP = "/sign-in/code/"
APP = "/profile/security/app/"
CLOCK = "For codes from an app, your phone must set its time automatically."
NEW_CODES = "/profile/security/codes/new/"


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> Any:
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def send(client: Client, code: str) -> Any:
    return client.post(STEP, {"code": code})


def told(action: str) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(action=action).order_by("pk")
    return list(rows.values_list("name", "detail"))


def test_the_password_alone_lets_nobody_in_who_has_a_second_factor(clock: Any, ben: Any) -> None:
    client = enter_password(with_app(ben))
    assert not is_in(client)
    assert client.get("/api/v1/me/").status_code == 401
    assert "Enter the code from your authenticator app" in text_of(client.get(STEP))
    assert send(client, code_of()).status_code == 302
    assert is_in(client)
    assert told("signed in") == [("ben", "Password + Authenticator app, from 127.0.0.1.")]


def test_who_has_lost_phone_and_codes_reads_whom_to_ask(ben: Any) -> None:
    page = text_of(enter_password(with_app(ben)).get(STEP))
    assert "If you have none of these, ask an administrator to reset your second factor." in page


def test_the_page_asked_for_is_where_the_second_factor_leads(clock: Any, ben: Any) -> None:
    with_app(ben)
    client = Client()
    body = {"username": "ben", "password": PASSWORD, "next": "/runs/"}
    assert client.post("/sign-in/", body)["Location"] == STEP
    assert send(client, code_of())["Location"] == "/runs/"


def test_without_the_password_there_is_no_page_for_a_code(db: None) -> None:
    assert Client().get(STEP)["Location"] == "/sign-in/"
    assert Client().post(STEP, {"code": code_of()})["Location"] == "/sign-in/"


def test_a_code_works_once_in_whatever_process(clock: Any, ben: Any) -> None:
    with_app(ben)
    code = code_of()
    assert send(enter_password(ben), code).status_code == 302
    client = enter_password(ben)
    answer = send(client, code)
    assert (answer.status_code, is_in(client)) == (422, False)
    clock.move_to(MONDAY + dt.timedelta(seconds=30), tick=False)
    assert send(client, code_of()).status_code == 302
    assert is_in(client)


def test_a_code_older_than_one_that_was_used_is_not_taken(clock: Any, ben: Any) -> None:
    with_app(ben)
    old = code_of(later=-1)
    assert send(enter_password(ben), code_of()).status_code == 302
    answer = send(enter_password(ben), old)
    assert answer.status_code == 422
    assert "This code was already used. Wait for the next one." in text_of(answer)


def test_clocks_may_be_wrong_by_one_step_and_not_by_two(clock: Any, ben: Any) -> None:
    with_app(ben)
    refused = send(enter_password(ben), code_of(later=2))
    assert refused.status_code == 422
    assert CLOCK in text_of(refused)
    assert send(enter_password(ben), code_of(later=1)).status_code == 302


def test_a_recovery_code_works_once(ben: Any) -> None:
    with_app(ben)
    first = recovery_codes(ben)[0]
    assert send(enter_password(ben), first).status_code == 302
    assert send(enter_password(ben), first).status_code == 422
    assert len(recovery_codes(ben)) == 9
    assert told("signed in") == [("ben", "Password + Recovery code, from 127.0.0.1.")]


def test_who_used_a_recovery_code_reads_how_many_are_left(ben: Any) -> None:
    with_app(ben)
    for left in (9, 8, 7, 6, 5, 4):
        client = enter_password(ben)
        send(client, recovery_codes(ben)[0])
        page = client.get("/profile/")
        assert f"Recovery code used. {left} codes left." in text_of(page)
        assert NEW_CODES not in page.content.decode()
    for said in ("3 codes left.", "2 codes left.", "1 code left.", "0 codes left."):
        client = enter_password(ben)
        send(client, recovery_codes(ben)[0])
        page = client.get("/profile/")
        assert f"Recovery code used. {said} Create new codes" in text_of(page)
        assert f'<a href="{NEW_CODES}">' in page.content.decode()


def test_a_code_of_the_app_says_nothing_of_recovery_codes(clock: Any, ben: Any) -> None:
    client = enter_password(with_app(ben))
    send(client, code_of())
    assert "Recovery code used" not in text_of(client.get("/profile/"))


def test_codes_are_not_guessed_from_however_many_addresses(clock: Any, ben: Any) -> None:
    with_app(ben)
    clients = [enter_password(ben, REMOTE_ADDR=f"203.0.113.{n}") for n in range(7)]
    wrong = [send(client, "000000") for client in clients[:6]]
    assert [answer.status_code for answer in wrong] == [422] * 5 + [429]
    assert wrong[-1]["Retry-After"] == "30"
    assert "Too many attempts. Wait 30 seconds, then try again." in text_of(wrong[-1])
    assert send(clients[6], code_of()).status_code == 429
    assert told("wrong code") == [("ben", f"From 203.0.113.{n}.") for n in range(5)]
    assert told("sign-in paused") == [
        ("ben", "Too many wrong codes for the second factor, the last from 203.0.113.5.")
    ]
    clock.move_to(MONDAY + dt.timedelta(seconds=31), tick=False)
    assert send(clients[6], code_of()).status_code == 302
    assert send(enter_password(ben), "000000").status_code == 422


def test_a_right_password_does_not_take_back_wrong_codes(clock: Any, ben: Any) -> None:
    with_app(ben)
    for _ in range(5):
        send(enter_password(ben), "000000")
    assert send(enter_password(ben), code_of()).status_code == 429


def test_whoever_gives_up_is_at_the_beginning_again(ben: Any) -> None:
    client = enter_password(with_app(ben))
    client.post("/sign-out/")
    assert client.get(STEP)["Location"] == "/sign-in/"


def test_whoever_comes_after_somebody_to_be_remembered_is_not_remembered(
    ben: Any, ada: Any
) -> None:
    client = enter_password(with_app(ben))
    body = {"username": ben.username, "password": PASSWORD, "remember": "on"}
    assert client.post("/sign-in/", body)["Location"].startswith(STEP)
    client.post("/sign-in/", {"username": ada.username, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert client.session.get_expiry_age() == 12 * 3600


def test_a_password_that_waits_for_its_code_ends_after_a_quarter_of_an_hour(
    clock: Any, ben: Any
) -> None:
    client = enter_password(with_app(ben))
    clock.move_to(MONDAY + dt.timedelta(minutes=16), tick=False)
    assert send(client, code_of())["Location"] == "/sign-in/"
    assert not is_in(client)


def test_who_is_deactivated_between_password_and_code_stays_outside(clock: Any, ben: Any) -> None:
    client = enter_password(with_app(ben))
    ben.is_active = False
    ben.save()
    send(client, code_of())
    assert not is_in(client)


# --- set up by their person ---------------------------------------------------------------


def set_up(client: Client) -> Any:
    """Set up an app in a client; return the answer."""
    secret = client.get(APP).context["form"].secret
    return client.post(APP, {"code": code_of(secret)}, follow=True)


def test_an_app_is_set_up_with_recovery_codes_and_its_secret_is_encrypted(
    ben: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = enter_password(ben)
    with django_capture_on_commit_callbacks(execute=True):
        answer = set_up(client)
    page = text_of(answer)
    assert page.count(recovery_codes(ben)[0]) == 1
    stored, secret = stored_secret(ben)
    assert secret not in stored
    rows = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in rows
    assert not [code for code in recovery_codes(ben) if code in rows]
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "signed in", "recovery codes read", "second factor added", "second factor added",
    ]  # fmt: skip
    assert mail.outbox[-1].to == ["ben@example.org"]
    assert "An authenticator app was added to your account." in mail.outbox[-1].body


def test_the_secret_of_an_app_that_is_not_set_up_yet_is_nowhere_in_clear(ben: Any) -> None:
    client = enter_password(ben)
    secret = client.get(APP).context["form"].secret
    (row,) = Session.objects.all()
    assert secret not in str(row.get_decoded())
    wrong = client.post(APP, {"code": "000000"})
    assert (wrong.status_code, wrong.context["form"].secret) == (422, secret)
    assert CLOCK in text_of(wrong)
    assert not Authenticator.objects.exists()


def test_the_password_is_asked_for_again_when_the_sign_in_is_long_ago(clock: Any, ben: Any) -> None:
    client = enter_password(ben)
    assert client.get(APP).status_code == 200
    clock.move_to(MONDAY + dt.timedelta(minutes=11), tick=False)
    for path in (APP, "/profile/security/passkeys/", "/profile/email/"):
        assert client.get(path)["Location"].startswith("/password/again/")


def test_who_has_no_password_signs_in_again_instead(ben: Any) -> None:
    ben.set_unusable_password()
    ben.save()
    client = client_of(ben)
    led = client.get(APP)["Location"]
    assert led == "/sign-in/again/?next=%2Fprofile%2Fsecurity%2Fapp%2F"
    assert "Confirm that it is you." in text_of(client.get(led))
    answer = client.post(led)
    assert answer["Location"] == "/sign-in/?next=%2Fprofile%2Fsecurity%2Fapp%2F"
    assert not is_in(client)
    evil = client_of(ben).post("/sign-in/again/?next=https://evil.example/")
    assert evil["Location"] == "/sign-in/?next=%2Fprofile%2Fsecurity%2F"


def test_an_app_is_removed_with_its_codes(clock: Any, ben: Any) -> None:
    client = enter_password(with_app(ben))
    send(client, code_of())
    assert "Remove the authenticator app?" in text_of(client.get(f"{APP}remove/"))
    client.post(f"{APP}remove/")
    assert not Authenticator.objects.exists()
    assert told("second factor removed") == [
        ("ben", "Authenticator app"),
        ("ben", "Recovery codes"),
    ]
    assert is_in(enter_password(ben))


def test_new_recovery_codes_replace_the_old_ones(
    clock: Any, ben: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = enter_password(with_app(ben))
    send(client, code_of())
    old = recovery_codes(ben)
    assert "10 unused codes stop working." in text_of(client.get("/profile/security/codes/new/"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/profile/security/codes/new/")
    assert not set(old) & set(recovery_codes(ben))
    assert told("recovery codes made") == [("ben", "")]
    file = client.get("/profile/security/codes/file/")
    assert file.content.decode().split() == recovery_codes(ben)
    assert "no-store" in file["Cache-Control"]


def test_people_see_and_change_no_passkeys_but_their_own(ben: Any, ada: Any) -> None:
    key = Authenticator.objects.create(
        user=ada, type="webauthn", data={"name": "Laptop", "credential": {}}
    )
    client = enter_password(ben)
    for path in (
        f"/profile/security/passkeys/{key.pk}/",
        f"/profile/security/passkeys/{key.pk}/remove/",
    ):
        assert client.get(path).status_code == 404
        assert client.post(path, {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.get().data["name"] == "Laptop"


def test_a_browser_names_a_passkey_by_its_person_and_not_by_an_address_that_two_have(
    ben: Any,
) -> None:
    ben.first_name, ben.last_name = "Ben", "Byrne"
    ben.save()
    page = enter_password(ben).get("/profile/security/passkeys/")
    person = page.context["js_data"]["publicKey"]["user"]
    assert (person["name"], person["displayName"]) == ("ben", "Ben Byrne")


@pytest.mark.parametrize("credential", ["", "{}", "[]", '{"id": "x"}', "null", '"x"', "{"])
def test_what_is_no_passkey_is_refused(ben: Any, credential: str) -> None:
    client = enter_password(ben)
    client.get("/profile/security/passkeys/")
    answer = client.post("/profile/security/passkeys/", {"credential": credential})
    assert answer.status_code == 422
    asked = Client()
    options = asked.get("/sign-in/passkey/", HTTP_ACCEPT="application/json").json()
    assert options["request_options"]["publicKey"]["userVerification"] == "required"
    answer = asked.post("/sign-in/passkey/", {"credential": credential})
    assert answer["Location"] == "/sign-in/?refused=passkey"
    assert "The passkey was not accepted." in text_of(asked.get(answer["Location"]))
    assert not Authenticator.objects.exists()


# --- needed by roles, reset by administrators -------------------------------------------------


def test_a_role_that_needs_one_is_led_to_set_it_up_before_anything_else(
    admin: Any, ada: Any, ben: Any
) -> None:
    require_for(["Designer"], by=admin)
    client = enter_password(ada)
    for path in ("/", "/designs/", "/profile/", "/users/", "/no-such-page/"):
        answer = client.get(path)
        assert (answer.status_code, answer.get("Location")) in {
            (303, "/profile/security/"), (404, None),
        }  # fmt: skip
    assert client.get("/", HTTP_HX_REQUEST="true")["HX-Redirect"] == "/profile/security/"
    refused = client.get("/api/v1/processes/")
    assert refused.status_code == 403
    assert "Your role requires a second factor." in refused.json()["detail"]
    assert "Set up a second factor to continue" in text_of(client.get("/profile/security/"))
    set_up(client)
    assert client.get("/designs/").status_code == 200
    assert enter_password(ben).get("/runs/").status_code == 200


def test_tokens_go_on_and_no_made_up_header_opens_a_page(admin: Any, ada: Any) -> None:
    require_for(["Designer"], by=admin)
    assert api_client(ada).get("/api/v1/processes/").status_code == 200
    client = enter_password(ada)
    for scheme in ("Bearer x", "Basic x"):
        assert client.get("/designs/", HTTP_AUTHORIZATION=scheme).status_code == 303
    assert client.get("/api/v1/processes/", HTTP_AUTHORIZATION="Basic x").status_code == 403
    assert client.get("/api/v1/processes/", HTTP_AUTHORIZATION="Bearer x").status_code == 401


def test_the_last_second_factor_of_who_needs_one_stays(clock: Any, admin: Any, ada: Any) -> None:
    require_for(["Designer"], by=admin)
    client = enter_password(with_app(ada))
    send(client, code_of())
    answer = client.post(f"{APP}remove/")
    assert answer.status_code == 422
    assert "Add another one before you remove this one." in text_of(answer)
    assert Authenticator.objects.filter(type="totp").exists()
    key = Authenticator.objects.create(
        user=ada, type="webauthn", data={"name": "Laptop", "credential": {}}
    )
    client.post(f"{APP}remove/")
    assert not Authenticator.objects.filter(type="totp").exists()
    answer = client.post(f"/profile/security/passkeys/{key.pk}/remove/")
    assert answer.status_code == 409
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_who_needs_one_is_told_in_the_audit_log_and_unknown_roles_are_refused(admin: Any) -> None:
    require_for(["Designer", "Administrator"], by=admin)
    require_for(["Administrator", "Designer"], by=admin)
    assert SignInPolicy.objects.get().second_factor_roles == ["Administrator", "Designer"]
    assert told("changed") == [
        ("Second factor", "Second factor required for: Administrator, Designer")
    ]
    with pytest.raises(Invalid, match="No role named Emperor"):
        require_for(["Emperor"], by=admin)


def test_an_administrator_resets_a_lost_one_and_every_session_of_the_person_ends(
    clock: Any, admin: Any, ben: Any
) -> None:
    client = enter_password(with_app(ben))
    send(client, code_of())
    assert reset_second_factor(ben, by=admin)
    assert not is_in(client)
    assert is_in(enter_password(ben))
    assert told("second factor reset") == [("ben", "")]
    assert "admin has reset the second factor of your account." in mail.outbox[-1].body
    assert not reset_second_factor(ben, by=admin)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("second_factor", "reset USERNAME, or require [ROLE ...]"),
        ("api_token", "create NAME --user USERNAME, list, or revoke ID"),
    ],
)
def test_a_command_without_an_act_says_what_it_can_do(command: str, says: str) -> None:
    with pytest.raises(CommandError, match=re.escape(f"Say what to do: {says}.")):
        call_command(command)


def test_the_operator_of_the_server_resets_the_last_administrators_one(admin: Any) -> None:
    require_for(["Administrator"], by=admin)
    with_app(admin)
    call_command("second_factor", "reset", "admin")
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.get(action="second factor reset")
    assert (entry.user_name, entry.name) == ("system", "admin")
    call_command("second_factor", "require")
    assert is_in(enter_password(admin))


def test_the_secret_of_another_person_takes_no_code(
    clock: Any, ben: Any, ada: Any, caplog: Any
) -> None:
    with_app(ben)
    with_app(ada)
    stored = Authenticator.objects.values_list("data", flat=True)
    own, moved = stored.get(user=ben, type="totp"), stored.get(user=ada, type="totp")
    codes = stored.get(user=ada, type="recovery_codes")
    Authenticator.objects.filter(user=ben, type="totp").update(data=moved)
    Authenticator.objects.filter(user=ben, type="recovery_codes").update(data=codes)
    assert send(enter_password(ben), code_of()).status_code == 422
    assert "belongs to another row" in caplog.text
    assert not set(recovery_codes(ben)) & set(recovery_codes(ada))
    Authenticator.objects.filter(user=ben, type="totp").update(data=own)
    assert send(enter_password(ben), code_of()).status_code == 302


def test_second_factors_of_before_go_on_and_are_bound_to_their_person(
    clock: Any, ben: Any, settings: Settings
) -> None:
    lay_canary(TEXT)
    with_app(ben)
    before = recovery_codes(ben)
    for row in Authenticator.objects.all():
        part = "secret" if row.type == "totp" else "seed"
        plain = decrypt(row.data[part])
        Authenticator.objects.filter(pk=row.pk).update(
            data=row.data | {part: unbound(f'"{plain}"')}
        )
    assert recovery_codes(ben) == before
    assert send(enter_password(ben), code_of()).status_code == 302
    # The row was stored with what was used; the codes were not yet.
    assert bind_to_rows() == 1
    assert recovery_codes(ben) == before
    row = Authenticator.objects.get(user=ben, type="totp")
    Authenticator.objects.filter(pk=row.pk).update(
        data=row.data | {"secret": unbound(f'"{SECRET}"')}
    )
    clock.shift(60)
    assert send(enter_password(ben), code_of()).status_code == 422


def test_the_keys_are_changed_under_second_factors_too(
    clock: Any, ben: Any, settings: Settings
) -> None:
    with_app(ben)
    codes, before = recovery_codes(ben), stored_secret(ben)[0]
    new = Fernet.generate_key().decode()
    settings.KIANDA_SECRET_KEYS = [new, *product.KIANDA_SECRET_KEYS]
    call_command("rotate_secrets")
    settings.KIANDA_SECRET_KEYS = [new]
    stored, secret = stored_secret(ben)
    assert (secret, stored != before) == (SECRET, True)
    assert recovery_codes(ben) == codes
    assert send(enter_password(ben), code_of()).status_code == 302
