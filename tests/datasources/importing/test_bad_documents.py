"""Documents that are broken, or made to break the reader: a sentence, nothing read, nothing run."""

import json
import random
from typing import Any

import pytest

from datasources.importing import ImportSource, source_of
from datasources.importing.drafts import draft_of
from datasources.importing.texts import MOST_BYTES, check_size
from datasources.importing.yaml_values import read_yaml
from datasources.rest.document import RestDatasource
from kianda.lib.errors import Invalid, TooLarge
from tests.datasources.importing.reading import draft, one_operation, openapi, source, told


def refusal(text: str | bytes, **options: Any) -> str:
    """Return the sentence with which a document is refused."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises((Invalid, TooLarge)) as refused:
        draft_of(source_of([("api", data)], **options).api())
    return str(refused.value.detail)


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The document is empty."),
        ("   \n", "The document is empty."),
        (
            "hello",
            "This is not an OpenAPI document, a Postman collection or a cURL command",
        ),
        (
            "[]",
            "This is not an OpenAPI document, a Postman collection or a cURL command",
        ),
        ("{", "The document is incomplete"),
        ('{"openapi": "3.0.0",}', "is not JSON"),
        ("openapi: [", "is not YAML"),
        ("openapi: 3\n  x: : y", "is not YAML"),
        ("<!doctype html><html>", "web page or XML"),
        ("openapi: 3.0.0\nx: *nothing", "is undefined or refers to itself"),
        ("openapi: 3.0.0\nx: &x [*x]", "is undefined or refers to itself"),
        ("openapi: 3.0.0\n? [a]\n: b", "A YAML key is a list or a map. Keys must be text"),
        (BOMB + "openapi: 3.0.0", "YAML aliases"),
        ("openapi: 3.0.0\nx: " + "[" * 500, "too deep"),
        ("openapi: 3.0.0\nx: " + "[" * 5000, "nesting depth"),
        ('{"openapi": "3.0.0", "x": ' + "[" * 200_000, "too deep"),
        ('{"openapi": "3.0.0", "x": ' + "9" * 5000 + "}", "thousands of digits"),
        ('{"requests": [], "order": []}', "Export it as Collection v2.1"),
        ('{"asyncapi": "2.0"}', "AsyncAPI"),
        (b"PK\x03\x04rest", "This is a ZIP file"),
        (b"\x1f\x8b\x08rest", "This is a gzip file"),
        (b"\x80\x00\x01\xff\xfe", "This is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(text: str | bytes, sentence: str) -> None:
    assert sentence in refusal(text)


def test_a_flaw_of_yaml_or_json_is_told_with_its_line() -> None:
    assert "in line 3, column" in refusal("openapi: 3.0.0\npaths:\n  /x: [}")
    assert "in line 2, column" in refusal('{"openapi": "3.0.0",\n nope}')


def test_two_files_of_one_name_are_told_apart_by_nobody() -> None:
    with pytest.raises(Invalid) as refused:
        source_of([("a.yaml", b"openapi: 3.0.0"), ("a.yaml", b"x: 1")])
    assert refused.value.detail == "2 files are named a.yaml. Rename one of them."


def test_more_than_64_mb_are_refused_before_they_are_read() -> None:
    with pytest.raises(TooLarge) as refused:
        check_size(MOST_BYTES + 1)
    assert "at most 64 MB" in refused.value.detail


def test_yaml_makes_nothing_but_texts_numbers_lists_and_maps() -> None:
    text = """
a: !!python/object/apply:os.system [id]
b: !!binary aGk=
no: off
2026: 2026-01-02
n: [1, 1.5, -3, 1e3, 007, 0x1F, .inf, ~, null, true, False, "1", yes]
m: &m {x: 1, y: 2}
merged: {<<: *m, y: 3}
many: {<<: [*m, {z: 9}]}
"""
    assert read_yaml(text) == {
        "a": ["id"],
        "b": "aGk=",
        "no": "off",
        "2026": "2026-01-02",
        "n": [1, 1.5, -3, 1000.0, "007", "0x1F", ".inf", None, None, True, False, "1", "yes"],
        "m": {"x": 1, "y": 2},
        "merged": {"x": 1, "y": 3},
        "many": {"x": 1, "y": 2, "z": 9},
    }


@pytest.mark.parametrize(
    "ref",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../../../../etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org/pet.json#/Pet",
        "//example.org/pet.json",
        "\\\\host\\share",
        "#/components/schemas/Nowhere",
        "#/components/schemas/Loop",
        f"#/servers/{'9' * 5000}",
    ],
)
def test_a_reference_that_leads_outside_or_nowhere_is_told_and_not_followed(ref: str) -> None:
    answer = {"content": {"application/json": {"schema": {"$ref": ref}}}}
    loop = {"$ref": "#/components/schemas/Loop"}
    made = draft(
        one_operation({"responses": {"200": answer}}, components={"schemas": {"Loop": loop}})
    )
    (method,) = made.datasource["methods"]
    assert "response_body" not in method
    assert any(note.where.startswith("/paths/~1pets/get") for note in made.notes.left_out)


def test_schemas_that_hold_themselves_end() -> None:
    node: dict[str, Any] = {"properties": {}}
    for name in "abcdefgh":
        node["properties"][name] = {"$ref": "#/components/schemas/Node"}
    node["allOf"] = [{"$ref": "#/components/schemas/Node"}]
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    made = draft(
        one_operation(
            {"requestBody": body, "responses": {"200": body}},
            verb="post",
            components={"schemas": {"Node": node}},
        )
    )
    (method,) = made.datasource["methods"]
    assert [one["name"] for one in method["request_body"]] == list("abcdefgh")


def test_a_schema_without_end_is_cut_and_that_is_told() -> None:
    wide = {"properties": {f"p{at}": {"type": "string"} for at in range(6000)}}
    body = {"content": {"application/json": {"schema": wide}}}
    made = draft(one_operation({"requestBody": body, "responses": {"200": body}}, verb="post"))
    (method,) = made.datasource["methods"]
    assert (len(method["request_body"]), len(method["answer_schema"]["properties"])) == (500, 5000)
    assert method["answer_schema"]["cut"] == "many"
    assert any(
        "The body has more values than a REST method can have" in one.why
        for one in made.notes.left_out
    )
    assert any("fields. Only the first ones are imported" in one.why for one in made.notes.changed)


def test_objects_in_objects_of_a_query_are_not_multiplied() -> None:
    names = [f"p{at}" for at in range(300)]
    wide = {"properties": {name: {"$ref": "#/components/schemas/Wide"} for name in names}}
    middle = {"properties": {name: {"$ref": "#/components/schemas/Low"} for name in names}}
    parameter = {
        "in": "query", "name": "q", "style": "deepObject",
        "schema": {"$ref": "#/components/schemas/Middle"},
    }  # fmt: skip
    made = draft(
        one_operation(
            {"parameters": [parameter]},
            components={"schemas": {"Wide": wide, "Low": wide, "Middle": middle}},
        )
    )
    (method,) = made.datasource["methods"]
    assert len(method["query"]) <= 200


@pytest.mark.parametrize(
    ("charset", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16", b""),
        ("utf-32", b""),
        ("utf-16-le", b""),
    ],
)
def test_a_document_may_be_in_any_unicode(charset: str, mark: bytes) -> None:
    text = json.dumps(openapi({}, info={"title": "Größe 大"}), ensure_ascii=False)
    assert source_of([("a", mark + text.encode(charset))]).api().title == "Größe 大"


def test_a_document_of_the_time_before_unicode_is_read_too() -> None:
    text = "openapi: 3.0.0\ninfo: {title: Größe}\npaths: {}\n"
    assert source_of([("a", text.encode("cp1252"))]).api().title == "Größe"


def test_signs_that_no_database_keeps_are_replaced() -> None:
    made = draft(one_operation({"summary": "a\0b\ud800c"}, info={"title": "x\0y"}))
    assert made.datasource["title"] == "X\ufffdy"
    assert made.datasource["methods"][0]["title"] == "A\ufffdb\ufffdc"


def test_operations_with_one_id_each_get_a_name() -> None:
    paths = {
        f"/{at}": {"get": {"operationId": "same"}, "post": {"operationId": "same"}}
        for at in range(2000)
    }
    api = source(openapi(paths)).api()
    assert len({one.name for one in api.operations}) == 4000


WHOLE_OPENAPI = one_operation(
    {
        "operationId": "o", "summary": "s", "tags": ["t"], "security": [{"k": ["a"]}],
        "servers": [{"url": "/"}],
        "parameters": [{"name": "p", "in": "query", "required": True, "schema": {"enum": [1]}}],
        "requestBody": {"content": {"application/json": {"schema": {
            "allOf": [{"required": ["a"], "properties": {"a": {"type": "string"}}}],
        }}}},
        "responses": {"200": {"headers": {"X": {}}, "content": {"application/json": {
            "schema": {"properties": {"b": {"type": ["null", "integer"]}}},
        }}}},
    },
    verb="post",
    components={"securitySchemes": {"k": {
        "type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "t", "scopes": {"a": ""}}},
    }}},
)  # fmt: skip
WHOLE_SWAGGER = {
    "swagger": "2.0", "host": "a.example", "schemes": ["https"], "basePath": "/x",
    "consumes": ["multipart/form-data"], "securityDefinitions": {"k": {"type": "basic"}},
    "security": [{"k": []}],
    "paths": {"/a": {"parameters": [{"in": "query", "name": "q", "type": "array",
                                     "collectionFormat": "csv"}],
                     "post": {"parameters": [{"in": "formData", "name": "f", "type": "string"}],
                              "responses": {"200": {"schema": {"properties": {"b": {}}}}}},
                     "put": {"parameters": [{"in": "body", "schema": {"properties": {"b": {}}}}]}}},
}  # fmt: skip
WHOLE_POSTMAN = {
    "info": {"name": "c", "schema": "v2.1"},
    "variable": [{"key": "v", "value": "1"}],
    "auth": {"type": "apikey", "apikey": [{"key": "key", "value": "k"}]},
    "event": [{"listen": "test"}],
    "item": [
        {"name": "f", "item": [{"name": "r", "request": {
            "method": "POST",
            "url": {"raw": "https://a.example/x?y={{v}}", "host": ["a"], "path": ["x"],
                    "query": [{"key": "y", "value": "{{v}}", "disabled": False}]},
            "header": [{"key": "h", "value": "1"}],
            "body": {"mode": "raw", "raw": '{"a": 1}', "options": {"raw": {"language": "json"}}},
        }, "response": [{"body": '{"b": 1}'}]}]},
        {"name": "s", "request": {"url": "https://a.example/y", "header": "a: b", "body": {
            "mode": "formdata", "formdata": [{"key": "a", "type": "text", "value": "1"}],
        }}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("format", "whole"),
    [("openapi", WHOLE_OPENAPI), ("openapi", WHOLE_SWAGGER), ("postman", WHOLE_POSTMAN)],
)
def test_whatever_stands_in_a_document_no_part_of_it_breaks_the_reader(
    format: str, whole: dict[str, Any]
) -> None:
    """Each value of a whole document is replaced by odd ones, by turns."""
    odd = [None, 0, 1.5, True, "", "x", [], {}, [None], {"$ref": 1}, {"$ref": "#"}, "\0", [[]]]
    made, turns = random.Random(13), 0
    for place in list(places(whole)):
        for value in made.sample(odd, 6):
            changed = json.loads(json.dumps(whole))
            put(changed, place, value)
            turns += 1
            try:
                draft_of(ImportSource(format, "a", {"a": changed}, 1).api())
            except Invalid:
                continue
    assert turns > 200


def places(value: Any, above: tuple[Any, ...] = ()) -> Any:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, held in items:
        yield (*above, key)
        yield from places(held, (*above, key))


def put(value: Any, place: tuple[Any, ...], new: Any) -> None:
    for key in place[:-1]:
        value = value[key]
    value[place[-1]] = new


def test_many_notes_are_told_up_to_an_end() -> None:
    parameters = [{"in": "cookie", "name": f"c{at}"} for at in range(1000)]
    made = draft(one_operation({"parameters": parameters}))
    assert len(made.notes.left_out) <= 210
    assert "more are not listed" in " ".join(told(made.notes.left_out).values())


def test_a_document_of_500_large_operations_still_fits_into_one_data_source() -> None:
    wide = {"properties": {f"a_rather_long_name_{at}": {"type": "string"} for at in range(150)}}
    answer = {"responses": {"200": {"content": {"application/json": {"schema": wide}}}}}
    made = draft(openapi({f"/p/{at}": {"get": answer} for at in range(501)}))
    assert len(made.datasource["methods"]) == 500
    assert len(json.dumps(made.datasource)) < 1_000_000
    assert "1 operation" in told(made.notes.left_out)["/operations"]
    assert any("The response has more than 50 fields" in one.why for one in made.notes.changed)
    RestDatasource.model_validate(made.datasource)
