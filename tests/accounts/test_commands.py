"""api_token, ensure_admin, rotate_secrets."""

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from kianda.accounts.models import ApiToken, Canary, IdempotencyRecord
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.key_ring import check_key_ring
from kianda.lib.secrets import WrongKeyRing

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> Any:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_create_prints_a_token_that_works_and_nothing_else(ben: Any, client: Client) -> None:
    text = run("api_token", "create", "CI", "--user", "ben", "--scope", "read", "--scope", "run")
    assert text.count("\n") == 1
    token = ApiToken.objects.get()
    assert (token.name, token.scopes, token.expires_at) == ("CI", ["read", "run"], None)
    response = client.get("/api/v1/rule-types/", HTTP_AUTHORIZATION=f"Bearer {text.strip()}")
    assert response.status_code == 200


def test_a_token_may_expire(ben: Any) -> None:
    run("api_token", "create", "CI", "--user", "ben", "--days", "2")
    assert (ApiToken.objects.get().expires_at - timezone.now()).days == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("CI", "--user", "nobody"),
        ("", "--user", "ben"),
        ("CI", "--user", "ben", "--scope", "everything"),
        ("CI", "--user", "ben", "--days", "0"),
    ],
)
def test_a_wrong_token_is_refused_with_a_sentence(ben: Any, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(CommandError):
        run("api_token", "create", *arguments)
    assert not ApiToken.objects.exists()


def test_tokens_are_listed_and_revoked(ben: Any) -> None:
    run("api_token", "create", "CI", "--user", "ben")
    number = str(ApiToken.objects.get().pk)
    assert "\tben\tCI\tall\tvalid" in run("api_token", "list")
    run("api_token", "revoke", number)
    assert "\trevoked" in run("api_token", "list", "--user", "ben")
    with pytest.raises(CommandError):
        run("api_token", "revoke", "999999")


def test_a_new_database_gets_its_administrator_once(rf: RequestFactory) -> None:
    text = run("ensure_admin")
    password = text.split("the password is ")[1].split()[0]
    user = authenticate(rf.post("/sign-in/"), username="admin", password=password)
    assert user is not None
    assert has_role(user, ADMINISTRATOR)
    assert run("ensure_admin") == ""


def test_a_database_with_people_gets_no_administrator(ben: Any) -> None:
    assert run("ensure_admin") == ""
    assert get_user_model().objects.count() == 1


def stored(table: Any, column: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_rotation_puts_every_secret_under_the_newest_key(settings: Settings, ben: Any) -> None:
    check_key_ring()
    for n in range(3):
        IdempotencyRecord.objects.create(
            user=ben, key=str(n), request_digest="x", body={"n": n}, created=timezone.now()
        )
    old, new = settings.KIANDA_SECRET_KEYS[0], Fernet.generate_key().decode()
    settings.KIANDA_SECRET_KEYS = [new, old]
    assert "IdempotencyRecord.body: 3" in run("rotate_secrets")
    settings.KIANDA_SECRET_KEYS = [new]
    assert [record.body["n"] for record in IdempotencyRecord.objects.order_by("pk")] == [0, 1, 2]
    check_key_ring()
    before = stored("accounts_idempotencyrecord", "body")
    assert "0 values" in run("rotate_secrets")
    assert stored("accounts_idempotencyrecord", "body") == before


def test_rotation_without_the_old_key_stops_with_a_sentence(settings: Settings) -> None:
    check_key_ring()
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="cannot be read"):
        run("rotate_secrets")


def test_the_canary_notices_a_wrong_key_ring(settings: Settings) -> None:
    check_key_ring()
    check_key_ring()
    assert Canary.objects.count() == 1
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(WrongKeyRing, match="KIANDA_SECRET_KEYS"):
        check_key_ring()
