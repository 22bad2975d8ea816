"""What is imported into a data source that is there adds to it, and takes nothing away."""

from typing import Any

import pytest

from datasources.importing.drafts import draft_of
from datasources.rest.document import RestDatasource
from kianda.lib.errors import Invalid
from kianda.lib.secret_names import MASK
from tests.datasources.importing.reading import draft, openapi, source, told

PETS = openapi(
    {
        "/pets": {
            "get": {
                "operationId": "list",
                "parameters": [{"in": "query", "name": "key"}, {"in": "query", "name": "limit"}],
            },
            "post": {"operationId": "make"},
        }
    }
)


def existing(**changes: Any) -> RestDatasource:
    """Return a data source that a person has made before."""
    return RestDatasource.model_validate(
        {
            "name": "shop",
            "title": "Shop",
            "base_url": "https://pets.example/v1",
            "auth": {"scheme": "bearer", "token": "abc"},
            "methods": [
                {
                    "name": "all-pets",
                    "title": "All pets",
                    "url_path": "/pets",
                    "timeout_s": 5,
                    "query": [{"name": "key", "value": "s3cret"}, {"name": "mine", "value": "1"}],
                },
                {"name": "make", "title": "Mine", "http_method": "PUT", "url_path": "/mine"},
            ],
            **changes,
        }
    )


def test_a_method_that_is_there_keeps_its_name_and_settings_and_gets_what_is_new() -> None:
    made = draft(PETS, existing=existing())
    known, mine, new = made.datasource["methods"]
    assert (known["name"], known["title"], known["timeout_s"]) == ("all-pets", "All pets", 5)
    assert [(one["name"], one.get("value")) for one in known["query"]] == [
        ("key", MASK), ("mine", "1"), ("limit", None),
    ]  # fmt: skip
    assert mine["title"] == "Mine"
    assert (new["name"], new["http_method"]) == ("make-2", "POST")
    assert (made.new, made.extended, made.same) == (["make-2"], ["all-pets"], [])
    assert made.datasource["auth"] == {"scheme": "bearer", "token": MASK}


def test_imported_twice_nothing_changes_the_second_time() -> None:
    once = draft(PETS).datasource
    stored = RestDatasource.model_validate(once)
    again = draft(PETS, existing=stored)
    assert (again.new, again.extended) == ([], [])
    assert again.same == ["list", "make"]
    assert again.datasource["methods"] == stored.masked()["methods"]


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://pets.example", "/v1/pets"),
        ("https://pets.example/v1/", "/pets"),
        ("https://pets.example/v1/pets", ""),
        ("https://other.example", "/pets"),
    ],
)
def test_paths_follow_the_address_that_the_data_source_has(base_url: str, path: str) -> None:
    made = draft(
        openapi({"/pets/{id}": {"get": {}}}), existing=existing(base_url=base_url, methods=[])
    )
    assert made.datasource["methods"][0]["url_path"] == f"{path}/{{id}}"
    assert made.datasource["base_url"] == base_url
    assert ("/base_url" in told(made.notes.changed)) == ("other" in base_url)


def test_more_than_500_methods_do_not_fit_into_one() -> None:
    many = openapi({f"/p/{at}": {"get": {}} for at in range(600)})
    assert len(draft(many).datasource["methods"]) == 500
    with pytest.raises(Invalid) as refused:
        draft(many, existing=existing())
    assert "502 REST methods" in refused.value.detail
    api = source(many).api()
    with pytest.raises(Invalid) as refused:
        draft_of(api, operations=[one.id for one in api.operations])
    assert refused.value.errors[0].pointer == "/operations"


def test_an_operation_that_the_document_has_not_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        draft(PETS, operations=["GET /pets", "GET /cats"])
    assert refused.value.errors[0].pointer == "/operations/1"


def test_a_sign_in_that_differs_is_told_and_the_own_one_kept() -> None:
    document = PETS | {
        "security": [{"k": []}],
        "components": {"securitySchemes": {"k": {"type": "http", "scheme": "basic"}}},
    }
    made = draft(document, existing=existing())
    assert made.datasource["auth"]["scheme"] == "bearer"
    assert (
        told(made.notes.left_out)["/auth"] == "The authentication of the data source is unchanged."
    )


def test_what_a_draft_holds_is_counted() -> None:
    made = draft(PETS)
    assert (made.parameters, made.values, len(made.new)) == (2, 0, 2)
