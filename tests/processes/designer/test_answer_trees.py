"""What an answer holds, as its method describes it, is picked in mappings from a tree."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from datasources.selectors import get_datasource, rest_document_of
from datasources.services.datasources import patch_datasource
from tests.processes.designer.dialogs import PARTS, filled, page, said
from tests.processes.sending import sent_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("design")]
TREE = f"{PARTS}tree/?which=result&target=rule:get-token"
LEAF: dict[str, Any] = {"type": ["string"]}
ORDER = {
    "type": ["object"],
    "required": ["id"],
    "properties": {
        "id": {"type": ["integer"], "description": "Number of the order", "example": "7"},
        "first-name": LEAF,
        "lines": {"type": ["array"], "items": {"type": ["object"], "properties": {"sku": LEAF}}},
        "tags": {"type": ["array"], "items": LEAF},
        "parent": {"type": ["object", "null"], "cut": "recursive"},
    },
}


def describe(user: Any, schema: dict[str, Any], **more: Any) -> None:
    """Describe the answer of the method that the rule calls."""
    methods = rest_document_of(get_datasource("token-service")).masked()["methods"]
    methods[0] |= {"answer_schema": schema, **more}
    patch_datasource(name="token-service", changes={"methods": methods}, user=user)


def values(text: str) -> list[str]:
    """Return what can be picked, in order."""
    return [html.unescape(one) for one in re.findall(r'data-value="([^"]*)"', text)]


def test_objects_and_lists_are_branches_with_types_examples_and_sentences(
    client: Client, admin: Any
) -> None:
    describe(admin, ORDER, response_body=[{"name": "number", "path": "id"}])
    text = page(client, TREE)
    found = [one for one in values(text) if one.startswith("[response.body")]
    assert found == [
        "[response.body]", "[response.body.number]", "[response.body.first_name]",
        "[response.body.parent]", "[response.body.lines]", "[response.body.lines.0.sku]",
        "[response.body.tags]", "[response.body.tags.0]",
    ]  # fmt: skip
    words = said(text)
    assert "lines[] list whole list" in words
    assert "The structure repeats. Type deeper paths manually." in words
    assert "data-part=" not in text
    assert "data-asks=" not in text


def test_a_place_without_a_name_of_its_own_tells_what_it_is(client: Client, admin: Any) -> None:
    describe(admin, ORDER, response_body=[])
    words = said(page(client, TREE))
    assert "id whole number, always present Number of the order For example: 7" in words


def test_with_pages_rules_read_the_list_of_the_items(client: Client, admin: Any) -> None:
    pages = {"type": ["object"], "properties": {"rows": {"type": ["array"], "items": ORDER}}}
    describe(
        admin, pages, response_body=[],
        paging={"kind": "link", "items": "rows"},
    )  # fmt: skip
    found = values(page(client, TREE))
    assert "[response.body.0.id]" in found
    assert "[response.body.0.lines.0.sku]" in found
    assert not any("rows" in one for one in found)


def test_a_large_tree_is_opened_level_by_level_and_searched_by_the_server(
    client: Client, admin: Any
) -> None:
    inner = {"type": ["object"], "properties": {f"part_{at}": LEAF for at in range(900)}}
    deep = {"type": ["object"], "properties": {"below": inner, "note": LEAF}}
    describe(admin, {"type": ["object"], "properties": {"customer": deep, "id": LEAF}},
             response_body=[])  # fmt: skip
    upper = page(client, TREE)
    assert 'data-part="customer"' in upper
    assert "[response.body.id]" in values(upper)
    assert "[response.body.customer.note]" not in values(upper)
    level = page(client, f"{TREE}&part=customer")
    assert values(level) == ["[response.body.customer]", "[response.body.customer.note]"]
    assert 'data-part="customer.below"' in level
    lowest = page(client, f"{TREE}&part=customer.below")
    assert len(values(lowest)) == 200
    assert "701 more: search by name" in said(lowest)
    hits = page(client, f"{TREE}&q=part_777")
    assert values(hits) == ["[response.body.customer.below.part_777]"]
    assert "customer.below.part_777" in said(hits)
    assert "Type more to narrow the results" in said(page(client, f"{TREE}&q=part_"))
    assert client.get(f"{TREE}&part=customer.gone").status_code == 404


def test_the_expression_builder_opens_a_large_tree_in_the_same_way(
    client: Client, admin: Any
) -> None:
    inner = {"type": ["object"], "properties": {f"part_{at}": LEAF for at in range(900)}}
    describe(admin, {"type": ["object"], "properties": {"customer": inner}}, response_body=[])
    sent = {"which": "result", "target": "rule:get-token", "text": ""}
    text = client.post(f"{PARTS}builder/", sent).content.decode()
    assert 'data-asks="result"' in text
    assert 'data-part="customer"' in text


def test_places_are_completed_and_mapped_by_name_the_nearest_first(
    client: Client, admin: Any
) -> None:
    token = {"type": ["object"], "properties": {"access_token": LEAF, "expires_in": LEAF}}
    schema = {"type": ["object"], "properties": {"data": token, "access_token": LEAF}}
    describe(admin, schema, response_body=[])
    offered = page(client, f"{PARTS}completion/?which=result&q=exp&target=rule:get-token&id=x")
    assert "[response.body.data.expires_in]" in values(offered)
    assert "data.expires_in" in said(offered)
    sent = {
        key: value for key, value in filled(client).items()
        if not key.startswith("rule/on_success/")
    }  # fmt: skip
    sent |= {"setting": ["on_success"], "target": ["rule:get-token"], "prefix": ["rule"],
             "rule!act": ["by_name:/on_success"]}  # fmt: skip
    rows = sent_by(client.post(f"{PARTS}control/", sent).content.decode())
    got = {rows[f"rule/on_success/{n}/field"]: rows[f"rule/on_success/{n}/value"] for n in range(2)}
    assert got == {
        "access_token": "[response.body.access_token]",
        "expires_in": "[response.body.data.expires_in]",
    }
