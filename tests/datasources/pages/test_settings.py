"""A data source made and changed on its pages, without a browser: bad input, secrets, others."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, get_document
from kianda.lib.secret_names import MASK
from kianda.web.form_once import new_token
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import (
    EDITED,
    LIST,
    NEW,
    NEW_METHOD,
    ONE,
    SETTINGS,
    base,
    value_of,
    wrong,
)
from tests.pages import SCRIPT, client_of, text_of

pytestmark = pytest.mark.django_db


def test_a_data_source_is_made_with_a_name_out_of_its_title(manager: Client) -> None:
    auth = {"/auth/scheme": "bearer", "/auth/token": "tok-12345"}
    made = manager.post(NEW, {**SETTINGS, **auth})
    assert (made.status_code, made["Location"]) == (303, ONE)
    assert get_document("token-service").auth.credentials() == {"token": "tok-12345"}
    page = manager.get(ONE)
    assert "tok-12345" not in page.content.decode()
    assert "Token · set" in text_of(page)


def test_a_form_that_is_sent_twice_makes_one(manager: Client) -> None:
    body = SETTINGS | {"once": new_token()}
    assert [manager.post(NEW, body)["Location"] for _ in range(2)] == [ONE, ONE]
    assert Datasource.objects.count() == 1


BAD = [
    ({"/title": ""}, "f-title", "Enter a display name."),
    ({"/title": "x" * 201}, "f-title", "Use at most 200 characters."),
    ({"/name": "Not A Slug"}, "f-name", "lower-case letters"),
    ({"/name": "kianda"}, "f-name", "reserved"),
    ({"/base_url": ""}, "f-base_url", "Enter the address"),
    ({"/base_url": "ftp://example.org"}, "f-base_url", "Use https or http"),
    ({"/base_url": "http://169.254.169.254"}, "f-base_url", "169.254.169.254"),
    ({"/base_url": "https://u:p@example.org"}, "f-base_url", "Remove the credentials"),
    ({"/timeout_s": "soon"}, "f-timeout_s", "Enter a number."),
    ({"/timeout_s": "1e999"}, "f-timeout_s", "at most 300"),
    ({"/timeout_s": "nan"}, "f-timeout_s", ""),
    ({"/test_path": "status"}, "f-test_path", "Start the path with /"),
    (
        {"/max_answer_bytes": "999999999"},
        "f-max_answer_bytes",
        "Enter 104,857,600 or less.",
    ),
    ({"/max_answer_bytes": "0"}, "f-max_answer_bytes", "1 or more"),
    ({"/auth/scheme": "magic"}, "f-auth-scheme", "magic"),
    (
        {"/auth/scheme": "api_key", "/auth/name": "a b", "/auth/place": "header"},
        "f-auth-name",
        "",
    ),
]


@pytest.mark.parametrize(("change", "control", "says"), BAD)
def test_bad_input_stands_beside_its_control_and_what_was_typed_stays(
    manager: Client, change: dict[str, str], control: str, says: str
) -> None:
    page = manager.post(NEW, SETTINGS | change)
    assert control in wrong(page)
    assert says in text_of(page)
    assert not Datasource.objects.exists()
    if "/title" not in change:
        assert value_of(page, "/title") == "Token service"


def test_signs_that_no_text_holds_are_replaced(manager: Client) -> None:
    assert manager.post(NEW, SETTINGS | {"/title": "a\0b"})["Location"] == f"{LIST}a-b/"
    assert get_document("a-b").title == "a\ufffdb"


def test_all_errors_come_at_once_and_the_summary_leads_to_them(manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | {"/title": "", "/base_url": "x", "/timeout_s": "y"})
    assert wrong(page) == ["f-title", "f-base_url", "f-timeout_s"]
    assert 'href="#f-base_url"' in page.content.decode()


def test_a_taken_name_is_told_beside_the_name(made: Datasource, manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | {"/name": "token-service"})
    assert wrong(page) == ["f-name"]
    assert "already exists" in text_of(page)


def test_a_typed_secret_never_comes_back_to_the_page(manager: Client) -> None:
    body = {"/title": "", "/auth/scheme": "basic", "/auth/username": "u", "/auth/password": "pw-9"}
    page = manager.post(NEW, SETTINGS | body)
    assert "pw-9" not in page.content.decode()
    assert "Enter the secret again" in text_of(page)
    assert value_of(page, "/auth/username") == "u"


def test_without_script_a_button_shows_the_settings_of_a_scheme(manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | {"act": "scheme", "/auth/scheme": "api_key"})
    assert page.status_code == 200
    assert value_of(page, "/auth/name") == "X-API-Key"
    assert value_of(page, "/title") == "Token service"


def test_htmx_gets_the_settings_of_a_scheme_alone(manager: Client) -> None:
    part = manager.get(
        "/datasources/new/auth/",
        {"/auth/scheme": "basic"},
        headers={"HX-Request": "true", "HX-Target": "auth-fields"},
    )
    assert "<html" not in part.content.decode()
    assert value_of(part, "/auth/username") == ""


def chosen(page: Any, name: str) -> str:
    """Return what is chosen in a list."""
    text = page.content.decode()
    start = text.index(f'name="{name}"')
    return str(
        re.search(r'value="([^"]*)" selected', text[start : text.index("</select", start)])[1]
    )


def test_when_credentials_are_encoded_is_chosen_and_proposed_to_whoever_begins(
    manager: Client, dan: Any
) -> None:
    begun = manager.get("/datasources/new/auth/", {"/auth/scheme": "basic"})
    assert chosen(begun, "/auth/form_encoded") == "token_methods"
    assert "For methods that send grant_type" in text_of(begun)
    auth = {"/auth/scheme": "basic", "/auth/username": "u", "/auth/password": "pw-9"}
    page = manager.post(NEW, SETTINGS | auth | {"/auth/form_encoded": "always", "/title": ""})
    assert chosen(page, "/auth/form_encoded") == "always"
    for choice, stored in (("always", True), ("token_methods", "token_methods"), ("never", False)):
        place = ONE if Datasource.objects.exists() else NEW
        body = SETTINGS | auth | {"/auth/form_encoded": choice}
        revision = base(manager.get(ONE)) if place == ONE else {}
        assert manager.post(place, body | revision).status_code == 303
        kept: Any = get_document("token-service").auth
        assert (kept.form_encoded, kept.credentials()) == (stored, {"password": "pw-9"})
        assert chosen(manager.get(ONE), "/auth/form_encoded") == choice
    # What is stored is shown as it is, and left out it is what it always was.
    create_datasource(
        raw=raw_datasource(name="old", auth={"scheme": "basic", "username": "u"}), user=dan
    )
    assert chosen(manager.get("/datasources/old/"), "/auth/form_encoded") == "never"


def test_settings_are_stored_and_methods_stay(made: Datasource, manager: Client) -> None:
    page = manager.get(ONE)
    body = SETTINGS | base(page) | {"/title": "Tokens", "/timeout_s": "2.5", "/test_path": "/up"}
    assert manager.post(ONE, body).status_code == 303
    document = get_document("token-service")
    assert (document.title, document.timeout_s, document.test_path) == ("Tokens", 2.5, "/up")
    assert [method.name for method in document.methods] == ["refresh-token"]


def test_an_empty_credential_stays_as_it_is_and_a_tick_removes_it(
    manager: Client, dan: Any
) -> None:
    create_datasource(raw=raw_datasource(auth={"scheme": "bearer", "token": "tok-1"}), user=dan)
    body = SETTINGS | {"/auth/scheme": "bearer", "/auth/token": ""}
    manager.post(ONE, body | base(manager.get(ONE)) | {"/title": "Other"})
    assert get_document("token-service").auth.credentials() == {"token": "tok-1"}
    manager.post(ONE, body | base(manager.get(ONE)) | {"/auth/token!remove": "1"})
    assert get_document("token-service").auth.credentials() == {"token": ""}


def test_another_address_asks_for_every_secret_again(manager: Client, dan: Any) -> None:
    methods = raw_datasource()["methods"]
    methods[0]["request_body"][1]["value"] = "sec-1"
    raw = raw_datasource(auth={"scheme": "bearer", "token": "tok-1"}, methods=methods)
    create_datasource(raw=raw, user=dan)
    moved = {
        **SETTINGS, **base(manager.get(ONE)), "/auth/scheme": "bearer", "/auth/token": "",
        "/base_url": "https://other.example.org",
    }  # fmt: skip
    page = manager.post(ONE, moved)
    place = "/methods/0/request_body/1/value"
    assert wrong(page) == ["f-auth-token", "f-methods-0-request_body-1-value"]
    assert "Refresh token: client_secret" in text_of(page)
    assert manager.post(ONE, moved | {"/auth/token": "t2", place: "s2"}).status_code == 303
    stored = get_document("token-service")
    assert stored.auth.credentials() == {"token": "t2"}
    assert stored.methods[0].request_body[1].value == "s2"


def test_script_in_every_text_is_only_text(manager: Client) -> None:
    body = SETTINGS | {"/title": SCRIPT, "/name": "token-service"}
    assert manager.post(NEW, body).status_code == 303
    manager.post(NEW_METHOD, EDITED | {"/title": SCRIPT, "/name": "m", "/query/0/name": SCRIPT})
    for path in (LIST, ONE, f"{ONE}methods/m/", f"{ONE}delete/", f"{ONE}methods/m/delete/"):
        page = manager.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "alert(1)" in page.content.decode()


def test_the_definition_is_given_as_a_file_with_secrets_masked(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(auth={"scheme": "bearer", "token": "tok-1"}), user=dan)
    answered = manager.get(f"{ONE}export/")
    assert answered["Content-Disposition"] == 'attachment; filename="token-service.json"'
    assert json.loads(answered.content)["auth"] == {"scheme": "bearer", "token": MASK}


def test_an_administrator_narrows_what_a_data_source_may_reach(
    manager: Client, admin: Any, made: Datasource
) -> None:
    boss = client_of(admin)
    body = SETTINGS | base(boss.get(ONE))
    bad = boss.post(ONE, body | {"/allowed_addresses": "auth.example.org\nhttps://x.example"})
    assert wrong(bad) == ["f-allowed_addresses"]
    assert "https://x.example: Enter a host" in text_of(bad)
    boss.post(ONE, body | {"/allowed_addresses": "auth.example.org\r\n10.0.0.0/8\r\n"})
    assert get_document("token-service").allowed_addresses == ["auth.example.org", "10.0.0.0/8"]
    assert "auth.example.org\n10.0.0.0/8" in boss.get(ONE).content.decode()


def test_others_see_what_a_data_source_may_reach_and_keep_it(
    manager: Client, admin: Any, made: Datasource
) -> None:
    boss = client_of(admin)
    listed = {"/allowed_addresses": "auth.example.org"}
    boss.post(ONE, SETTINGS | base(boss.get(ONE)) | listed)
    page = manager.get(ONE)
    assert re.search(r'name="/allowed_addresses"[^>]*readonly', page.content.decode())
    for sent in ({}, listed):
        body = SETTINGS | base(manager.get(ONE)) | sent
        assert manager.post(ONE, body | {"/title": f"New {len(sent)}"}).status_code == 303
    other = SETTINGS | base(manager.get(ONE)) | {"/allowed_addresses": ""}
    assert manager.post(ONE, other).status_code == 403
    away = SETTINGS | base(manager.get(ONE)) | {"/base_url": "https://x.example.org"}
    assert "is not an allowed address of this data source" in text_of(manager.post(ONE, away))
    assert get_document("token-service").allowed_addresses == ["auth.example.org"]
