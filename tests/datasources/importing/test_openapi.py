"""Descriptions of APIs become data sources, as whole as the product can call them."""

import json
from typing import Any

import pytest

from datasources.importing import source_of
from datasources.importing.drafts import DraftWishes, draft_of
from datasources.rest.document import RestDatasource
from tests.datasources.importing.reading import (
    draft,
    one_operation,
    openapi,
    read_names,
    source,
    the_method,
    told,
)

PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "sold": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "owner": {"type": "object", "properties": {"email": {"type": "string"}}},
        "secret_code": {"type": "string", "writeOnly": True},
        "parent": {"$ref": "#/components/schemas/Pet"},
    },
}
JSON_PET = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
PETS = openapi(
    {
        "/pets/{pet-id}": {
            "parameters": [
                {"name": "pet-id", "in": "path", "required": True},
                {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
            ],
            "get": {
                "operationId": "getPetById",
                "tags": ["Pets"],
                "parameters": [
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    {"name": "Accept", "in": "header", "schema": {"type": "string"}},
                    {
                        "name": "api-version", "in": "query", "required": True,
                        "schema": {"type": "string", "enum": ["2026-01"]},
                    },
                ],
                "responses": {
                    "default": {"description": "no"},
                    "200": {"content": JSON_PET, "headers": {"ETag": {"schema": {}}}},
                },
            },
            "put": {"summary": "Change a pet", "requestBody": {"content": JSON_PET}},
        }
    },
    components={"schemas": {"Pet": PET}},
)  # fmt: skip


def test_an_operation_becomes_a_rest_method_with_its_parameters_and_its_answer() -> None:
    made = draft(PETS)
    get, put = RestDatasource.model_validate(made.datasource).methods
    assert (get.name, get.title, get.http_method) == ("get-pet-by-id", "Get pet by id", "GET")
    assert (get.url_path, get.path_names) == ("/pets/{pet-id}", ("pet-id",))
    assert [(one.name, one.type, one.value) for one in get.query] == [
        ("api-version", None, "2026-01"),
        ("verbose", "boolean", None),
    ]
    assert [one.name for one in get.request_headers] == ["X-Trace"]
    assert [one.name for one in get.response_headers] == ["ETag"]
    assert read_names(get) == [
        "id", "name", "age", "sold", "parent", "tags.0", "owner.email",
    ]  # fmt: skip
    assert (put.name, put.content_type) == ("change-a-pet", "json")
    assert {one.name: (one.type, one.required) for one in put.request_body} == {
        "name": ("text", True),
        "age": ("number", False),
        "sold": ("boolean", False),
        "tags": ("json", False),
        "secret_code": ("text", False),
        "parent": ("json", False),
        "owner.email": ("text", False),
    }


def test_operations_are_listed_with_their_groups_before_any_is_chosen() -> None:
    api = source(PETS).api()
    assert (api.title, api.version, api.label) == ("Pet shop", "1.2", "OpenAPI 3.0")
    assert api.operations[0].as_json() == {
        "id": "GET /pets/{pet-id}",
        "name": "get-pet-by-id",
        "title": "Get pet by id",
        "http_method": "GET",
        "url_path": "/pets/{pet-id}",
        "group": "Pets",
    }
    assert [one.group for one in api.operations] == ["Pets", "pets"]


def test_the_same_document_gives_the_same_names_whatever_is_chosen() -> None:
    paths = {f"/p/{at}": {"get": {"operationId": "list"}} for at in range(30)}
    api = source(openapi(paths)).api()
    names = {one.id: one.name for one in api.operations}
    assert len(set(names.values())) == 30
    assert list(names.values())[:3] == ["list", "list-2", "list-3"]
    made = draft_of(api, operations=["GET /p/7"])
    assert made.new == [names["GET /p/7"]] == ["list-8"]
    assert {one.id: one.name for one in source(openapi(paths)).api().operations} == names


def test_an_old_document_of_swagger_is_read_too() -> None:
    made = draft(
        {
            "swagger": "2.0",
            "info": {"title": "Old"},
            "host": "old.example",
            "basePath": "/api/",
            "schemes": ["http", "https"],
            "consumes": ["application/json"],
            "produces": ["text/csv"],
            "securityDefinitions": {"in": {"type": "basic"}},
            "security": [{"in": []}],
            "definitions": {"Pet": PET | {"properties": {"name": {"type": "string"}}}},
            "paths": {
                "/pets": {
                    "post": {
                        "parameters": [
                            {"in": "body", "name": "b", "schema": {"$ref": "#/definitions/Pet"}}
                        ],
                        "responses": {"201": {"schema": {"$ref": "#/definitions/Pet"}}},
                        "produces": ["application/xml", "application/json"],
                    }
                },
                "/login": {
                    "post": {
                        "responses": {"200": {"description": "a list"}},
                        "parameters": [
                            {"in": "formData", "name": "user", "type": "string", "required": True}
                        ],
                    }
                },
            },
        }
    )
    assert made.datasource["base_url"] == "https://old.example/api"
    assert made.datasource["auth"] == {"scheme": "basic"}
    pets, login = RestDatasource.model_validate(made.datasource).methods
    assert [one.name for one in pets.request_body] == ["name"]
    assert read_names(pets) == ["name"]
    assert (login.content_type, login.answer, pets.answer) == ("form", "csv", "auto")
    assert [(one.name, one.required) for one in login.request_body] == [("user", True)]


def test_openapi_3_1_has_lists_of_types_and_constants() -> None:
    parameter = {
        "name": "kind", "in": "query", "required": True, "schema": {"const": "cat"}
    }  # fmt: skip
    schema = {"type": ["object", "null"], "properties": {"n": {"type": ["null", "number"]}}}
    made = draft(
        one_operation(
            {
                "parameters": [parameter],
                "requestBody": {"content": {"application/json": {"schema": schema}}},
            },
            verb="post",
            openapi="3.1.0",
            webhooks={"sold": {"post": {}}},
        )
    )
    method = the_method(made)
    assert method.query[0].value == "cat"
    assert [(one.name, one.type) for one in method.request_body] == [("n", "number")]
    assert "the service would call" in told(made.notes.left_out)["/webhooks"]


def test_servers_are_filled_with_their_defaults_and_that_is_told() -> None:
    server = {
        "url": "https://{region}.pets.example/{version}",
        "variables": {"region": {"default": "eu"}, "version": {"default": "v2"}},
    }
    made = draft(one_operation({}, servers=[server, {"url": "https://test.pets.example"}]))
    assert made.datasource["base_url"] == "https://eu.pets.example/v2"
    assert told(made.notes.changed)["/servers/0/variables/region"] == (
        "{region} in the URL was replaced with eu."
    )


@pytest.mark.parametrize(
    ("server", "address", "base"),
    [
        ("/v3", "https://docs.example/x/api.yaml", "https://docs.example/v3"),
        ("v3", "https://docs.example/x/api.yaml", "https://docs.example/x/v3"),
        ("https://a.example/?x=1", "", "https://a.example"),
        ("/v3", "", ""),
        ("https://{tenant}.example", "", ""),
        ("https://user:word@a.example", "", ""),
        ("ftp://a.example", "", ""),
    ],
)
def test_an_address_that_cannot_be_used_is_told_and_not_made_up(
    server: str, address: str, base: str
) -> None:
    text = one_operation({}, servers=[{"url": server}])
    made = draft_of(source(text, address=address).api())
    assert made.datasource["base_url"] == base
    assert bool(told(made.notes.left_out).get("/servers/0")) == (not base)


def test_an_operation_with_a_server_of_its_own_is_left_out_unless_it_lies_below() -> None:
    made = draft(
        openapi(
            {
                "/a": {"get": {"servers": [{"url": "https://files.example"}]}},
                "/b": {"servers": [{"url": "https://pets.example/v1/beta"}], "get": {}},
            }
        )
    )
    assert [method["url_path"] for method in made.datasource["methods"]] == ["/beta/b"]
    assert "https://files.example" in told(made.notes.left_out)["/paths/~1a/get"]


def test_what_is_put_together_from_schemas_is_taken_apart() -> None:
    schema = {
        "allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {}}}],
        "oneOf": [{"properties": {"c": {}}}, {"properties": {"d": {}}}],
    }
    body = {"content": {"application/json": {"schema": schema}}}
    made = draft(one_operation({"requestBody": body}, verb="post"))
    assert [one.name for one in the_method(made).request_body] == ["a", "b", "c", "d"]
    (note,) = (one for one in made.notes.left_out if one.where.endswith("/oneOf"))
    assert "the values of all variants are imported" in note.why


def test_names_that_mappings_cannot_write_get_one_that_they_can() -> None:
    properties: dict[str, Any] = {"first-name": {}, "@type": {}, "odata.next": {}, "ok": {}}
    answer = {"content": {"application/json": {"schema": {"properties": properties}}}}
    made = draft(one_operation({"responses": {"200": answer}}))
    assert read_names(the_method(made)) == ["first_name", "_type", "ok"]
    paths = the_method(made).output_paths()
    assert paths["response.body.first_name"] == "response.body.first-name"
    assert paths["response.body._type"] == "response.body.@type"
    assert any("odata.next" in note.where for note in made.notes.left_out)


def test_paths_keep_to_what_a_path_can_hold() -> None:
    made = draft(
        openapi(
            {
                "/a/{x}/b/{x}": {"get": {}},
                "/c/{odd name}": {"get": {}},
                "/d?action=list#frag": {"get": {}},
                "/e/../f": {"get": {}},
            }
        )
    )
    paths = {method["url_path"]: method for method in made.datasource["methods"]}
    assert list(paths) == ["/a/{x}/b/{x_2}", "/c/{odd_name}", "/d"]
    assert paths["/d"]["query"] == [{"name": "action", "value": "list"}]
    assert "cannot contain .." in told(made.notes.left_out)["/paths/~1e~1..~1f/get"]


def test_cookies_files_and_headers_of_the_connection_are_left_out_and_told() -> None:
    made = draft(
        one_operation(
            {
                "parameters": [
                    {"in": "cookie", "name": "session"},
                    {"in": "header", "name": "Content-Length"},
                    {"in": "header", "name": "Host: x"},
                ],
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "properties": {
                                    "file": {"type": "string", "format": "binary"},
                                    "note": {"type": "string"},
                                }
                            }
                        }
                    }
                },
            },
            verb="post",
        )
    )
    method = the_method(made)
    assert method.request_headers == []
    assert [(one.name, one.type) for one in method.request_body] == [
        ("file", "file"), ("note", None)
    ]  # fmt: skip
    left = " ".join(told(made.notes.left_out).values())
    assert "session" in left
    assert "not a header name" in left


def test_references_are_followed_across_the_files_that_are_given() -> None:
    main = openapi({"/pets": {"$ref": "paths/pets.yaml#/all"}})
    pets = "all:\n  get:\n    parameters:\n      - $ref: '../shared.yaml#/limit'\n"
    shared = "limit: {name: limit, in: query, schema: {type: integer}}\n"
    made = draft_of(
        source_of(
            [
                ("shared.yaml", shared.encode()),
                ("api.json", json.dumps(main).encode()),
                ("pets.yaml", pets.encode()),
            ]
        ).api()
    )
    assert [(one.name, one.type) for one in the_method(made).query] == [("limit", "number")]
    alone = draft(main)
    assert alone.datasource["methods"] == []
    assert "paths/pets.yaml" in told(alone.notes.left_out)["/paths/~1pets"]


def test_a_person_chooses_the_title_the_name_and_the_address() -> None:
    wishes = DraftWishes(title="My pets", name="zoo", base_url="https://test.pets.example")
    made = draft(PETS, wishes=wishes).datasource
    assert (made["title"], made["name"], made["base_url"]) == (
        "My pets", "zoo", "https://test.pets.example",
    )  # fmt: skip
