"""How pages are asked for, as the editor of a method shows it."""

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.rest.paging import Cursors, Links
from datasources.services.datasources import get_document
from tests.datasources.pages.forms import EDITED, METHOD, base, value_of, wrong
from tests.pages import text_of

pytestmark = pytest.mark.django_db
CURSOR = {
    "/paging/kind": "cursor", "/paging/parameter": "body.grant_type", "/paging/next": "meta.next",
    "/paging/items": "data", "/paging/max_items": "250", "/paging/size": "50",
}  # fmt: skip


def test_paging_is_set_changed_and_taken_away(made: Datasource, manager: Client) -> None:
    manager.post(METHOD, EDITED | CURSOR | base(manager.get(METHOD)))
    kept = get_document("token-service").method("refresh-token").paging
    assert kept == Cursors(
        parameter="body.grant_type", next="meta.next", items="data", max_items=250
    )
    page = manager.get(METHOD)
    assert value_of(page, "/paging/next") == "meta.next"
    revision = Datasource.objects.get().revision
    manager.post(METHOD, EDITED | CURSOR | base(page))
    assert Datasource.objects.get().revision == revision
    manager.post(METHOD, EDITED | {"/paging/kind": "link"} | base(page))
    assert get_document("token-service").method("refresh-token").paging == Links()
    manager.post(METHOD, EDITED | base(manager.get(METHOD)))
    assert get_document("token-service").method("refresh-token").paging is None


def test_a_parameter_that_is_not_there_is_told_beside_its_control(
    made: Datasource, manager: Client
) -> None:
    odd = EDITED | CURSOR | {"/paging/parameter": "query.page", "/paging/max_items": "many"}
    refused = manager.post(METHOD, odd | base(manager.get(METHOD)))
    assert "f-paging-max_items" in wrong(refused)
    odd |= {"/paging/max_items": ""}
    refused = manager.post(METHOD, odd | base(manager.get(METHOD)))
    assert wrong(refused) == ["f-paging-parameter"]
    assert "Unknown parameter query.page." in text_of(refused)
