"""What is sent and what is answered: bodies, parts of forms and queries, XML."""

from typing import Any

import pytest

from tests.datasources.importing.reading import (
    draft,
    one_operation,
    read_names,
    the_method,
)


@pytest.mark.parametrize(
    ("media_type", "kind", "names"),
    [
        ("application/x-www-form-urlencoded", "form", ["name", "age"]),
        ("multipart/form-data", "multipart", ["name", "age"]),
        ("application/vnd.api+json", "json", ["name", "age"]),
        ("text/plain", "raw", ["body"]),
        ("application/octet-stream", "raw", ["body"]),
    ],
)
def test_each_sort_of_body_is_sent_as_it_is_asked_for(
    media_type: str, kind: str, names: list[str]
) -> None:
    schema = {"type": "object", "properties": {"name": {}, "age": {"type": "number"}}}
    body = {"content": {media_type: {"schema": schema}}}
    method = the_method(draft(one_operation({"requestBody": body}, verb="post")))
    assert method.content_type == kind
    assert [one.name for one in method.request_body] == names
    if kind == "raw":
        assert method.media_type == media_type
    if "vnd" in media_type:
        assert method.request_headers[0].value == media_type


def test_a_body_and_an_answer_of_xml_have_their_elements() -> None:
    schema = {
        "xml": {"name": "order"},
        "required": ["id"],
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "note": {"type": "string", "xml": {"name": "Note"}},
            "line": {"properties": {"sku": {}}},
        },
    }
    content = {"content": {"text/xml": {"schema": schema}}}
    method = the_method(
        draft(one_operation({"requestBody": content, "responses": {"200": content}}, verb="post"))
    )
    assert (method.content_type, method.answer) == ("xml", "xml")
    assert [(one.name, one.type, one.required) for one in method.request_body] == [
        ("order.@id", "number", True),
        ("order.Note", None, False),
        ("order.line.sku", None, False),
    ]
    assert method.request_headers[0].value == "text/xml"
    assert read_names(method) == ["order._id", "order.Note", "order.line.sku"]
    assert method.output_paths()["response.body.order._id"] == "response.body.order.@id"


def test_xml_without_names_is_one_text() -> None:
    body = {"content": {"application/xml": {"schema": {"type": "string"}}}}
    method = the_method(draft(one_operation({"requestBody": body}, verb="post")))
    assert (method.content_type, method.media_type) == ("raw", "application/xml")


@pytest.mark.parametrize(
    ("media_type", "form"),
    [("text/csv", "csv"), ("text/plain", "text"), ("application/pdf", "file")],
)
def test_an_answer_is_read_as_what_it_is_said_to_be(media_type: str, form: str) -> None:
    answer = {"200": {"content": {media_type: {"schema": {"type": "string"}}}}}
    assert the_method(draft(one_operation({"responses": answer}))).answer == form


def test_objects_in_queries_and_forms_are_sent_as_their_parts() -> None:
    schema = {
        "required": ["from"],
        "properties": {"from": {"type": "string"}, "size": {"type": "integer"}},
    }
    fields = {
        "card": {"properties": {"number": {}, "owner": {"properties": {"name": {}}}}},
        "plain": {"type": "object"},
    }
    form = {"schema": {"properties": fields}, "encoding": {"card": {"style": "deepObject"}}}
    method = the_method(
        draft(
            one_operation(
                {
                    "parameters": [
                        {"in": "query", "name": "page", "required": True, "schema": schema,
                         "style": "deepObject"},
                        {"in": "query", "name": "filter", "schema": schema},
                        {"in": "query", "name": "ids", "explode": False,
                         "schema": {"type": "array"}},
                    ],
                    "requestBody": {"content": {"application/x-www-form-urlencoded": form}},
                },
                verb="post",
            )
        )
    )  # fmt: skip
    assert [(one.name, one.type, one.required) for one in method.query] == [
        ("page[from]", None, True),
        ("page[size]", "number", False),
        ("from", None, False),
        ("size", "number", False),
        ("ids", None, False),
    ]
    assert [(one.name, one.type) for one in method.request_body] == [
        ("card[number]", None),
        ("card[owner][name]", None),
        ("plain", "json"),
    ]


def test_a_body_that_is_a_list_is_one_parameter_of_json() -> None:
    body = {"content": {"application/json": {"schema": {"type": "array", "items": {}}}}}
    made = draft(one_operation({"requestBody": body}, verb="post"))
    method = the_method(made)
    assert (method.content_type, method.media_type) == ("raw", "application/json")
    assert [(one.name, one.type) for one in method.request_body] == [("body", "json")]
    assert "The body has no named values. Map it as one JSON value" in made.notes.changed[0].why


BINARY = {"type": "string", "format": "binary"}


@pytest.mark.parametrize(
    ("media_type", "schema", "kind"),
    [
        ("application/octet-stream", BINARY, "application/octet-stream"),
        ("application/pdf", {}, "application/pdf"),
        ("image/*", BINARY, ""),
        ("application/x-tar", BINARY, "application/x-tar"),
    ],
)
def test_a_body_that_is_a_file_takes_one(media_type: str, schema: Any, kind: str) -> None:
    body = {"required": True, "content": {media_type: {"schema": schema}}}
    made = draft(one_operation({"requestBody": body}, verb="put"))
    method = the_method(made)
    [only] = method.request_body
    assert (method.content_type, only.name, only.type, only.required) == (
        "raw", "body", "file", True
    )  # fmt: skip
    assert method.media_type == (kind or type(method).model_fields["media_type"].default)
    assert not any("one text" in note.why for note in made.notes.changed)


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_files_of_forms_are_files_one_or_several(media_type: str) -> None:
    fields = {
        "doc": BINARY, "docs": {"type": "array", "items": BINARY},
        "new": {"type": "string", "contentMediaType": "application/octet-stream"},
        "text": {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"},
    }  # fmt: skip
    schema = {"type": "object", "required": ["doc"], "properties": fields}
    body = {"content": {media_type: {"schema": schema}}}
    method = the_method(draft(one_operation({"requestBody": body}, verb="post")))
    assert method.content_type == "multipart"
    assert [(one.name, one.type, one.required) for one in method.request_body] == [
        ("doc", "file", True), ("docs", "file", False), ("new", "file", False),
        ("text", None, False),
    ]  # fmt: skip


def test_a_list_that_holds_itself_is_no_file() -> None:
    looped = {"type": "array", "items": {"$ref": "#/components/schemas/Loop"}}
    body = {"content": {"multipart/form-data": {"schema": {"properties": {"a": looped}}}}}
    document = one_operation({"requestBody": body}, verb="post")
    document["components"] = {"schemas": {"Loop": looped}}
    assert the_method(draft(document)).request_body[0].type != "file"


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ({"application/zip": {}}, "file"),
        ({"application/x-report": {"schema": BINARY}}, "file"),
        ({"text/csv": {"schema": BINARY}}, "csv"),
        ({"image/svg+xml": {}}, "xml"),
        ({"application/pdf": {}, "application/json": {"schema": {"type": "object"}}}, "auto"),
    ],
)
def test_an_answer_that_is_a_file_is_kept_as_one(content: dict[str, Any], form: str) -> None:
    made = draft(one_operation({"responses": {"200": {"content": content}}}))
    assert the_method(made).answer == form
    if form == "file":
        assert not any(
            "The document does not describe the fields of the response" in note.why
            for note in made.notes.left_out
        )


def test_files_of_older_documents_are_files() -> None:
    document: dict[str, Any] = {
        "swagger": "2.0", "info": {"title": "Old", "version": "1"}, "host": "x.example",
        "paths": {"/docs": {"post": {
            "consumes": ["multipart/form-data"], "produces": ["application/pdf"],
            "parameters": [
                {"in": "formData", "name": "doc", "type": "file", "required": True},
                {"in": "formData", "name": "note", "type": "string"},
            ],
            "responses": {"200": {"description": "", "schema": {"type": "file"}}},
        }}},
    }  # fmt: skip
    method = the_method(draft(document))
    assert (method.content_type, method.answer) == ("multipart", "file")
    assert [(one.name, one.type) for one in method.request_body] == [
        ("doc", "file"), ("note", None)
    ]  # fmt: skip
