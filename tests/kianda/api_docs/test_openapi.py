"""The API describes itself."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kianda.api_docs.openapi import SchemaView

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(client: Client) -> Any:
    response = client.get("/api/schema/")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/json")
    return response.json()


def test_the_description_is_openapi_3_1_with_title_server_and_bearer(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Kianda, open"
    assert document["servers"] == [{"url": "/"}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_it_can_be_had_as_yaml(client: Client) -> None:
    response = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi"})
    assert response.content.startswith(b"openapi: 3.1")


def test_every_operation_describes_its_problems(document: Any) -> None:
    operations = [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
    assert len(operations) > 15
    for path, method, operation in operations:
        assert operation["summary"], f"{method} {path} does not say what it does"
        wanted = {"400", "401", "403", "404", "405", "429"}
        if method != "get":
            wanted |= {"409", "413", "415"}
        assert wanted <= set(operation["responses"]), (path, method)
        kinds = operation["responses"]["401"]["content"]
        assert list(kinds) == ["application/problem+json"]


def test_every_changing_operation_takes_if_match(document: Any) -> None:
    for path, item in document["paths"].items():
        for method in {"put", "patch", "delete"} & set(item):
            names = [parameter["name"] for parameter in item[method]["parameters"]]
            assert names.count("If-Match") == 1, (path, method)
            assert "412" in item[method]["responses"]


def test_the_description_is_made_once(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/api/schema/")
    made = dict(SchemaView._made)
    with django_assert_num_queries(0):
        assert client.get("/api/schema/").json() == made


def test_the_page_to_browse_it_loads_only_files_of_ours(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "https://" not in page
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()
