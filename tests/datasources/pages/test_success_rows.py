"""Conditions for success in the editor of a REST method: rows, and groups that stay."""

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import get_document
from datasources.services.methods import save_method
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import EDITED, METHOD, base, value_of, wrong
from tests.pages import text_of

pytestmark = pytest.mark.django_db

ROWS = {
    "/success_when/match": "any",
    "/success_when/items/0/left": "[response.body.ok]",
    "/success_when/items/0/operator": "eq", "/success_when/items/0/right": "true",
    "/success_when/items/1/left": "[response.body.id]",
    "/success_when/items/1/operator": "not_blank", "/success_when/items/1/right": "",
}  # fmt: skip


def test_conditions_are_rows_of_the_editor(made: Datasource, manager: Client) -> None:
    page = manager.post(METHOD, EDITED | {"act": "add:/success_when/items"})
    assert value_of(page, "/success_when/items/0/left") == ""
    manager.post(METHOD, EDITED | ROWS | base(manager.get(METHOD)))
    kept = get_document("token-service").method("refresh-token").success_when
    assert kept == {
        "match": "any",
        "items": [
            {"left": "[response.body.ok]", "operator": "eq", "right": "true"},
            {"left": "[response.body.id]", "operator": "not_blank"},
        ],
    }
    page = manager.get(METHOD)
    assert value_of(page, "/success_when/items/1/left") == "[response.body.id]"
    before = Datasource.objects.get().revision
    manager.post(METHOD, EDITED | ROWS | base(page))
    assert Datasource.objects.get().revision == before
    odd = manager.post(METHOD, EDITED | ROWS | {"/success_when/items/0/left": "[ok]"} | base(page))
    assert wrong(odd) == ["f-success_when-items-0-left"]
    assert "[ok] does not exist." in text_of(odd)
    page = manager.post(METHOD, EDITED | ROWS | {"act": "remove:/success_when/items/0"})
    assert "/success_when/items/0/left" not in page.content.decode().split("<template")[0]


def test_groups_of_conditions_stay_until_they_are_removed(
    made: Datasource, manager: Client, dan: object
) -> None:
    row = {"left": "[response.body.ok]", "operator": "eq", "right": "true"}
    grouped = {"match": "any", "items": [row, {"match": "all", "items": [row]}]}
    raw = raw_datasource()["methods"][0] | {"success_when": grouped}
    save_method(datasource="token-service", method="refresh-token", raw=raw, user=dan)
    page = manager.get(METHOD)
    assert "Response body ok is true or (Response body ok is true)" in text_of(page)
    sent = EDITED | {"/success_when!kept": value_of(page, "/success_when!kept")} | base(page)
    manager.post(METHOD, sent | {"/title": "Renewed"})
    kept = get_document("token-service").method("refresh-token")
    assert (kept.title, kept.success_when) == ("Renewed", grouped)
    manager.post(METHOD, sent | {"/success_when!remove": "1"} | base(manager.get(METHOD)))
    assert get_document("token-service").method("refresh-token").success_when is None
