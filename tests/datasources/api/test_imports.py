"""A description of an API, sent to the API, comes back as a draft that can be sent as it is."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from datasources.models import Datasource, HeldImport
from tests.datasources.api.addresses import LIST, ONE, pointers
from tests.datasources.importing.reading import one_operation, openapi
from tests.datasources.servers import always, answer, serving
from tests.factories import Api, make_user

IMPORT = f"{LIST}import/"
PETS = openapi(
    {"/pets": {"get": {"operationId": "list"}, "post": {"operationId": "make"}}},
    security=[{"key": []}],
    components={"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
)


def test_a_draft_can_be_sent_as_a_new_data_source(manager: APIClient) -> None:
    response = manager.post(IMPORT, {"content": json.dumps(PETS)})
    assert response.status_code == 200, response.json()
    found = response.json()
    assert found["operations"][0] == {
        "id": "GET /pets", "name": "list", "title": "List", "http_method": "GET",
        "url_path": "/pets", "group": "pets",
    }  # fmt: skip
    assert not Datasource.objects.exists()
    assert not HeldImport.objects.exists()
    stored = manager.post(LIST, found["datasource"])
    assert stored.status_code == 201, stored.json()
    assert [method["name"] for method in stored.json()["methods"]] == ["list", "make"]
    assert stored.json()["auth"]["name"] == "X-Key"


def test_a_form_may_hold_the_text_too(manager: APIClient) -> None:
    sent = {"content": "curl https://a.example/x", "format": "curl"}
    assert manager.post(IMPORT, sent, format="multipart").status_code == 200
    twice = {"content": [SimpleUploadedFile("a", b"x")], "url": "https://a.example"}
    assert pointers(manager.post(IMPORT, twice, format="multipart")) == {""}


def test_a_large_document_comes_as_text_or_as_a_file(manager: APIClient) -> None:
    text = json.dumps(PETS | {"x-filler": "ä" * 7_000_000}, ensure_ascii=False)
    assert manager.post(IMPORT, {"content": text}).status_code == 200
    files = {"file": [SimpleUploadedFile("api.json", text.encode())]}
    assert manager.post(IMPORT, files, format="multipart").status_code == 200


def test_operations_are_chosen_by_their_ids(manager: APIClient) -> None:
    body = {"content": json.dumps(PETS), "operations": ["POST /pets"], "name": "zoo"}
    found = manager.post(IMPORT, body).json()
    assert [method["name"] for method in found["datasource"]["methods"]] == ["make"]
    assert [one["id"] for one in found["operations"]] == ["POST /pets"]
    assert found["datasource"]["name"] == "zoo"
    assert pointers(manager.post(IMPORT, body | {"operations": ["x"]})) == {"/operations/0"}


def test_a_name_that_is_there_gets_the_methods_more(manager: APIClient, made: Any) -> None:
    body = {"content": json.dumps(PETS), "name": "token-service"}
    draft = manager.post(IMPORT, body).json()["datasource"]
    stored = manager.put(ONE, draft)
    assert stored.status_code == 200, stored.json()
    assert [one["name"] for one in stored.json()["methods"]] == ["refresh-token", "list", "make"]
    assert stored.json()["auth"] == {"scheme": "bearer", "token": "********"}


@pytest.mark.parametrize("field", ["content", "file"])
def test_files_come_as_a_form_and_refer_to_each_other(manager: APIClient, field: str) -> None:
    main = openapi({"/pets": {"$ref": "more.yaml#/pets"}})
    files = [
        SimpleUploadedFile("api.json", json.dumps(main).encode()),
        SimpleUploadedFile("more.yaml", b"pets: {get: {}, put: {}}"),
    ]
    found = manager.post(
        IMPORT, {field: files, "operations": ["PUT /pets"]}, format="multipart"
    ).json()
    assert [method["name"] for method in found["datasource"]["methods"]] == ["put-pets"]


def test_secrets_of_the_document_are_not_given_back(manager: APIClient) -> None:
    line = "curl https://api.example.org/x -u me:s3cret-1 -d client_secret=s3cret-2"
    response = manager.post(IMPORT, {"content": line, "format": "curl"})
    assert "s3cret" not in response.content.decode()
    found = response.json()
    assert found["datasource"]["auth"] == {"scheme": "basic", "username": "me", "password": ""}
    assert [one["where"] for one in found["left_out"]] == [
        "/auth/password",
        "post-x/request_body/client_secret",
    ]
    assert manager.post(LIST, found["datasource"]).status_code == 201


def test_secrets_in_headers_are_not_given_back_either(manager: APIClient) -> None:
    line = "curl https://api.example.org/x -H 'X-Key: s3cret-1' -H 'X-Token: s3cret-2'"
    response = manager.post(IMPORT, {"content": line})
    assert "s3cret" not in response.content.decode()
    assert [one["where"] for one in response.json()["left_out"]] == [
        "/auth/headers/0/value",
        "/auth/headers/1/value",
    ]


def test_a_document_is_fetched_from_an_address(manager: APIClient, loopback: None) -> None:
    text = json.dumps(one_operation({}, servers=[{"url": "/v9"}])).encode()
    with serving(always(answer(text))) as server:
        response = manager.post(IMPORT, {"url": f"{server.url}/docs/api.json?v=1"})
    assert response.json()["datasource"]["base_url"] == f"{server.url}/v9"
    assert server.requests[0].startswith(b"GET /docs/api.json?v=1 HTTP/1.1")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://169.254.169.254/latest", "link-local"),
        ("http://127.0.0.1:1/api.json", "KIANDA_EGRESS_ALLOW"),
        ("file:///etc/passwd", "scheme"),
        ("nonsense", "scheme"),
        ("https://user:word@example.org/x", "Remove the credentials from the address"),
    ],
)
def test_an_address_that_may_not_be_reached_is_refused_in_a_sentence(
    manager: APIClient, url: str, sentence: str
) -> None:
    response = manager.post(IMPORT, {"url": url})
    assert pointers(response) == {"/url"}
    assert sentence in response.json()["errors"][0]["detail"]


def test_an_address_that_answers_with_a_page_is_told(manager: APIClient, loopback: None) -> None:
    with serving(always(answer(b"<html>no</html>", media_type="text/html"))) as server:
        response = manager.post(IMPORT, {"url": server.url})
    assert pointers(response) == {""}
    assert "web page" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, {""}),
        ({"content": "curl https://a.example", "url": "https://a.example"}, {""}),
        ({"content": "hello"}, {""}),
        ({"content": "curl https://a.example", "format": "wsdl"}, {"/format"}),
        ({"content": 1}, {"/content"}),
        ({"content": "x", "more": 1}, {"/more"}),
        ({"content": "curl https://a.example $(id)"}, {""}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    manager: APIClient, body: dict[str, Any], places: set[str]
) -> None:
    assert pointers(manager.post(IMPORT, body)) == places


def test_an_import_into_a_data_source_of_others_is_refused(
    manager: APIClient, api: Api, made: Any
) -> None:
    security = manager.put(f"{ONE}security/", {"editors": {"users": ["dan"]}})
    assert security.status_code == 200
    body = {"content": "curl https://a.example", "name": "token-service"}
    other = make_user("eve", "Data source manager")
    assert api(other).post(IMPORT, body).status_code == 403
