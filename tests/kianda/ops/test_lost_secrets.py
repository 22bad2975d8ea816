"""The day the keys are lost permanently: what they encrypted is let go of, all else works again."""

import io
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import models
from django.test.utils import isolate_apps
from django.utils import timezone
from pytest_django import Settings

from datasources.connections.rows import Tokens, oauth_of, sealed
from datasources.models import Connection, ConnectionState, Datasource, Variable
from datasources.rest.errors import CallFailed
from datasources.selectors import document_of, get_document, ready_to_call
from datasources.services.datasources import create_datasource, replace_datasource
from datasources.services.variables import replace_variables, shown_variables
from kianda.accounts.models import AuditEntry, Canary
from kianda.accounts.services.key_ring import TEXT, check_key_ring, refuses_unbound, rotate
from kianda.lib.errors import Invalid
from kianda.lib.secrets import EncryptedJSONField, WrongKeyRing, seal
from kianda.mail.delivery import deliver_due
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailState
from kianda.mail.planning import plan_letters
from kianda.ops.directory_lock import RestoreUnderWayError, directory_alone, share_directory
from kianda.ops.lost_secrets import discard_lost_secrets, lost_secrets, way_of
from kianda.ops.self_check import findings
from tests.accounts.codes import code_of, enter_password, recovery_codes, with_app
from tests.factories import Api
from tests.lib.sealed_rows import any_row, lay_canary, put, text_of, unbound, value_of
from tests.pages import client_of
from tests.pages import text_of as words_of

pytestmark = pytest.mark.django_db


def lose_the_keys(
    settings: Settings, *, but_for: tuple[type[models.Model], str] | None = None
) -> None:
    """From now on there is another ring, which opens nothing of before but for one column."""
    new = Fernet.generate_key().decode()
    if but_for is not None:
        settings.KIANDA_SECRET_KEYS = [new, *settings.KIANDA_SECRET_KEYS]
        rotate(*but_for)
    settings.KIANDA_SECRET_KEYS = [new]


def discard(*arguments: str) -> str:
    out = io.StringIO()
    call_command("discard_lost_secrets", *arguments, stdout=out)
    return out.getvalue()


def places() -> list[str]:
    return [one.place for one in lost_secrets()]


@isolate_apps("tests")
def test_a_column_of_tomorrow_becomes_null_or_has_to_say_what_becomes_of_its_row() -> None:
    class Tomorrow(models.Model):
        may_be_null = EncryptedJSONField(null=True)
        may_not = EncryptedJSONField()

        class Meta:
            app_label = "tests"

    assert way_of((Tomorrow, "may_be_null"))
    with pytest.raises(TypeError, match="say what becomes of its row"):
        way_of((Tomorrow, "may_not"))


def test_a_dry_run_counts_and_shows_no_secret_and_changes_nothing(settings: Settings) -> None:
    check_key_ring()
    row = any_row(Variable)
    lose_the_keys(settings)
    before = text_of(row, "value")
    said = discard()
    assert f"datasources.Variable.value: 1 of 1 ({row.name})" in said
    assert "2 values cannot be read with any key of the ring." in said
    assert "Nothing was changed." in said
    assert "s3cret" not in said
    assert text_of(row, "value") == before
    assert not AuditEntry.objects.exists()
    with pytest.raises(WrongKeyRing, match="discard_lost_secrets"):
        check_key_ring()


def test_with_the_permission_it_is_done_and_is_in_the_audit_log(settings: Settings) -> None:
    check_key_ring()
    row = any_row(Variable)
    lose_the_keys(settings)
    assert "Discarded." in discard("--yes")
    check_key_ring()
    assert value_of(row, "value") is None
    told = AuditEntry.objects.filter(action="secrets discarded", name="datasources.Variable.value")
    assert [(one.user_name, one.detail) for one in told] == [("system", f"1: {row.name}")]
    assert discard("--yes") == "0 values cannot be read with any key of the ring.\n"
    assert AuditEntry.objects.count() == 2


def test_it_is_refused_while_the_product_runs(settings: Settings, tmp_path: Any) -> None:
    settings.KIANDA_DATA_DIR = tmp_path
    with (
        directory_alone(tmp_path),
        pytest.raises(CommandError, match="Stop it before you discard secrets"),
    ):
        discard("--yes")


def test_a_part_that_starts_meanwhile_is_told_what_it_waits_for(tmp_path: Any) -> None:
    with (
        directory_alone(tmp_path, "the discarding of lost secrets"),
        pytest.raises(RestoreUnderWayError, match="The discarding of lost secrets is in progress"),
    ):
        share_directory(tmp_path)


def test_it_keeps_what_is_from_before_values_were_bound_to_their_rows(settings: Settings) -> None:
    lay_canary(TEXT)
    lost, old = any_row(Variable), any_row(Variable)
    put(lost, "value", unbound('"lost"'))
    lose_the_keys(settings)
    put(old, "value", unbound('"old"'))
    discard_lost_secrets()
    assert (value_of(lost, "value"), value_of(old, "value")) == (None, "old")
    assert not refuses_unbound()


def test_afterwards_a_value_that_is_bound_to_no_row_is_refused_as_before(
    settings: Settings,
) -> None:
    check_key_ring()
    lose_the_keys(settings)
    discard_lost_secrets()
    assert refuses_unbound()
    assert Canary.objects.count() == 1


def test_the_system_page_says_what_is_wrong_and_names_the_mend(
    settings: Settings, admin: Any
) -> None:
    any_row(Variable)
    lose_the_keys(settings)
    check_key_ring()

    def told() -> list[str]:
        said = [one for one in findings(now=timezone.now()) if "key" in one.sentence]
        return [f"{one.kind}: {one.sentence} {one.mend}" for one in said]

    [sentence] = told()
    assert sentence.startswith("bad: Stored secrets cannot be read with any key of the key ring")
    assert "datasources.Variable.value" in sentence
    assert "If it is lost permanently, run manage.py discard_lost_secrets." in sentence
    assert sentence.split(" ", 1)[1].split(",")[0] in words_of(client_of(admin).get("/system/"))
    discard_lost_secrets()
    assert told() == ["ok: The key ring matches the encrypted data. "]


# --- second factors ------------------------------------------------------------------------------


def test_whose_app_is_lost_is_asked_for_a_code_all_the_same_until_somebody_resets_it(
    ben: Any, settings: Settings
) -> None:
    codes = recovery_codes(with_app(ben))
    lose_the_keys(settings)
    said = discard("--yes")
    assert "second factors: 2 of 2 (ben)" in said
    assert "python manage.py second_factor reset ben" in said
    client = enter_password(ben)
    for code in (code_of(), codes[0]):
        assert client.post("/sign-in/code/", {"code": code}).status_code == 422
    assert client.get("/profile/").status_code == 302
    told = AuditEntry.objects.filter(kind="user", action="secrets discarded")
    assert set(told.values_list("name", "detail")) == {
        ("ben", "Authenticator app"), ("ben", "Recovery codes"),
    }  # fmt: skip
    call_command("second_factor", "reset", "ben", stdout=io.StringIO())
    assert enter_password(ben).get("/profile/").status_code == 200


def test_an_app_whose_secret_opens_is_not_touched(ben: Any, cleo: Any, settings: Settings) -> None:
    with_app(ben)
    lose_the_keys(settings)
    with_app(cleo)
    before = list(Authenticator.objects.filter(user=cleo).order_by("pk").values("data"))
    discard_lost_secrets()
    assert list(Authenticator.objects.filter(user=cleo).order_by("pk").values("data")) == before
    assert enter_password(cleo).post("/sign-in/code/", {"code": code_of()}).status_code == 302


# --- what people see -----------------------------------------------------------------------------


def test_a_variable_keeps_its_name_and_is_sent_by_nobody_before_it_has_a_value(
    admin: Any, settings: Settings
) -> None:
    sent = {"variables": [{"name": "api_key", "value": "k-1", "secret": True}]}
    replace_variables(raw=sent, user=admin)
    create_datasource(
        raw={
            "name": "pay", "title": "Pay", "kind": "rest", "base_url": "https://pay.example.org",
            "auth": {"scheme": "bearer", "token": "{{api_key}}"}, "methods": [],
        },
        user=admin,
    )  # fmt: skip
    lose_the_keys(settings, but_for=(Datasource, "document"))
    discard_lost_secrets()
    [shown] = shown_variables()
    assert (shown["name"], shown["value"], shown["secret"]) == ("api_key", "", True)
    with pytest.raises(CallFailed, match="The variable api_key has no value"):
        ready_to_call(get_document("pay"))
    assert client_of(admin).get("/variables/").status_code == 200
    with pytest.raises(Invalid) as flaws:
        replace_variables(raw={"variables": [shown]}, user=admin)
    assert "Enter it again" in flaws.value.errors[0].detail
    replace_variables(raw=sent, user=admin)
    assert ready_to_call(get_document("pay")).variable_secrets == ("k-1",)


def test_a_mail_account_keeps_its_server_and_sends_nothing_before_it_has_a_sender(
    admin: Any, settings: Settings
) -> None:
    raw = {
        "name": "mails", "title": "Mails", "kind": "email", "host": "mail.example.org",
        "from": "k@example.org", "auth": {"scheme": "basic", "username": "u", "password": "p"},
    }  # fmt: skip
    create_datasource(raw=raw, user=admin)
    lose_the_keys(settings)
    discard_lost_secrets()
    row = Datasource.objects.get(name="mails")
    document = document_of(row)
    assert (row.is_complete, document.lacks()) == (False, "The sender is missing")
    assert document.masked()["host"] == "mail.example.org"
    client = client_of(admin)
    assert client.get("/datasources/mails/").status_code == 200
    with pytest.raises(Invalid) as flaws:
        replace_datasource(name="mails", raw=document.masked(), user=admin)
    assert [one.pointer for one in flaws.value.errors] == ["/from"]
    replace_datasource(name="mails", raw=raw, user=admin)
    assert Datasource.objects.get(name="mails").is_complete


def test_a_message_keeps_to_whom_it_goes_and_one_to_be_sent_is_rejected_with_the_reason(
    admin: Any, settings: Settings
) -> None:
    plan_letters([Letter(key="k", to=("mark@example.org",), subject="Decide", text="A leave")])
    lose_the_keys(settings)
    discard_lost_secrets()
    message = MailMessage.objects.get(key="k")
    client = client_of(admin)
    assert client.get("/messages/").status_code == 200
    assert "This message can no longer be read." in words_of(client.get(f"/messages/{message.pk}/"))
    deliver_due()
    [recipient] = message.recipients.all()
    assert (recipient.address, recipient.state) == ("mark@example.org", MailState.REJECTED)
    assert recipient.words == "This message can no longer be read."


def test_a_connection_whose_tokens_are_lost_is_not_connected_and_keeps_its_settings(
    admin: Any, settings: Settings
) -> None:
    auth = {
        "scheme": "oauth2", "client_id": "c", "client_secret": "s-1",
        "token_url": "https://pay.example.org/token",
    }  # fmt: skip
    create_datasource(
        raw={
            "name": "pay", "title": "Pay", "kind": "rest", "base_url": "https://pay.example.org",
            "auth": auth, "methods": [],
        },
        user=admin,
    )  # fmt: skip
    row = Connection.objects.get()
    tokens = seal(row, "tokens", sealed(row, Tokens("at-1")))
    Connection.objects.update(tokens=tokens, state=ConnectionState.HEALTHY)
    lose_the_keys(settings, but_for=(Datasource, "document"))
    discard_lost_secrets()
    row = Connection.objects.get()
    assert (row.tokens, row.state) == (None, ConnectionState.DISCONNECTED)
    assert oauth_of(get_document("pay")).client_secret == "s-1"
    assert client_of(admin).get("/connections/pay/").status_code == 200


def test_a_repeated_request_is_told_that_its_answer_is_lost_and_does_nothing_again(
    admin: Any, api: Api, settings: Settings
) -> None:
    client, body = api(admin), {"name": "Accounting"}
    first = client.post("/api/v1/groups/", body, HTTP_IDEMPOTENCY_KEY="once")
    assert first.status_code == 201
    lose_the_keys(settings)
    discard_lost_secrets()
    again = client.post("/api/v1/groups/", body, HTTP_IDEMPOTENCY_KEY="once")
    assert (again.status_code, again["Idempotency-Replayed"]) == (409, "true")
    assert again["Content-Type"] == "application/problem+json"
    assert again.json()["detail"].startswith("The request was carried out")
