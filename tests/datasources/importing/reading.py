"""What the tests of imports share: documents as Python values, and drafts made of them."""

import json
from typing import Any

from datasources.importing import ImportSource, source_of
from datasources.importing.drafts import ImportDraft, draft_of
from datasources.rest.answer_schema import all_places
from datasources.rest.document import RestMethod


def source(document: Any, **options: Any) -> ImportSource:
    """Return a document (a value, or its text) as an import reads it."""
    text = document if isinstance(document, str) else json.dumps(document)
    return source_of([("api.json", text.encode())], **options)


def draft(document: Any, **options: Any) -> ImportDraft:
    """Return the data source that a document makes."""
    return draft_of(source(document).api(), **options)


def openapi(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an OpenAPI document with paths."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Pet shop", "version": "1.2"},
        "servers": [{"url": "https://pets.example/v1"}],
        "paths": paths,
        **more,
    }


def one_operation(operation: dict[str, Any], *, verb: str = "get", **more: Any) -> dict[str, Any]:
    """Return an OpenAPI document with one operation."""
    return openapi({"/pets": {verb: operation}}, **more)


def the_method(made: ImportDraft) -> RestMethod:
    """Return the one REST method of a draft, read as it would be stored."""
    (method,) = made.datasource["methods"]
    return RestMethod.model_validate(method)


def told(notes: list[Any]) -> dict[str, str]:
    """Return what was told, by its place."""
    return {note.where: note.why for note in notes}


def read_names(method: RestMethod) -> list[str]:
    """Return what mappings write for the values that the answer of a method is described with."""
    places = all_places(method.answer_tree) if method.answer_tree is not None else ()
    return [place.name for place in places if not place.has_parts]
