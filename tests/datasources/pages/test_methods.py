"""The editor of a REST method, without a browser: rows, bad input, secrets, others."""

import re
from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import get_document
from tests.datasources.pages.forms import (
    EDITED,
    METHOD,
    NEW_METHOD,
    ONE,
    base,
    is_ticked,
    value_of,
    wrong,
)
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


def test_a_method_is_made_row_by_row_without_script(made: Datasource, manager: Client) -> None:
    empty = {"/title": "Get orders", "/http_method": "GET", "/url_path": "/api/orders/{customer}"}
    page = manager.post(NEW_METHOD, empty | {"act": "add:/request_headers"})
    assert page.status_code == 200
    assert value_of(page, "/request_headers/0/name") == ""
    for odd in ("add:", "add:x", "add:/title", "remove:/query/9", "remove:", "take:"):
        assert manager.post(NEW_METHOD, empty | {"act": odd}).status_code == 200
    typed = empty | {"/request_headers/0/name": "Authorization", "/request_headers/0/value": ""}
    page = manager.post(NEW_METHOD, typed | {"act": "add:/query"})
    assert value_of(page, "/request_headers/0/name") == "Authorization"
    typed |= {"/query/0/name": "status", "/query/0/value": "open", "/query/1/name": "gone"}
    page = manager.post(NEW_METHOD, typed | {"act": "remove:/query/1"})
    assert 'name="/query/1/name"' not in page.content.decode()
    del typed["/query/1/name"]
    page = manager.post(NEW_METHOD, typed | {"act": "take:/items.0.id"})
    assert value_of(page, "/response_body/0/name") == "items_id"
    assert value_of(page, "/response_body/0/path") == "items.0.id"
    typed |= {"/response_body/0/name": "first", "/response_body/0/path": "items.0.id"}
    saved = manager.post(NEW_METHOD, typed)
    assert saved["Location"] == f"{ONE}methods/get-orders/"
    method = get_document("token-service").method("get-orders")
    assert [(p.name, p.value, p.secret) for p in method.request_headers] == [
        ("Authorization", None, True)
    ]
    assert [(p.name, p.value) for p in method.query] == [("status", "open")]
    assert [(p.name, p.path) for p in method.response_body] == [("first", "items.0.id")]


def test_saving_a_method_as_it_was_opened_changes_nothing(
    made: Datasource, manager: Client
) -> None:
    before = Datasource.objects.get().document
    body = EDITED | base(manager.get(METHOD))
    assert manager.post(METHOD, body)["Location"] == METHOD
    assert Datasource.objects.get().document == before
    assert Datasource.objects.get().revision == 1


@pytest.mark.parametrize(
    ("change", "control", "says"),
    [
        ({"/title": ""}, "f-title", "Enter a display name."),
        ({"/url_path": "oauth"}, "f-url_path", "Start the path with /"),
        ({"/url_path": "/a/{b"}, "f-url_path", "in braces"),
        ({"/url_path": "/" + "x" * 2000}, "f-url_path", "at most 2,000"),
        ({"/http_method": "BREW"}, "f-http_method", "Choose one of"),
        ({"/request_body/1/name": "grant_type"}, "f-request_body-1-name", "already in this list"),
        ({"/request_body/0/name": "", "/request_body/0/value": "v"}, "f-request_body-0-name", ""),
        ({"/request_headers/0/name": "a b"}, "f-request_headers-0-name", ""),
        ({"/request_headers/0/name": "X", "/request_headers/0/value": "a\nb"},
         "f-request_headers-0-value", "line breaks"),
        ({"/response_body/0/name": "x", "/response_body/0/path": "p" * 501},
         "f-response_body-0-path", "at most 500"),
        ({"/timeout_s": "0"}, "f-timeout_s", "above 0"),
        ({"/content_type": "raw", "/media_type": "nonsense"}, "f-media_type", ""),
    ],
)  # fmt: skip
def test_bad_input_of_a_method_stands_beside_its_control(
    made: Datasource, manager: Client, change: dict[str, str], control: str, says: str
) -> None:
    page = manager.post(METHOD, EDITED | base(manager.get(METHOD)) | change)
    assert control in wrong(page)
    assert says in text_of(page)
    assert Datasource.objects.get().revision == 1


def test_a_taken_name_of_a_method_is_told(made: Datasource, manager: Client) -> None:
    page = manager.post(NEW_METHOD, EDITED | {"/name": "refresh-token"})
    assert wrong(page) == ["f-name"]


def test_a_fixed_secret_is_kept_replaced_and_removed(made: Datasource, manager: Client) -> None:
    def saved(**change: str) -> str | None:
        body = EDITED | base(manager.get(METHOD))
        manager.post(METHOD, body | change)
        return get_document("token-service").method("refresh-token").request_body[1].value

    place = "/request_body/1/value"
    assert saved(**{place: "shh-1"}) == "shh-1"
    assert "shh-1" not in manager.get(METHOD).content.decode()
    assert saved(**{"/title": "Renamed"}) == "shh-1"
    assert saved(**{place: "shh-2"}) == "shh-2"
    assert saved(**{f"{place}!remove": "1"}) is None


def test_a_copy_of_a_method_has_its_secrets_and_a_name_of_its_own(
    made: Datasource, manager: Client
) -> None:
    body = EDITED | base(manager.get(METHOD)) | {"/request_body/1/value": "shh-1"}
    manager.post(METHOD, body)
    for name in ("refresh-token-copy", "refresh-token-copy2"):
        made_copy = manager.post(f"{METHOD}duplicate/")
        assert made_copy["Location"] == f"{ONE}methods/{name}/"
        assert get_document("token-service").method(name).request_body[1].value == "shh-1"


def test_two_people_edit_different_methods_without_meeting(
    made: Datasource, manager: Client, admin: Any
) -> None:
    seen = base(manager.get(METHOD))
    client_of(admin).post(NEW_METHOD, EDITED | {"/title": "Another"})
    assert manager.post(METHOD, EDITED | seen | {"/url_path": "/mine"}).status_code == 303
    document = get_document("token-service")
    assert [method.name for method in document.methods] == ["refresh-token", "another"]
    assert document.method("refresh-token").url_path == "/mine"


def test_a_method_that_somebody_deleted_meanwhile_is_there_no_more(
    made: Datasource, manager: Client, admin: Any
) -> None:
    seen = base(manager.get(METHOD))
    client_of(admin).post(f"{METHOD}delete/")
    assert manager.post(METHOD, EDITED | seen).status_code == 404


def test_the_type_of_a_parameter_and_that_it_is_required_are_kept(
    made: Datasource, manager: Client
) -> None:
    typed = EDITED | {"/request_body/0/type": "number", "/request_body/0/required": "1"}
    manager.post(METHOD, typed | base(manager.get(METHOD)))
    kept = get_document("token-service").method("refresh-token").request_body
    assert [(one.type, one.required) for one in kept] == [("number", True), (None, False)]
    page = manager.get(METHOD)
    assert is_ticked(page, "/request_body/0/required")
    assert not is_ticked(page, "/request_body/1/required")
    assert re.search(r'<option value="number" selected>', page.content.decode())
    odd = typed | {"/request_body/0/value": "many"} | base(page)
    refused = manager.post(METHOD, odd)
    assert wrong(refused) == ["f-request_body-0-value"]
    assert "Enter a number, such as 12 or 12.5." in text_of(refused)
    manager.post(METHOD, EDITED | base(manager.get(METHOD)))
    assert not is_ticked(manager.get(METHOD), "/request_body/0/required")


def test_how_an_answer_is_read_is_chosen_and_kept(made: Datasource, manager: Client) -> None:
    typed = EDITED | {"/answer": "csv"} | base(manager.get(METHOD))
    manager.post(METHOD, typed)
    assert get_document("token-service").method("refresh-token").answer == "csv"
    assert re.search(r'<option value="csv" selected>', manager.get(METHOD).content.decode())
    odd = manager.post(METHOD, EDITED | {"/answer": "yaml"} | base(manager.get(METHOD)))
    assert wrong(odd) == ["f-answer"]


def test_a_file_is_chosen_as_a_type_where_bodies_take_files(
    made: Datasource, manager: Client
) -> None:
    typed = EDITED | {"/request_body/1/type": "file", "/request_body/1/secret": "no"}
    refused = manager.post(METHOD, typed | base(manager.get(METHOD)))
    assert wrong(refused) == ["f-request_body-1-type"]
    assert "Files are only sent in a multipart or raw body" in text_of(refused)
    manager.post(METHOD, typed | {"/content_type": "multipart"} | base(manager.get(METHOD)))
    saved = get_document("token-service").method("refresh-token")
    assert [row.type for row in saved.request_body] == [None, "file"]
    assert re.search(r'<option value="file" selected>', manager.get(METHOD).content.decode())


def test_an_answer_is_kept_as_a_file_where_that_is_chosen(
    made: Datasource, manager: Client
) -> None:
    manager.post(METHOD, EDITED | {"/answer": "file"} | base(manager.get(METHOD)))
    assert get_document("token-service").method("refresh-token").answer == "file"
    page = manager.get(METHOD)
    assert re.search(r'<option value="file" selected>', page.content.decode())
    assert "File, stored with the record" in text_of(page)
