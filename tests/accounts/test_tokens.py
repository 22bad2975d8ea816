"""Bearer tokens: who gets in, and what a scope lets through."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from kianda.accounts.models import ApiToken, AuditEntry
from kianda.accounts.services.tokens import create_token, digest_of, revoke_token
from kianda.lib.errors import Invalid
from tests.factories import make_token

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.views")]
THINGS = "/api/v1/things/"


def call(header: str, method: str = "get") -> Any:
    client = APIClient()
    if header is not None:
        client.credentials(HTTP_AUTHORIZATION=header)
    return getattr(client, method)(THINGS, {}, format="json")


def test_a_token_lets_its_person_in(ben: Any) -> None:
    response = call(f"Bearer {make_token(ben)}")
    assert (response.status_code, response.json()) == (200, {"user": "ben"})


def test_the_word_bearer_may_be_written_in_any_case(ben: Any) -> None:
    assert call(f"bearer {make_token(ben)}").status_code == 200


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer kia_wrong", "Bearer a b", "Bearer kia_\xe9", "Basic eDp5"]
)
def test_without_a_valid_token_the_answer_is_401(header: str | None) -> None:
    response = call(header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"].endswith(
        "Send the header Authorization: Bearer <token>. "
        "API tokens are created at http://testserver/tokens/."
    )


def test_a_refused_token_gets_one_answer_whether_it_was_known_or_not(ben: Any) -> None:
    token, text = create_token(ben, name="old")
    revoke_token(token, by=ben)
    answers = [call(f"Bearer {sent}").json()["detail"] for sent in (text, "kia_wrong", "a b", "")]
    assert len(set(answers)) == 1
    assert answers[0].startswith("The API token is unknown, expired or revoked.")


def test_a_revoked_token_is_refused(ben: Any) -> None:
    token, text = create_token(ben, name="old")
    revoke_token(token, by=ben)
    assert call(f"Bearer {text}").status_code == 401


def test_an_expired_token_is_refused(ben: Any) -> None:
    _, text = create_token(ben, name="old", expires_at=timezone.now() - timedelta(seconds=1))
    assert call(f"Bearer {text}").status_code == 401


def test_a_token_of_an_inactive_person_is_refused(ben: Any) -> None:
    text = make_token(ben)
    ben.is_active = False
    ben.save()
    assert call(f"Bearer {text}").status_code == 401


def test_only_the_hash_of_a_token_is_stored(ben: Any) -> None:
    _, text = create_token(ben, name="mine")
    token = ApiToken.objects.get()
    assert text.startswith("kia_")
    assert token.digest == digest_of(text)
    assert text not in str(list(ApiToken.objects.values()))


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        ((), 200, 201),
        (("read",), 200, 403),
        (("design",), 403, 201),
        (("run",), 403, 403),
        (("admin",), 200, 201),
    ],
)
def test_a_scope_bounds_what_a_token_may_do(
    ada: Any, scopes: tuple[Any, ...], read: int, write: int
) -> None:
    header = f"Bearer {make_token(ada, scopes)}"
    assert call(header).status_code == read
    assert call(header, "post").status_code == write


def test_a_scope_gives_nothing_that_the_person_may_not_do(ben: Any) -> None:
    assert call(f"Bearer {make_token(ben, ['design'])}", "post").status_code == 403


def test_a_person_without_a_role_may_not_read(cleo: Any) -> None:
    assert call(f"Bearer {make_token(cleo)}").status_code == 403


def test_a_method_that_a_view_does_not_have_is_405(ada: Any) -> None:
    response = call(f"Bearer {make_token(ada)}", "delete")
    assert (response.status_code, response["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")


def test_a_writing_view_without_a_scope_is_closed(ada: Any) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(ada, ['read'])}")
    assert client.post("/api/v1/open/", {}, format="json").status_code == 500


def test_a_call_costs_one_query_for_token_person_and_roles(
    ada: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    header = f"Bearer {make_token(ada)}"
    call(header)
    with django_assert_num_queries(1):
        assert call(header).status_code == 200


def test_the_last_use_is_written_at_most_once_a_minute(ben: Any) -> None:
    header = f"Bearer {make_token(ben)}"
    call(header)
    first = ApiToken.objects.get().last_used_at
    call(header)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    call(header)
    assert ApiToken.objects.get().last_used_at > first - timedelta(minutes=1)


@time_machine.travel("2026-11-23T12:00:01Z", tick=False)
def test_guessing_tokens_is_slowed_down() -> None:
    answers = [call(f"Bearer kia_{n}").status_code for n in range(62)]
    assert answers[:60] == [401] * 60
    assert 429 in answers[60:]


def test_a_busy_person_is_told_to_wait(ben: Any, settings: Settings) -> None:
    header = f"Bearer {make_token(ben)}"
    rest = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"user": "0/min", "anon": "60/min"},
    }
    with override_settings(REST_FRAMEWORK=rest):
        response = call(header)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("name", "scopes"),
    [("", ()), (" ", ()), ("x" * 121, ()), ("a\x1b[31m", ()), ("a\u202eb", ()), ("a", ("all",))],
)
def test_a_token_needs_a_name_and_known_scopes(
    ben: Any, name: str, scopes: tuple[Any, ...]
) -> None:
    with pytest.raises(Invalid):
        create_token(ben, name=name, scopes=scopes)


def test_making_and_revoking_are_in_the_audit_log(ben: Any, admin: Any) -> None:
    token, _ = create_token(ben, name="mine", by=admin)
    revoke_token(token, by=admin)
    revoke_token(token, by=admin)
    entries = AuditEntry.objects.order_by("id").values_list("user_name", "action", "kind", "name")
    assert list(entries) == [
        ("admin", "created", "API token", "mine"),
        ("admin", "revoked", "API token", "mine"),
    ]


@pytest.mark.parametrize(
    ("scopes", "expires_at", "said"),
    [
        ((), None, "For ben. Scopes: all. Expires: never."),
        (("read", "admin"), datetime(2027, 3, 1, tzinfo=UTC),
         "For ben. Scopes: admin, read. Expires: 2027-03-01."),
    ],
)  # fmt: skip
def test_the_audit_log_says_what_a_token_may_do(
    ben: Any, scopes: tuple[str, ...], expires_at: datetime | None, said: str
) -> None:
    create_token(ben, name="mine", scopes=scopes, expires_at=expires_at)
    entry = AuditEntry.objects.get()
    assert (entry.user_name, entry.detail) == ("system", said)
