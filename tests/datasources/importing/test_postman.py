"""Postman collections become data sources: folders are groups, variables are filled in."""

import json
from typing import Any

import pytest

from datasources.rest.document import RestDatasource
from tests.datasources.importing.reading import draft, read_names, source, the_method, told

SCHEMA = "https://schema.getpostman.com/json/collection/v{}.0/collection.json"


def collection(*items: dict[str, Any], version: str = "2.1", **more: Any) -> dict[str, Any]:
    """Return a collection of requests."""
    return {
        "info": {"name": "Shop", "schema": SCHEMA.format(version)},
        "item": list(items),
        "variable": [{"key": "base", "value": "https://shop.example/api"}],
        **more,
    }


def request(url: Any = "{{base}}/orders", **request: Any) -> dict[str, Any]:
    """Return one request of a collection."""
    return {"name": "Make an order", "request": {"method": "POST", "url": url, **request}}


def test_folders_are_groups_and_the_host_of_most_requests_is_the_address() -> None:
    folder = {"name": "Orders", "item": [request(), request("{{base}}/orders/:id?full=1")]}
    made = draft(collection({"name": "All", "item": [folder]}, request("https://else.example/x")))
    assert [one.group for one in made.operations] == ["All / Orders", "All / Orders"]
    assert [one.id for one in made.operations] == [
        "All / Orders / Make an order",
        "All / Orders / Make an order (2)",
    ]
    document = RestDatasource.model_validate(made.datasource)
    assert document.base_url == "https://shop.example"
    assert [one.url_path for one in document.methods] == ["/api/orders", "/api/orders/{id}"]
    assert document.methods[1].query[0].value == "1"
    assert "https://else.example" in told(made.notes.left_out)["/item/1"]


def test_what_is_switched_off_stays_out_and_open_variables_are_left_to_be_mapped() -> None:
    made = draft(
        collection(
            request(
                {
                    "raw": "{{base}}/orders?a={{unknown}}&b=2",
                    "query": [
                        {"key": "a", "value": "{{unknown}}"},
                        {"key": "b", "value": "2", "disabled": True},
                    ],
                },
                header=[
                    {"key": "X-Trace", "value": "{{trace}}"},
                    {"key": "X-Off", "value": "1", "disabled": True},
                ],
                body={
                    "mode": "raw",
                    "raw": '{"n": {{count}}, "name": "{{name}}", "kind": "cat", '
                    '"deep": {"on": true}}',
                    "options": {"raw": {"language": "json"}},
                },
            )
        )
    )
    method = the_method(made)
    assert [(one.name, one.value) for one in method.query] == [("a", None)]
    assert [(one.name, one.value) for one in method.request_headers] == [("X-Trace", None)]
    assert [(one.name, one.type, one.value) for one in method.request_body] == [
        ("n", None, None),
        ("name", "text", None),
        ("kind", "text", "cat"),
        ("deep.on", "boolean", "true"),
    ]


@pytest.mark.parametrize(
    ("body", "kind", "names"),
    [
        ({"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "1"}]}, "form", ["a"]),
        (
            {
                "mode": "formdata",
                "formdata": [
                    {"key": "a", "value": "1", "type": "text"},
                    {"key": "f", "type": "file", "src": "/etc/passwd"},
                ],
            },
            "multipart",
            ["f", "a"],
        ),
        ({"mode": "raw", "raw": "<a/>"}, "raw", ["body"]),
        ({"mode": "graphql", "graphql": {"query": "{a}"}}, "json", ["query", "variables"]),
        ({"mode": "file", "file": {"src": "/etc/passwd"}}, "raw", ["body"]),
    ],
)
def test_each_mode_of_a_body_is_taken_over(
    body: dict[str, Any], kind: str, names: list[str]
) -> None:
    made = draft(collection(request(body=body)))
    method = the_method(made)
    assert (method.content_type, [one.name for one in method.request_body]) == (kind, names)
    files = [one.name for one in method.request_body if one.type == "file"]
    assert bool(files) == ("passwd" in json.dumps(body))
    assert any("was not read" in one.why for one in made.notes.changed) == bool(files)
    assert "passwd" not in method.model_dump_json()


@pytest.mark.parametrize(
    ("auth", "settings"),
    [
        (
            {"type": "bearer", "bearer": [{"key": "token", "value": "{{word}}"}]},
            {"scheme": "bearer", "token": "open-sesame"},
        ),
        (
            {"type": "basic", "basic": {"username": "me", "password": "{{unknown}}"}},
            {"scheme": "basic", "username": "me", "password": ""},
        ),
        (
            {
                "type": "apikey",
                "apikey": [
                    {"key": "key", "value": "X-Key"},
                    {"key": "value", "value": "k"},
                    {"key": "in", "value": "query"},
                ],
            },
            {"scheme": "api_key", "name": "X-Key", "place": "query", "key": "k"},
        ),
        ({"type": "noauth"}, {"scheme": "none"}),
        ({"type": "hawk", "hawk": []}, {"scheme": "none"}),
    ],
)
def test_the_sign_in_of_a_collection_becomes_that_of_the_data_source(
    auth: dict[str, Any], settings: dict[str, str]
) -> None:
    variables = [
        {"key": "base", "value": "https://shop.example"},
        {"key": "word", "value": "open-sesame"},
    ]
    made = draft(collection(request(), auth=auth, variable=variables))
    assert made.datasource["auth"] == settings
    assert ("/auth" in told(made.notes.left_out)) == (auth["type"] == "hawk")


def test_an_example_of_an_answer_gives_its_values() -> None:
    example = '{"id": "sure", "at": {"x": 2}}'
    item = request() | {"response": [{"body": "no json"}, {"body": example}]}
    method = the_method(draft(collection(item)))
    assert read_names(method) == ["id", "at.x"]
    assert "sure" not in method.model_dump_json()


def test_a_collection_of_2_0_has_simpler_requests() -> None:
    made = draft(
        collection(
            {"name": "Look", "request": "https://shop.example/look?x=1"},
            {
                "name": "Send",
                "request": {
                    "method": "GET",
                    "url": {"host": ["shop", "example"], "path": ["a", ":b"], "protocol": "https"},
                    "header": "X-One: 1\nX-Two: 2",
                },
            },
            version="2.0",
        )
    )
    look, send = RestDatasource.model_validate(made.datasource).methods
    assert (look.http_method, look.url_path, look.query[0].value) == ("GET", "/look", "1")
    assert send.url_path == "/a/{b}"
    assert [one.name for one in send.request_headers] == ["X-One", "X-Two"]


def test_scripts_are_told_and_not_run() -> None:
    event = [{"listen": "test", "script": {"exec": ["throw 1"]}}]
    made = draft(collection(request() | {"event": event}, event=event))
    left = told(made.notes.left_out)
    assert left["/event"] == "Scripts of a collection are not run."
    assert left["/item/0/event"] == "Scripts of a request are not run."


def test_a_host_that_no_variable_tells_is_asked_for() -> None:
    made = draft(collection(request("{{host}}/orders"), variable=[]))
    assert made.datasource["base_url"] == ""
    assert the_method(made).url_path == "/orders"
    assert told(made.notes.left_out)["/variable"] == (
        "1 request has no known URL. Enter the base URL."
    )


def test_a_collection_as_postmans_own_api_answers_it_is_read_too() -> None:
    assert source({"collection": collection(request())}).api().title == "Shop"
