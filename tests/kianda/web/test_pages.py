"""Signing in and out, the start page, the pages of errors."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from kianda.accounts.models import Profile
from tests.factories import PASSWORD, make_user
from tests.pages import client_of

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: Any = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in/", {"username": name, "password": password, **more})


@pytest.fixture
def signed_in(ada: Any) -> Client:
    return client_of(ada)


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/")


def test_the_sign_in_page_asks_for_username_and_password(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert 'name="username"' in page
    assert 'name="password"' in page


def test_a_person_signs_in_and_sees_name_and_roles(client: Client, ada: Any) -> None:
    assert sign_in(client, "ada", next="/")["Location"] == "/"
    page = client.get("/").content.decode()
    assert "ada, user menu" in page
    assert "<small>Designer</small>" in page
    assert "/api/docs/" in page
    assert "/users/" not in page


def test_a_superuser_finds_the_administration(client: Client) -> None:
    make_user("root", is_superuser=True, is_staff=True)
    sign_in(client, "root")
    assert "/users/" in client.get("/").content.decode()
    assert client.get("/users/").status_code == 200
    assert client.get("/django-admin/").status_code == 200


def test_a_person_without_a_role_is_told_so(client: Client, cleo: Any) -> None:
    sign_in(client, "cleo")
    assert "You have no role yet" in client.get("/").content.decode()


def test_a_wrong_password_is_told_beside_the_form(client: Client, ada: Any) -> None:
    response = sign_in(client, "ada", "wrong")
    assert response.status_code == 200
    assert "Wrong user name or password" in response.content.decode()


def test_sign_in_never_leads_to_another_site(client: Client, ada: Any) -> None:
    assert sign_in(client, "ada", next="https://evil.example/")["Location"] == "/"


def test_after_ten_wrong_passwords_there_is_a_pause(
    client: Client, ada: Any, settings: Settings
) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = sign_in(client, "ada", "wrong")
    assert response.status_code == 429
    assert "Wait 15 minutes" in response.content.decode()
    assert response["Retry-After"] == "900"
    assert sign_in(client, "ada").status_code == 429
    assert sign_in(client, "ben", "wrong").status_code == 200


def test_signing_out_needs_a_post(signed_in: Client) -> None:
    page = signed_in.get("/sign-out/")
    assert (page.status_code, page["Allow"]) == (405, "POST, OPTIONS")
    assert "This page cannot be opened directly" in page.content.decode()
    assert signed_in.head("/sign-out/").content == b""
    assert signed_in.post("/sign-out/")["Location"] == "/sign-in/"
    assert signed_in.get("/").status_code == 302


def test_a_person_changes_the_password(signed_in: Client, ada: Any) -> None:
    new = "an even better password"
    body = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert signed_in.get("/password/").status_code == 200
    assert signed_in.post("/password/", body)["Location"] == "/"
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_a_weak_password_is_refused_with_the_reason(signed_in: Client) -> None:
    body = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    answer = signed_in.post("/password/", body)
    assert answer.status_code == 422
    assert "too short" in answer.content.decode()


def test_a_wrong_address_is_a_page_for_people_and_a_problem_for_programs(client: Client) -> None:
    page, problem = client.get("/nowhere/"), client.get("/api/v1/nowhere/")
    assert page.status_code == problem.status_code == 404
    assert "Page not found" in page.content.decode()
    assert problem["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == 404


def test_a_form_without_its_token_is_refused_with_a_sentence(ada: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/sign-in/", {"username": "ada", "password": PASSWORD})
    assert response.status_code == 403
    assert "out of date" in response.content.decode()


def test_a_form_that_was_sent_before_its_page_had_come_whole_is_not_taken(ada: Any) -> None:
    strict = client_of(ada, enforce_csrf_checks=True)
    page = "http://testserver/profile/?from=mail"
    answer = strict.post("/profile/", {"zone": "Asia/Tokyo"}, headers={"Referer": page})
    assert (answer.status_code, answer["Location"]) == (303, "/profile/?from=mail")
    told = strict.get(answer["Location"]).content.decode()
    assert "The page was still loading, so nothing was sent. Try again." in told
    assert not Profile.objects.exists()


def test_a_script_that_sends_with_the_token_of_an_ended_session_is_told(ada: Any) -> None:
    strict = client_of(ada, enforce_csrf_checks=True)
    script = {"X-CSRFToken": "x" * 64, "Referer": "http://testserver/profile/"}
    answer = strict.post("/profile/", {"zone": "Asia/Tokyo"}, headers=script)
    assert (answer.status_code, answer["X-Nothing-Sent"]) == (403, "1")
    assert not Profile.objects.exists()
    assert "was still loading" not in strict.get("/profile/").content.decode()


def forms_that_post() -> Iterator[tuple[Any, ...]]:
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        for form in re.findall(r'<form\b[^>]*method="post".*?</form>', path.read_text(), re.DOTALL):
            yield path.name, form


def test_the_token_of_a_form_comes_last_so_that_half_a_form_has_none() -> None:
    forms = list(forms_that_post())
    assert len(forms) > 40
    ends = re.compile(r"{% csrf_token %}\s*</form>\Z")
    assert [name for name, form in forms if not ends.search(form)] == []


def test_a_session_without_the_form_token_cannot_write_through_the_api(ada: Any) -> None:
    strict = client_of(ada, enforce_csrf_checks=True)
    response = strict.post("/api/v1/instances/", {}, content_type="application/json")
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/sign-in/", "/nowhere/", "/api/docs/"])
def test_no_page_runs_foreign_or_inline_script(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_every_page_names_files_that_are_there(signed_in: Client) -> None:
    pages = [Client().get("/sign-in/"), signed_in.get("/"), signed_in.get("/password/")]
    pages.append(Client().get("/api/docs/"))
    found = {
        path
        for page in pages
        for path in re.findall(r'(?:href|src)="/static/([^"#?]+)', page.content.decode())
    }
    assert len(found) >= 8
    assert [path for path in found if not finders.find(path)] == []
