"""When a call is made again, as the editor of a method asks for it."""

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.rest.repeating import Retry
from datasources.services.datasources import get_document
from tests.datasources.pages.forms import EDITED, METHOD, base, value_of, wrong
from tests.pages import text_of

pytestmark = pytest.mark.django_db
SET = {
    "/retry/attempts": "4", "/retry/wait_s": "0.5", "/retry/on": ["503", "timeout"],
    "/idempotency_header": "Idempotency-Key",
}  # fmt: skip


def test_retry_is_set_kept_and_taken_away(made: Datasource, manager: Client) -> None:
    manager.post(METHOD, EDITED | SET | base(manager.get(METHOD)))
    kept = get_document("token-service").method("refresh-token")
    assert kept.retry == Retry(attempts=4, wait_s=0.5, on=[503, "timeout"])
    assert kept.idempotency_header == "Idempotency-Key"
    page = manager.get(METHOD)
    assert (value_of(page, "/retry/attempts"), value_of(page, "/retry/wait_s")) == ("4", "0.5")
    assert page.content.decode().count(" checked") >= 2
    revision = Datasource.objects.get().revision
    manager.post(METHOD, EDITED | SET | base(page))
    assert Datasource.objects.get().revision == revision
    manager.post(METHOD, EDITED | base(page))
    kept = get_document("token-service").method("refresh-token")
    assert (kept.retry, kept.idempotency_header) == (None, None)


def test_a_post_without_a_key_is_told_beside_the_header(made: Datasource, manager: Client) -> None:
    odd = SET | {"/idempotency_header": ""} | base(manager.get(METHOD))
    refused = manager.post(METHOD, EDITED | odd)
    assert wrong(refused) == ["f-idempotency_header"]
    assert "Retrying a POST may repeat its effect." in text_of(refused)
    refused = manager.post(METHOD, EDITED | odd | {"/retry/attempts": "many"})
    assert "f-retry-attempts" in wrong(refused)
