"""What was changed, deleted or led elsewhere: which tokens stay, and which are dropped."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datasources.connections.live import live_token
from datasources.connections.rows import Tokens, empty, sealed
from datasources.connections.sweep import due
from datasources.models import Connection, Variable
from datasources.selectors import get_document
from datasources.services.connections import connect_alone
from datasources.services.datasources import (
    call_method,
    delete_datasource,
    patch_datasource,
)
from datasources.services.variables import replace_variables
from tests.datasources.connections.asking import broken, later, token
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, says

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mended_client_secret_is_tried_at_once(make: Make, provider: TokenProvider) -> None:
    row = make(grant="client_credentials")
    provider.reactions = [says("401 Unauthorized", error="invalid_client")]
    broken("Connect Books again")
    patch_datasource(name="books", changes={"title": "My books"}, user=None)
    broken("Connect My books again")
    auth = get_document("books").plain()["auth"] | {"client_secret": "the right one"}  # type: ignore[operator]
    patch_datasource(name="books", changes={"auth": auth}, user=None)
    assert token() == "access-2"
    row.refresh_from_db()
    assert row.state == "healthy"


@pytest.mark.parametrize(
    "change", [{"client_id": "another"}, {"grant": "client_credentials"}, {"token_url": "/new"}]
)
def test_tokens_of_other_settings_are_dropped(
    make: Make, provider: TokenProvider, change: dict[str, str]
) -> None:
    row = make()
    token()
    if "token_url" in change:
        change = {"token_url": f"{provider.url}/new"}
    auth = get_document("books").plain()["auth"] | change  # type: ignore[operator]
    patch_datasource(name="books", changes={"auth": auth}, user=None)
    row.refresh_from_db()
    assert (row.state, row.tokens, row.expires_at) == ("disconnected", None, None)


def test_a_token_never_goes_to_another_address(make: Make, provider: TokenProvider) -> None:
    make()
    token()
    other = provider.url.replace("127.0.0.1", "localhost")
    auth = get_document("books").plain()["auth"]
    patch_datasource(name="books", changes={"base_url": other, "auth": auth}, user=None)
    assert not Connection.objects.get().tokens


def test_the_issuer_tells_where_tokens_come_from(make: Make, provider: TokenProvider) -> None:
    row = make(issuer=provider.url, token_url="")
    assert token() == "access-1"
    provider.metadata = False
    with later(row):
        assert token() == "access-2"


def test_other_changes_keep_the_tokens(make: Make, provider: TokenProvider) -> None:
    make()
    token()
    patch_datasource(name="books", changes={"timeout_s": 5}, user=None)
    assert token() == "access-1"
    patch_datasource(name="books", changes={"auth": {"scheme": "none"}}, user=None)
    assert not Connection.objects.exists()


def test_a_deleted_datasource_is_not_refreshed_and_comes_back_connected(
    make: Make, provider: TokenProvider, dan: Any
) -> None:
    from datasources.models import Datasource
    from datasources.services.recycle_bin import DATASOURCES

    row = make()
    token()
    delete_datasource(name="books", user=dan)
    assert due(timezone.now() + timedelta(days=1)) == []
    DATASOURCES.bring_back(
        Datasource.everything.get(pk=row.datasource_id), user=dan, name="other-books"
    )
    assert live_token(get_document("other-books")) == "access-1"


def test_what_another_process_stored_or_dropped_counts_at_once(
    make: Make, provider: TokenProvider
) -> None:
    row = make()
    assert token() == "access-1"
    row.refresh_from_db()
    row.tokens = sealed(row, Tokens("of another process"))
    row.tokens_fence += 1
    row.save()
    assert token() == "of another process"
    empty(row.pk, is_off=True)
    assert broken("is not connected") == "configuration"


def test_a_variable_that_leads_elsewhere_takes_no_token_along(
    make: Make, provider: TokenProvider, root: Any
) -> None:
    def leads_to(host: str) -> None:
        given = {"name": "books_host", "value": host, "secret": False}
        replace_variables(raw={"variables": [given]}, user=root)

    row = make(grant="client_credentials")
    leads_to("127.0.0.1")
    port = provider.url.rsplit(":", 1)[1]
    changes = {"base_url": f"http://{{{{books_host}}}}:{port}"}
    auth = get_document("books").plain()["auth"]
    patch_datasource(name="books", changes={**changes, "auth": auth}, user=root)
    assert call_method(name="books", method="read", inputs={}, user=root)["status"] == 200
    row.refresh_from_db()
    assert row.state == "healthy"
    called = len(provider.called_with)
    variable = Variable.objects.get()
    variable.value = "localhost"
    variable.save()
    answer = call_method(name="books", method="read", inputs={}, user=root)
    assert "is not connected" in answer["error"]["message"]
    assert len(provider.called_with) == called
    assert connect_alone("books", root).state == "healthy"
