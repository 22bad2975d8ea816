"""The pages of an import: a document is taken, looked through, and what is chosen is stored."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasources.importing.texts import MOST_BYTES
from datasources.models import Datasource, HeldImport
from datasources.rest.document import RestDatasource
from datasources.selectors import rest_document_of
from tests.datasources.importing.reading import openapi
from tests.datasources.servers import always, answer, serving
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
START = "/datasources/import/"
PETS = openapi(
    {
        "/pets": {
            "get": {"operationId": "list", "tags": ["Pets"]},
            "post": {"operationId": "make", "tags": ["Pets"], "parameters": [
                {"in": "cookie", "name": "session"}, {"in": "query", "name": "limit"},
            ]},
        },
        "/shops": {"get": {"operationId": "shops", "tags": ["Shops"]}},
    }
)  # fmt: skip


def upload(document: Any, name: str = "pets.json") -> SimpleUploadedFile:
    """Return a document as a browser sends it."""
    text = document if isinstance(document, str) else json.dumps(document)
    return SimpleUploadedFile(name, text.encode())


@pytest.fixture
def client(dan: Any) -> Client:
    """The browser of a data source manager."""
    return client_of(dan)


def held(client: Client, document: Any = PETS, **more: Any) -> str:
    """Send a document and return the address of the page on which operations are chosen."""
    response = client.post(START, {"source": "file", "file": upload(document), **more})
    assert response.status_code == 303, response.content.decode()
    return str(response["Location"])


def ticked(page: str) -> int:
    """Return how many operations are chosen on a page."""
    return len(re.findall(r'name="op"[^>]* checked', page))


def test_a_file_is_taken_and_its_operations_are_listed_by_group(client: Client) -> None:
    page = client.get(held(client)).content.decode()
    assert "Import Pet shop" in page
    assert re.search(r"Version 1.2\s+·\s+OpenAPI 3.0\s+·\s+3 operations\s+in 2 groups", page)
    assert page.index("Pets") < page.index("/shops")
    assert page.count('name="op"') == 3
    assert ticked(page) == 3
    assert 'value="https://pets.example/v1"' in page
    assert "is not imported: REST methods send no cookies" in page
    assert not Datasource.objects.exists()


def test_what_is_chosen_is_stored_under_the_title_and_address_that_are_typed(
    client: Client,
) -> None:
    url = held(client)
    response = client.post(
        url,
        {"act": "save", "op": ["1", "2"], "/title": "Our pets", "/base_url": "https://x.example"},
    )
    assert response.status_code == 303
    assert response["Location"] == "/datasources/our-pets/"
    document = rest_document_of(Datasource.objects.get())
    assert (document.title, document.base_url) == ("Our pets", "https://x.example")
    assert [method.name for method in document.methods] == ["make", "shops"]
    assert "2 operations imported." in client.get(response["Location"]).content.decode()


def test_a_form_sent_twice_makes_one_data_source(client: Client) -> None:
    url = held(client)
    token = re.search(r'name="once" value="(\w+)"', client.get(url).content.decode())[1]
    sent = {"act": "save", "op": "0", "/base_url": "https://x.example", "once": token}
    assert {client.post(url, sent)["Location"] for _turn in range(2)} == {"/datasources/pet-shop/"}
    assert Datasource.objects.count() == 1


def test_what_is_taken_over_is_told_while_operations_are_chosen(client: Client) -> None:
    url = held(client)
    headers = {"HX-Request": "true", "HX-Target": "result"}
    part = client.post(url, {"act": "check", "op": ["1"]}, headers=headers).content.decode()
    assert "<html" not in part
    assert "is not imported: REST methods send no cookies" in part
    assert re.search(r"with 1 parameter\s", part)
    part = client.post(url, {"act": "check", "op": ["0"]}, headers=headers).content.decode()
    assert "cookies" not in part
    assert not Datasource.objects.exists()


def test_of_many_operations_none_is_chosen_at_first(client: Client) -> None:
    url = held(client, openapi({f"/p/{at}": {"get": {}} for at in range(600)}))
    page = client.get(url).content.decode()
    assert page.count('name="op"') == 600
    assert ticked(page) == 0
    chosen = {"act": "save", "/base_url": "https://x.example"}
    refused = client.post(url, chosen | {"op": [str(at) for at in range(501)]})
    assert refused.status_code == 422
    assert "A data source can have at most 500 operations;" in refused.content.decode()
    assert "Choose at least one operation" in client.post(url, chosen).content.decode()
    assert client.post(url, chosen | {"op": [str(at) for at in range(500)]}).status_code == 303
    assert len(rest_document_of(Datasource.objects.get()).methods) == 500


@pytest.mark.parametrize("base_url", ["", "nonsense", "http://127.0.0.1", "https://a.example/?x=1"])
def test_an_address_that_cannot_be_used_is_told_beside_it(client: Client, base_url: str) -> None:
    url = held(client, openapi({"/a": {"get": {}}}, servers=[]))
    refused = client.post(url, {"act": "save", "op": "0", "/base_url": base_url})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert 'id="f-base_url-error"' in page
    assert ticked(page) == 1
    assert not Datasource.objects.exists()


def test_methods_are_added_to_a_data_source(client: Client, made: Datasource) -> None:
    url = held(client, into=made.name)
    assert url.endswith(f"?into={made.name}")
    page = client.get(url).content.decode()
    assert "Import methods into Token service" in page
    assert "3 new methods" in page
    sent = {"act": "save", "op": ["0"], "into": made.name, "revision": str(made.revision)}
    assert client.post(url, sent)["Location"] == "/datasources/token-service/"
    names = [method.name for method in rest_document_of(Datasource.objects.get()).methods]
    assert names[-1] == "list"
    assert len(names) == len(as_made(made).methods) + 1
    stale = client.post(url, sent | {"op": ["1"]})
    assert stale.status_code == 409
    assert "Someone else changed this" in stale.content.decode()


def test_a_data_source_without_methods_offers_to_import_them(
    client: Client, made: Datasource
) -> None:
    leads_to_import = f'href="{START}?into={made.name}"'
    assert client.get(f"/datasources/{made.name}/").content.decode().count(leads_to_import) == 1
    for method in as_made(made).methods:
        client.post(f"/datasources/{made.name}/methods/{method.name}/delete/")
    page = client.get(f"/datasources/{made.name}/").content.decode()
    assert "A REST method is a request that rules can send" in page
    assert page.count(leads_to_import) == 1


def as_made(row: Datasource) -> RestDatasource:
    return rest_document_of(row)


def test_who_may_not_change_a_data_source_imports_nothing_into_it(
    client: Client, made: Datasource, ada: Any
) -> None:
    Datasource.objects.update(security={"editors": {"users": ["ada"]}})
    assert client.get(f"{START}?into={made.name}").status_code == 403
    assert client.get(f"{START}?into=nowhere").status_code == 404
    assert client_of(ada).get(START).status_code == 403


def test_a_held_document_is_seen_by_nobody_else(client: Client, admin: Any) -> None:
    assert client_of(admin).get(held(client)).status_code == 404


@pytest.mark.parametrize("source", ["file", "url", "postman", "curl"])
def test_each_source_has_its_controls(client: Client, source: str) -> None:
    page = client.get(f"{START}?source={source}").content.decode()
    control = {"url": 'type="url"', "curl": "<textarea"}.get(source, 'type="file"')
    assert control in page
    assert 'aria-current="page"' in page


def test_a_command_is_pasted_and_its_password_comes_back_to_no_page(client: Client) -> None:
    line = "curl -u me:s3cret https://api.example.org/x"
    url = client.post(START, {"source": "curl", "text": line})["Location"]
    assert "s3cret" not in client.get(url).content.decode()
    sent = {"act": "save", "op": "0", "/base_url": "https://api.example.org"}
    response = client.post(url, sent)
    assert rest_document_of(Datasource.objects.get()).auth.credentials() == {"password": "s3cret"}
    assert "s3cret" not in client.get(response["Location"]).content.decode()


def test_an_address_is_read_through_the_guard(client: Client, settings: Any) -> None:
    with serving(always(answer(json.dumps(PETS).encode()))) as server:
        sent = {"source": "url", "url": f"{server.url}/api.json"}
        refused = client.post(START, sent)
        assert refused.status_code == 422
        assert "not a public address" in refused.content.decode()
        assert server.requests == []
        settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
        assert client.post(START, sent).status_code == 303


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"source": "file"}, "Choose a file or paste text."),
        ({"source": "curl", "text": " "}, "Paste a command."),
        ({"source": "curl", "text": "curl https://a.example `id`"}, "Nothing is run here"),
        ({"source": "url", "url": "file:///etc/passwd"}, "is not supported"),
        ({"source": "file", "text": "openapi: 3.0.0"}, "describes no operation"),
        (
            {"source": "file", "text": "hello"},
            "This is not an OpenAPI document, a Postman collection or a cURL command",
        ),
    ],
)
def test_what_cannot_be_imported_is_told_and_nothing_is_held(
    client: Client, sent: dict[str, str], sentence: str
) -> None:
    refused = client.post(START, sent)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert not HeldImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_by_its_size(client: Client) -> None:
    large = SimpleUploadedFile("large.json", b" " * (MOST_BYTES + 1))
    refused = client.post(START, {"source": "file", "file": large})
    assert refused.status_code == 422
    assert "at most 64 MB" in refused.content.decode()


def test_a_pasted_text_that_is_too_long_is_told_to_come_as_a_file(manager: Client) -> None:
    sent = {"source": "file", "text": "x" * 6_000_001}
    page = manager.post(START, sent)
    assert page.status_code == 413
    assert "larger than 6 MB. Send it as a file or in parts" in text_of(page)
    asked = manager.post(START, sent, headers={"HX-Request": "true"})
    assert asked.content.decode().startswith("What you sent is larger than 6 MB.")
