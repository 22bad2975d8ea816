"""What an API document says of an answer becomes a tree of places, bounded and without circles."""

import json
from typing import Any

import pytest

from datasources.importing import source_of
from datasources.importing.drafts import draft_of
from datasources.rest.answer_schema import AnswerSchema, all_places, place_named
from datasources.rest.document import RestDatasource, RestMethod
from tests.datasources.importing.reading import draft, one_operation, openapi, the_method


def method_of(schema: Any, *, media_type: str = "application/json", **more: Any) -> RestMethod:
    """Return the method whose answer has a schema."""
    answer = {"content": {media_type: {"schema": schema}}}
    return the_method(draft(one_operation({"responses": {"200": answer}}, **more)))


def tree(schema: Any, **more: Any) -> AnswerSchema:
    """Return what is stored of a schema."""
    found = method_of(schema, **more).answer_tree
    assert found is not None
    return found


def place(schema: AnswerSchema, name: str) -> AnswerSchema:
    """Return what is said of the place that mappings write so."""
    found = place_named(schema, name)
    assert found is not None, name
    return found.schema


def test_a_place_has_its_type_its_description_an_example_and_whether_it_is_always_there() -> None:
    made = tree({
        "required": ["id", "state"],
        "properties": {
            "id": {"type": "integer", "description": "Its\n number", "example": 7},
            "state": {"type": "string", "enum": ["open", "done"]},
            "until": {"type": ["string", "null"], "examples": ["2026-11-30"]},
            "note": {"type": "string", "nullable": True, "default": "x" * 100},
            "api_key": {"type": "string", "example": "abc-def"},
            "any": {},
        },
    })  # fmt: skip
    assert made.required == ["id", "state"]
    assert place(made, "id") == AnswerSchema(
        type=["integer"], description="Its number", example="7"
    )
    assert place(made, "state").example == "open, done"
    assert (place(made, "until").type, place(made, "until").example) == (
        ["string", "null"], "2026-11-30",
    )  # fmt: skip
    assert place(made, "note").type == ["string", "null"]
    assert len(place(made, "note").example) == 60
    assert place(made, "api_key").example == ""
    assert place(made, "any") == AnswerSchema()


def test_lists_have_the_places_of_their_first_item() -> None:
    lines = {"type": "array", "items": {"properties": {"sku": {"type": "string"}}}}
    matrix = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
    made = tree({
        "type": "array",
        "items": {"type": "object", "properties": {"lines": lines, "matrix": matrix}},
    })  # fmt: skip
    assert [(one.title, one.name) for one in all_places(made)] == [
        ("lines[]", "0.lines"), ("matrix[]", "0.matrix"),
        ("sku", "0.lines.0.sku"), ("[0]", "0.matrix.0"), ("[0]", "0.matrix.0.0"),
    ]  # fmt: skip


def test_what_is_put_together_or_may_differ_is_one_tree() -> None:
    made = tree(
        {
            "allOf": [
                {"required": ["a"], "properties": {"a": {"type": "string"}}},
                {"$ref": "#/components/schemas/Rest"},
            ],
        },
        components={"schemas": {"Rest": {
            "oneOf": [
                {"type": "object", "required": ["b"], "properties": {"b": {"type": "number"}}},
                {"type": "object", "required": ["c"], "properties": {"c": {"type": "boolean"}}},
                {"type": "null"},
            ],
        }}},
    )  # fmt: skip
    assert [one.name for one in all_places(made)] == ["a", "b", "c"]
    assert made.required == ["a"], "of what may be one or the other nothing is always present"
    assert made.type == ["object", "null"]


def test_what_holds_itself_again_is_cut_there() -> None:
    person = {
        "properties": {
            "name": {"type": "string"},
            "manager": {"$ref": "#/components/schemas/Person"},
            "team": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
        }
    }
    made = tree(
        {"properties": {"who": {"$ref": "#/components/schemas/Person"}}},
        components={"schemas": {"Person": person}},
    )
    assert place(made, "who.manager").cut == "recursive"
    assert place(made, "who.team.0").cut == "recursive"
    assert [one.name for one in all_places(made)] == [
        "who", "who.name", "who.manager", "who.team", "who.team.0",
    ]  # fmt: skip


def test_references_lead_into_the_other_files_that_were_given() -> None:
    answer = {"content": {"application/json": {"schema": {"$ref": "parts/pet.json#/Pet"}}}}
    main = one_operation({"responses": {"200": answer}})
    other = {"Pet": {"properties": {"owner": {"$ref": "#/Owner"}}},
             "Owner": {"properties": {"email": {"type": "string"}}}}  # fmt: skip
    files = [("api.json", json.dumps(main).encode()), ("pet.json", json.dumps(other).encode())]
    made = the_method(draft_of(source_of(files).api()))
    assert made.answer_tree is not None
    assert place(made.answer_tree, "owner.email").type == ["string"]


def test_a_swagger_document_describes_its_answers_too() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer", "x-nullable": True}}}
    document = {
        "swagger": "2.0", "host": "old.example", "info": {"title": "Old"},
        "paths": {"/a": {"get": {"responses": {"200": {"schema": schema}}}}},
    }  # fmt: skip
    made = the_method(draft(document)).answer_tree
    assert made is not None
    assert place(made, "id").type == ["integer", "null"]


@pytest.mark.parametrize("depth", [11, 12, 40])
def test_a_deep_schema_is_cut_and_what_is_stored_is_taken(depth: int) -> None:
    schema: Any = {"type": "string"}
    for _level in range(depth):
        schema = {"type": "object", "properties": {"x": schema}}
    made = method_of(schema)
    names = [one.name for one in all_places(made.answer_tree or AnswerSchema())]
    assert max(map(len, names)) == len(".".join("x" * min(depth, 11)))


def test_many_methods_share_the_room_of_one_data_source() -> None:
    wide = {"properties": {f"a_rather_long_name_{at}": {"type": "string"} for at in range(900)}}
    answer = {"responses": {"200": {"content": {"application/json": {"schema": wide}}}}}
    made = draft(openapi({f"/p/{at}": {"get": answer} for at in range(50)}))
    read = RestDatasource.model_validate(made.datasource)
    assert {len(one.answer_schema.properties) for one in read.methods if one.answer_schema} == {300}
    assert any(
        "The import is large, so only the first 300 fields of each response" in note.why
        for note in made.notes.changed
    )


def test_another_import_adds_the_places_that_were_not_there() -> None:
    def described(properties: dict[str, Any]) -> dict[str, Any]:
        answer = {"content": {"application/json": {"schema": {"properties": properties}}}}
        return one_operation({"responses": {"200": answer}})

    before = draft(described({"id": {"type": "integer", "description": "Old words"}}))
    existing = RestDatasource.model_validate(before.datasource)
    after = draft(
        described({"id": {"type": "integer"}, "name": {"type": "string"}}), existing=existing
    )
    made = RestDatasource.model_validate(after.datasource).methods[0].answer_tree
    assert after.extended == ["get-pets"]
    assert made is not None
    assert place(made, "id").description == "Old words"
    assert place(made, "name").type == ["string"]
    again = draft(
        described({"id": {}}), existing=RestDatasource.model_validate(after.datasource)
    )  # fmt: skip
    assert again.same == ["get-pets"]
