"""A document is held while a person looks through it: theirs alone, encrypted, for a day."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datasources.models import Datasource, HeldImport
from datasources.services import imports
from datasources.services.datasources import create_datasource
from kianda.lib.errors import Invalid, Missing
from processes.retention import prune
from tests.datasources.conftest import raw_datasource
from tests.datasources.importing.reading import openapi, source

LINE = "curl https://api.example.org/x -u me:s3cret"
PETS = openapi({"/pets": {"get": {"operationId": "list"}, "post": {"operationId": "make"}}})


def test_it_comes_back_as_it_was_read(dan: Any) -> None:
    token = imports.hold(source(LINE, format="curl"), user=dan)
    assert imports.held(token, user=dan) == source(LINE, format="curl")
    yaml = source(
        "openapi: 3.0.0\ninfo: {title: Größe}\npaths: {}\n", address="https://a.example/x"
    )
    assert imports.held(imports.hold(yaml, user=dan), user=dan) == yaml


def test_nobody_else_gets_it_and_it_ends_after_a_day(dan: Any, admin: Any) -> None:
    token = imports.hold(source(LINE), user=dan)
    with pytest.raises(Missing):
        imports.held(token, user=admin)
    HeldImport.objects.update(created=timezone.now() - timedelta(days=1))
    with pytest.raises(Missing):
        imports.held(token, user=dan)
    prune(timezone.now())
    assert not HeldImport.objects.exists()


def test_what_is_stored_can_be_read_by_nobody(dan: Any) -> None:
    imports.hold(source(LINE), user=dan)
    assert b"s3cret" not in bytes(HeldImport.objects.get().content)


def test_a_person_has_some_of_them_at_once_and_the_oldest_goes(dan: Any, admin: Any) -> None:
    theirs = imports.hold(source(LINE), user=admin)
    tokens = [imports.hold(source(LINE), user=dan) for _turn in range(imports.MOST_HELD + 2)]
    assert HeldImport.objects.filter(user=dan).count() == imports.MOST_HELD
    with pytest.raises(Missing):
        imports.held(tokens[1], user=dan)
    assert imports.held(tokens[2], user=dan)
    assert imports.held(theirs, user=admin)


def test_credentials_of_the_document_are_stored_with_the_data_source(dan: Any) -> None:
    api = source(LINE, format="curl").api()
    row = imports.save_import(api, user=dan, operations=["1"])
    assert row.document["auth"]["password"] == "s3cret"
    assert row.name == "api-example-org"


def test_a_name_that_is_taken_is_not_proposed(dan: Any) -> None:
    api = source(LINE, format="curl").api()
    imports.save_import(api, user=dan, operations=["1"])
    assert imports.import_draft(api, user=dan).datasource["name"] == "api-example-org-2"


def test_nothing_is_stored_without_an_operation_or_an_address(dan: Any) -> None:
    with pytest.raises(Invalid) as refused:
        imports.save_import(source(PETS).api(), user=dan, operations=[])
    assert refused.value.errors[0].pointer == "/operations"
    with pytest.raises(Invalid) as refused:
        imports.save_import(
            source(openapi({"/a": {"get": {}}}, servers=[])).api(),
            user=dan,
            operations=["GET /a"],
        )
    assert refused.value.errors[0].pointer == "/base_url"
    assert not Datasource.objects.exists()


def test_methods_are_added_to_a_data_source_and_its_secrets_stay(dan: Any) -> None:
    raw = raw_datasource(
        auth={"scheme": "bearer", "token": "tok-1"}, base_url="https://pets.example/v1"
    )
    before = create_datasource(raw=raw, user=dan)
    row = imports.save_import(
        source(PETS).api(),
        user=dan,
        operations=["POST /pets"],
        into="token-service",
        revision=before.revision,
    )
    assert row.document["auth"]["token"] == "tok-1"
    assert [one["name"] for one in row.document["methods"]] == ["refresh-token", "make"]


def test_a_method_that_could_not_be_saved_is_left_out_and_told(dan: Any) -> None:
    parameter = {"in": "header", "name": "X-One", "required": True, "schema": {"enum": ["a\nb"]}}
    paths = {"/a": {"get": {"parameters": [parameter]}}, "/b": {"get": {}}}
    draft = imports.import_draft(source(openapi(paths)).api(), user=dan)
    assert [one["name"] for one in draft.datasource["methods"]] == ["get-b"]
    assert "line breaks" in {note.where: note.why for note in draft.notes.left_out}["get-a"]
    assert json.dumps(draft.datasource)
