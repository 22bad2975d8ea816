"""Users: invited, changed, deactivated; the last administrator stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from kianda.accounts.models import AuditEntry
from kianda.accounts.roles import ROLES, roles_of
from kianda.accounts.services import users
from kianda.accounts.services.password_links import renew_link
from kianda.lib.errors import Conflict, Invalid, Missing
from tests.factories import make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


def invite(admin: Any, **fields: Any) -> Any:
    given = {"username": "eve", "name": "Eve Byrne", "email": "", "roles": ["User"], **fields}
    return users.invite_person(**given, by=admin)


def test_an_invited_person_has_no_password_and_a_link(admin: Any, client: Client) -> None:
    made, path = invite(admin, roles=["Designer", "User"])
    assert (made.first_name, made.last_name) == ("Eve", "Byrne")
    assert not made.has_usable_password()
    assert roles_of(made) == {"Designer", "User"}
    assert client.get(path, follow=True).status_code == 200
    assert AuditEntry.objects.get(action="invited").detail == "Designer, User"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"username": "ADMIN"}, "/username"),
        ({"username": "a b"}, "/username"),
        ({"username": ""}, "/username"),
        ({"username": "x" * 151}, "/username"),
        ({"email": "nobody"}, "/email"),
        ({"name": "x" * 200}, "/name"),
        ({"roles": ["Emperor"]}, "/roles"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(
    admin: Any, fields: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as caught:
        invite(admin, **fields)
    assert [flaw.pointer for flaw in caught.value.errors] == [pointer]
    assert not User.objects.filter(last_name="Byrne").exists()


def test_all_that_is_wrong_is_told_at_once(admin: Any) -> None:
    with pytest.raises(Invalid) as caught:
        invite(admin, username="", email="x", roles=["Emperor"])
    assert len(caught.value.errors) == 3


def test_roles_change_and_the_mark_of_a_superuser_goes_with_the_role(admin: Any) -> None:
    root = make_user("root", is_superuser=True, is_staff=True)
    users.change_person(root, name="", email="", roles=["User"], by=admin)
    root = User.objects.get(pk=root.pk)
    assert (root.is_superuser, root.is_staff) == (False, False)
    assert roles_of(root) == {"User"}
    users.change_person(root, name="R", email="", roles=["Administrator"], by=admin)
    assert User.objects.get(pk=root.pk).is_superuser


def test_who_gives_an_address_that_another_account_has_reads_what_follows(
    admin: Any, ada: Any, ben: Any
) -> None:
    page = client_of(admin)
    said = (
        f"More than one account has the email address {ada.email}. "
        "They can sign in with their user names only."
    )
    body = {"username": "eve", "name": "Eve", "email": ada.email, "roles": ["User"]}
    assert said in text_of(page.post("/users/invite/", body, follow=True))
    users.deactivate_person(User.objects.get(username="eve"), by=admin)
    body = {"name": "Ben", "roles": ["User"], "revision": ""}
    place = f"/users/{ben.pk}/"
    for email, told in ((ada.email.upper(), True), ("ben@example.org", False), ("", False)):
        body["revision"] = page.get(place).context["revision"]
        answer = text_of(page.post(place, body | {"email": email}, follow=True))
        assert "ben changed." in answer
        assert ("More than one account has" in answer) == told


@pytest.mark.parametrize(
    "roles",
    [["Administrator"], ["Designer"], ["Administrator", "Designer"], ["User"], []],
)
def test_an_ok_without_a_change_changes_nothing_and_tells_nothing(admin: Any, roles: Any) -> None:
    dan = make_user("dan", *roles, first_name="Dan")
    page = client_of(admin)
    shown = page.get(f"/users/{dan.pk}/").context
    assert shown["form"]["roles"].value() == roles
    typed = {"name": "Dan", "email": dan.email, "roles": roles, "revision": shown["revision"]}
    assert page.post(f"/users/{dan.pk}/", typed).status_code == 303
    assert set(User.objects.get(pk=dan.pk).groups.values_list("name", flat=True)) == set(roles)
    assert not AuditEntry.objects.exists()


def test_an_administrator_by_command_is_shown_with_the_one_role(admin: Any) -> None:
    root = make_user("root", is_superuser=True, is_staff=True)
    form = client_of(admin).get(f"/users/{root.pk}/").context["form"]
    assert form["roles"].value() == ["Administrator"]


def test_each_change_of_a_person_is_told(admin: Any, ben: Any) -> None:
    for changed in ({"name": "Ben B"}, {"email": "b@example.org"}, {"roles": ["Designer"]}):
        now = {"name": ben.get_full_name(), "email": ben.email, "roles": ["User"]}
        ben = users.change_person(ben, **now | changed, by=admin)
    told = AuditEntry.objects.filter(action="changed", name="ben").order_by("pk")
    assert [entry.detail for entry in told] == ["", "", "Roles: Designer"]


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (["Administrator"], 3),
        (["Designer"], 1),
        (["User"], 0),
        ([], 0),
    ],
)
def test_a_role_that_comes_with_another_is_said_beside_its_box(
    admin: Any, roles: Any, said: int
) -> None:
    dan = make_user("dan", *roles)
    page = text_of(client_of(admin).get(f"/users/{dan.pk}/"))
    assert page.count("even if not selected") == said
    assert page.count(f"Included in {', '.join(roles)}, even") == said


def test_who_loses_the_role_administrator_keeps_only_what_was_given(admin: Any) -> None:
    dan = make_user("dan", "Administrator")
    page = client_of(admin)
    seen = page.get(f"/users/{dan.pk}/").context["revision"]
    page.post(f"/users/{dan.pk}/", {"email": dan.email, "revision": seen, "roles": ["Designer"]})
    assert roles_of(User.objects.get(pk=dan.pk)) == {"Designer", "User"}


def test_the_last_administrator_keeps_the_role_and_stays(admin: Any, ada: Any) -> None:
    with pytest.raises(Invalid, match="last active Administrator"):
        users.change_person(admin, name="", email="", roles=["User"], by=admin)
    with pytest.raises(Conflict, match="last active Administrator"):
        users.deactivate_person(admin, by=ada)
    invite(admin, username="not-yet", roles=["Administrator"])
    with pytest.raises(Conflict, match="last active Administrator"):
        users.deactivate_person(admin, by=ada)
    make_user("second", "Administrator")
    users.deactivate_person(admin, by=ada)
    assert not User.objects.get(pk=admin.pk).is_active


def test_nobody_deactivates_themselves(admin: Any) -> None:
    make_user("second", "Administrator")
    with pytest.raises(Conflict, match="yourself"):
        users.deactivate_person(admin, by=admin)


def test_a_deactivated_person_is_out_and_comes_back(
    admin: Any, ben: Any, client: Client, api: Callable[..., APIClient]
) -> None:
    client.force_login(ben, backend="django.contrib.auth.backends.ModelBackend")
    token = api(ben)
    users.deactivate_person(ben, by=admin)
    assert client.get("/profile/").status_code == 302
    assert token.get("/api/v1/instances/").status_code == 401
    with pytest.raises(Conflict):
        renew_link(User.objects.get(pk=ben.pk), by=admin)
    users.reactivate_person(ben, by=admin)
    assert token.get("/api/v1/instances/").status_code == 200


def test_a_link_works_once_and_ends_with_the_next_sign_in(
    admin: Any, ben: Any, client: Client
) -> None:
    path = renew_link(ben, by=admin)
    page = client.get(path, follow=True)
    body = {"new_password1": "another good one", "new_password2": "another good one"}
    assert client.post(page.redirect_chain[-1][0], body)["Location"] == "/sign-in/?done=1"
    assert "was already used" in client.get(path, follow=True).content.decode()
    assert AuditEntry.objects.filter(action="set a password", name="ben").exists()


def test_there_is_no_such_user() -> None:
    with pytest.raises(Missing):
        users.person(4711)


@pytest.mark.parametrize("role", ROLES)
def test_the_filter_by_role_finds_those_whose_row_says_it(
    admin: Any, ada: Any, ben: Any, cleo: Any, role: Any
) -> None:
    make_user("root", is_superuser=True, is_staff=True)
    make_user("dora", "Data source manager", "Designer")
    make_user("gone", "Designer", is_active=False)
    page = client_of(admin)
    shown = {one.username: one.held for one in page.get("/users/").context["page"]}
    assert shown["root"] == list(ROLES)
    assert shown["gone"] == ["Designer", "User"]
    found = [one.username for one in page.get("/users/", {"role": role}).context["page"]]
    assert found == [name for name, held in shown.items() if role in held]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["ada", "admin", "ben"]),
        ({"search": "AD"}, ["ada", "admin"]),
        ({"search": "ad min"}, ["admin"]),
        ({"role": "Designer"}, ["ada", "admin"]),
        ({"role": "Data source manager"}, ["admin"]),
        ({"status": "inactive"}, ["ben"]),
        ({"role": "Emperor"}, []),
        ({"status": "odd"}, []),
    ],
)
def test_the_list_of_users_is_filtered(
    admin: Any, ada: Any, ben: Any, filters: dict[str, Any], names: list[str]
) -> None:
    users.deactivate_person(ben, by=admin)
    assert [user.username for user in users.people(**filters)] == names


def test_a_filter_that_the_list_of_users_does_not_offer_is_shown_as_what_hides_them(
    admin: Any,
) -> None:
    page = client_of(admin).get("/users/", {"role": "Emperor", "status": "odd"})
    for word in ("Emperor", "odd"):
        assert f'<option value="{word}" selected>{word}</option>' in page.content.decode()
    assert "No matches Clear filters" in text_of(page)
