"""Services of datasources: documents kept in memory, changes that meet each other."""

from typing import Any

import pytest

from datasources.services.datasources import (
    create_datasource,
    delete_datasource,
    get_document,
    patch_datasource,
    replace_datasource,
)
from kianda.lib.errors import Invalid, Missing, Stale
from tests.datasources.conftest import raw_datasource

pytestmark = pytest.mark.django_db


def test_a_document_is_read_once_and_again_after_a_change(
    dan: Any, django_assert_num_queries: Any
) -> None:
    create_datasource(raw=raw_datasource(), user=dan)
    first = get_document("token-service")
    with django_assert_num_queries(1):
        assert get_document("token-service") is first
    patch_datasource(name="token-service", changes={"title": "New"}, user=dan)
    assert get_document("token-service").title == "New"
    delete_datasource(name="token-service", user=dan)
    with pytest.raises(Missing, match="no datasource token-service"):
        get_document("token-service")


def test_a_change_of_an_old_revision_is_stale(dan: Any) -> None:
    create_datasource(raw=raw_datasource(), user=dan)
    patch_datasource(name="token-service", changes={"title": "First"}, user=dan, revision=1)
    with pytest.raises(Stale):
        replace_datasource(
            name="token-service", raw=raw_datasource(title="Second"), user=dan, revision=1
        )
    assert get_document("token-service").title == "First"


def test_a_refused_change_changes_nothing(dan: Any) -> None:
    create_datasource(raw=raw_datasource(), user=dan)
    with pytest.raises(Invalid):
        patch_datasource(name="token-service", changes={"title": "x", "timeout_s": 0}, user=dan)
    assert get_document("token-service").title == "Token service"


def test_the_system_may_make_a_datasource_of_its_own(db: None) -> None:
    row = create_datasource(raw=raw_datasource(), user=None)
    assert row.modified_by is None


def test_a_partial_change_does_not_write_over_what_changed_meanwhile(dan: Any) -> None:
    create_datasource(raw=raw_datasource(), user=dan)

    class Slow(dict[str, Any]):
        """Settings whose reading takes so long that somebody else saves in between."""

        def __iter__(self) -> Any:
            return iter(self.keys())

        def keys(self) -> Any:
            replace_datasource(name="token-service", raw=raw_datasource(timeout_s=9), user=dan)
            return super().keys()

    with pytest.raises(Stale):
        patch_datasource(name="token-service", changes=Slow(title="Second"), user=dan)
    assert get_document("token-service").timeout_s == 9
