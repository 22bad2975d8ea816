"""Objects that take a row at once are those that Django would have made of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kianda.accounts.models import ApiToken

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("either_way")]


@pytest.fixture
def token(ada: Any) -> ApiToken:
    """A stored token."""
    return ApiToken.objects.create(
        user=ada, name="laptop", digest="d" * 64, scopes=["read"],
        created=datetime(2029, 1, 1, tzinfo=UTC), expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_it_has_the_columns_of_its_row_and_can_be_saved(token: ApiToken) -> None:
    read = ApiToken.objects.get(pk=token.pk)
    assert read == token
    assert (read.scopes, read.expires_at) == (["read"], datetime(2030, 1, 1, tzinfo=UTC))
    read.name = "desk"
    read.save()
    token.refresh_from_db()
    assert token.name == "desk"


def test_a_column_that_was_left_out_is_read_when_it_is_asked_for(token: ApiToken) -> None:
    read = ApiToken.objects.defer("scopes").get(pk=token.pk)
    assert read.get_deferred_fields() == {"scopes"}
    with CaptureQueriesContext(connection) as asked:
        assert [read.scopes, read.scopes] == [["read"], ["read"]]
    assert len(asked) == 1


def test_what_it_refers_to_comes_along(token: ApiToken, ada: Any) -> None:
    read = ApiToken.objects.select_related("user").get(pk=token.pk)
    with CaptureQueriesContext(connection) as asked:
        assert read.user == ada
    assert len(asked) == 0


def test_another_value_for_what_it_refers_to_counts_at_once(
    token: ApiToken, ada: Any, ben: Any
) -> None:
    read = ApiToken.objects.select_related("user").get(pk=token.pk)
    read.user_id = ben.pk
    assert read.user == ben
