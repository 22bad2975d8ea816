"""Tokens and the audit log in Django's administration."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from kianda.accounts.models import ApiToken, AuditEntry
from kianda.accounts.services.tokens import create_token, digest_of
from tests.factories import make_user
from tests.pages import client_of, fresh_client_of

pytestmark = pytest.mark.django_db
TOKENS = "/django-admin/accounts/apitoken/"


@pytest.fixture
def office() -> Client:
    return fresh_client_of(make_user("root", is_superuser=True, is_staff=True))


def test_a_new_token_is_shown_once(office: Client, ben: Any) -> None:
    body = {"name": "CI", "user": ben.pk, "scopes": ["read"],
            "expires_at_0": "", "expires_at_1": ""}  # fmt: skip
    response = office.post(f"{TOKENS}add/", body)
    text = re.search(r"kia_[\w-]+", response.content.decode()).group()
    token = ApiToken.objects.get()
    assert (token.digest, token.user, token.scopes) == (digest_of(text), ben, ["read"])
    assert "no-store" in response["Cache-Control"]
    assert text not in office.get(TOKENS).content.decode()
    assert AuditEntry.objects.get().user_name == "root"


def test_who_signed_in_long_ago_confirms_to_be_it_first(ben: Any) -> None:
    long_ago = client_of(make_user("root", is_superuser=True, is_staff=True))
    answer = long_ago.post(f"{TOKENS}add/", {"name": "CI", "user": ben.pk})
    assert answer["Location"].startswith("/password/again/?next=")
    assert not ApiToken.objects.exists()


def test_tokens_are_revoked_and_never_edited_or_deleted(office: Client, ben: Any) -> None:
    token, _ = create_token(ben, name="CI")
    office.post(TOKENS, {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at
    assert office.post(f"{TOKENS}{token.pk}/change/", {"name": "other"}).status_code == 403
    assert office.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_audit_log_is_read_only(office: Client, ben: Any) -> None:
    create_token(ben, name="CI")
    page = "/django-admin/accounts/auditentry/"
    assert "API token" in office.get(page).content.decode()
    assert office.get(f"{page}add/").status_code == 403
    entry = AuditEntry.objects.get()
    assert office.post(f"{page}{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_people_and_roles_are_there(office: Client) -> None:
    assert office.get("/django-admin/auth/user/").status_code == 200
    assert "Data source manager" in office.get("/django-admin/auth/group/").content.decode()


def test_users_are_only_shown_and_the_page_says_where_they_change(office: Client, ben: Any) -> None:
    page = f"/django-admin/auth/user/{ben.pk}/"
    shown = office.get(f"{page}change/").content.decode()
    assert "ben@example.org" in shown
    assert '<a href="/users/">Add and change users under' in shown
    assert ("pbkdf2" in shown, "md5" in shown, 'name="email"' in shown) == (False, False, False)
    before = ben.password
    body = {"username": "ben", "email": "evil@example.org", "is_superuser": "on", "is_active": "on"}
    assert office.post(f"{page}change/", body).status_code == 403
    new = {"password1": "another good password", "password2": "another good password"}
    for method in (office.get, office.post):
        assert method(f"{page}password/", new).status_code == 403
    assert office.post("/django-admin/auth/user/add/", {**new, "username": "x"}).status_code == 403
    assert "/django-admin/auth/user/add/" not in office.get("/django-admin/").content.decode()
    ben.refresh_from_db()
    assert (ben.password, ben.email, ben.is_superuser) == (before, "ben@example.org", False)


def test_groups_and_roles_are_only_shown(office: Client) -> None:
    role = Group.objects.get(name="Designer")
    page = "/django-admin/auth/group/"
    assert "Designer" in office.get(f"{page}{role.pk}/change/").content.decode()
    assert office.post(f"{page}{role.pk}/change/", {"name": "Emperor"}).status_code == 403
    assert office.post(f"{page}{role.pk}/delete/", {"post": "yes"}).status_code == 403
    assert office.post(f"{page}add/", {"name": "Emperor"}).status_code == 403
    assert list(Group.objects.filter(name__in=["Designer", "Emperor"])) == [role]


def test_who_is_no_staff_does_not_get_in(ada: Any) -> None:
    assert client_of(ada).get(TOKENS).status_code == 302
