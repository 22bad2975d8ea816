"""A definition that speaks of things outside it says which of them are not there."""

import copy
from typing import Any

import pytest

from datasources.rest.document import RestDatasource
from processes.definition.checks import check
from processes.definition.document import parse_document
from tests.fakes import FakeCatalog
from tests.processes.definition.checks.catalog import CATALOG, RULE, references
from tests.processes.definitions import (
    TOKEN_SERVICE,
    button,
    process,
    text_field,
    token_refresh,
    token_rule,
)


def test_the_example_has_no_warnings() -> None:
    assert check(parse_document(token_refresh()), CATALOG) == []


def test_owners_that_nobody_is_called_are_told_at_their_place() -> None:
    raw = process(text_field("days"))
    raw["forms"][0]["owners"] = {"users": ["ada", "Ada"], "groups": ["Sellers", "Buyers"]}
    place = "/forms/0/owners"
    assert references(raw) == [
        (f"{place}/users/1", "No user named Ada."),
        (f"{place}/groups/0", "No group named Sellers."),
    ]


@pytest.mark.parametrize(
    ("change", "place", "sentence"),
    [
        ({"datasource": "gone"}, "datasource", "There is no datasource gone."),
        (
            {"method": "gone"},
            "method",
            "The datasource token-service has no REST method gone.",
        ),
        (
            {"input_mapping": [{"target": "body.scope", "value": "x"}]},
            "input_mapping/0/target",
            "The REST method refresh-token has no body.scope.",
        ),
        (
            {"method": "get-orders", "input_mapping": []},
            "input_mapping",
            "Nothing is mapped to path.customer, which /api/orders/{customer} needs.",
        ),
        (
            {"datasource": "kianda", "method": "gone", "input_mapping": [], "on_success": []},
            "method",
            "There is no process gone.",
        ),
    ],
)
def test_a_name_outside_that_does_not_hold_is_found(
    change: dict[str, Any], place: str, sentence: str
) -> None:
    assert references(token_rule(1, **change)) == [(f"{RULE}/{place}", sentence)]


@pytest.mark.parametrize(
    "mapping",
    [
        [{"target": "url_path", "value": "/api/orders/1"}],
        [{"target": "path.customer", "value": "c-1"}],
        [
            {"target": "path.customer", "value": "c-1"},
            {"target": "header.authorization", "value": "[access_token]"},
            {"target": "query.status", "value": "closed"},
        ],
    ],
)
def test_what_the_method_declares_may_be_mapped(mapping: list[dict[str, str]]) -> None:
    assert references(token_rule(1, method="get-orders", input_mapping=mapping)) == []


def test_a_required_parameter_that_nothing_goes_to_is_told() -> None:
    raw = copy.deepcopy(TOKEN_SERVICE)
    raw["methods"][0]["query"] = [{"name": "tenant", "required": True}]
    raw["methods"][0]["request_body"][0] |= {"required": True}
    catalog = FakeCatalog(parse_document(token_refresh()))
    catalog.sources = {"token-service": RestDatasource.model_validate(raw)}
    missing = "Nothing is mapped to query.tenant, which refresh-token requires."
    assert references(token_rule(1), catalog) == [(f"{RULE}/input_mapping", missing)]
    raw["methods"][0]["query"] = [{"name": "tenant", "required": True, "value": "t-1"}]
    catalog.sources = {"token-service": RestDatasource.model_validate(raw)}
    assert references(token_rule(1), catalog) == []


def find(**settings: Any) -> dict[str, Any]:
    rule = {"type": "find_items", "datasource": "kianda", "method": "token-refresh", **settings}
    return process(text_field("plain"), {"type": "secret", "name": "key"}, button("go", rule))


def where(left: str) -> dict[str, Any]:
    return {"items": [{"left": left, "operator": "eq", "right": "x"}]}


@pytest.mark.parametrize(
    "settings",
    [
        {"filter": where("[item.process.id]")},
        {"filter": where("[item.client_id]")},
        {"on_success": [{"field": "plain", "value": "[item.access_token]"}]},
        {"on_success": [{"field": "plain", "value": "[item.process.status]"}]},
        {"on_success": [{"field": "key", "value": "[item.refresh_token]"}]},
        {"method": "orders", "on_success": [{"field": "plain", "value": "[item.plain]"}]},
    ],
)
def test_what_another_process_has_may_be_read(settings: dict[str, Any]) -> None:
    assert references(find(**settings)) == []


@pytest.mark.parametrize(
    ("settings", "place", "words"),
    [
        ({"method": "gone"}, "method", "There is no process gone."),
        ({"filter": where("[item.gone]")}, "filter", "has no field gone"),
        ({"filter": where("[item.refresh]")}, "filter", "has no field refresh that has"),
        ({"filter": where("[item.refresh_token]")}, "filter", "cannot be used in a filter"),
        (
            {"on_success": [{"field": "plain", "value": "[item.gone]"}]},
            "on_success/0/value",
            "has no field gone",
        ),
        (
            {"on_success": [{"field": "plain", "value": "[item.refresh_token]"}]},
            "on_success/0/value",
            "only go into a secret field",
        ),
    ],
)
def test_what_another_process_does_not_have_is_found(
    settings: dict[str, Any], place: str, words: str
) -> None:
    [(pointer, detail)] = references(find(**settings))
    assert pointer == f"/forms/0/fields/2/rules/0/{place}"
    assert words in detail
