"""The list of data sources, without a browser: status, search, pages."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, patch_datasource
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import LIST
from tests.pages import markup_of, text_of

pytestmark = pytest.mark.django_db


def test_an_empty_workspace_offers_the_first_act(manager: Client) -> None:
    page = text_of(manager.get(LIST))
    assert "No data source yet" in page
    assert "Add a REST Service" in page


def test_the_list_shows_type_status_and_who_changed_it(made: Datasource, manager: Client) -> None:
    page = text_of(manager.get(LIST))
    assert "Token service https://auth.example.org REST Service Ready Not tested yet" in page
    assert "Kianda Records of this workspace Built in" in page
    assert " dan " in page


def test_a_source_without_methods_or_credentials_is_incomplete(manager: Client, dan: Any) -> None:
    auth = {"scheme": "bearer"}
    create_datasource(raw=raw_datasource(methods=[], auth=auth), user=dan)
    assert "Incomplete Credentials and a REST method are missing" in text_of(manager.get(LIST))


def test_a_failed_test_shows_with_its_reason(made: Datasource, manager: Client) -> None:
    Datasource.objects.update(
        last_test_ok=False, last_test_at=timezone.now(), last_test_detail="It answered 503."
    )
    assert "Test failed It answered 503." in text_of(manager.get(f"{LIST}?status=test_failed"))
    assert "No matches" in text_of(manager.get(f"{LIST}?status=incomplete"))
    # A word that is no status hides everything, and the page says so.
    assert "No matches" in text_of(manager.get(f"{LIST}?status=broken"))


def rows_of(response: Any) -> list[str]:
    """Return the names of the rows of the list, as they stand."""
    return re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', markup_of(response))


@pytest.mark.parametrize(
    ("status", "names", "said"),
    [
        ("", ["Kianda", "Bare", "Failing", "Fine"], "4 of 4 data sources"),
        ("ready", ["Kianda", "Fine"], "2 of 2 data sources"),
        ("incomplete", ["Bare"], "1 of 1 data source"),
        ("test_failed", ["Failing"], "1 of 1 data source"),
        ("not_tested", ["Bare", "Fine"], "2 of 2 data sources"),
    ],
)
def test_a_status_chooses_the_rows_that_show_it_and_all_are_counted(
    manager: Client, dan: Any, status: str, names: list[str], said: str
) -> None:
    create_datasource(raw=raw_datasource(name="fine", title="Fine"), user=dan)
    create_datasource(raw=raw_datasource(name="bare", title="Bare", methods=[]), user=dan)
    create_datasource(raw=raw_datasource(name="failing", title="Failing"), user=dan)
    tested = {"last_test_ok": False, "last_test_at": timezone.now()}
    Datasource.objects.filter(name="failing").update(**tested)
    page = manager.get(LIST, {"status": status})
    assert rows_of(page) == names
    assert said in text_of(page)


def test_a_source_that_gets_its_first_method_is_ready(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(methods=[]), user=dan)
    assert rows_of(manager.get(LIST, {"status": "incomplete"})) == ["Token service"]
    methods = raw_datasource()["methods"]
    patch_datasource(name="token-service", changes={"methods": methods}, user=dan)
    assert rows_of(manager.get(LIST, {"status": "ready"})) == ["Kianda", "Token service"]


def test_the_built_in_one_counts_on_every_page_and_moves_no_row_away(
    manager: Client, dan: Any
) -> None:
    for number in range(25):
        raw = raw_datasource(name=f"source-{number:02}", title=f"Source {number:02}")
        create_datasource(raw=raw, user=dan)
    first, second = manager.get(LIST), manager.get(f"{LIST}?page=2")
    assert (len(rows_of(first)), rows_of(second)) == (25, ["Source 24"])
    assert "25 of 26 data sources" in text_of(first)
    assert "26 of 26 data sources" in text_of(second)


@pytest.mark.parametrize(
    ("words", "found"),
    [("token", True), ("EXAMPLE.org", True), ("rest", True), ("orders", False), ("\0", True)],
)
def test_the_search_looks_at_name_address_and_type(
    made: Datasource, manager: Client, words: str, found: bool
) -> None:
    page = text_of(manager.get(LIST, {"q": words}))
    assert ("Token service" in page) is found
    assert found or "No results for “orders”" in page


def test_many_are_paged_and_sorted_with_few_queries(manager: Client, dan: Any) -> None:
    for number in range(30):
        raw = raw_datasource(name=f"source-{number:02}", title=f"Source {number:02}")
        create_datasource(raw=raw, user=dan)
    # The first page of a session also writes down who came from where.
    manager.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        first = text_of(manager.get(LIST))
    assert len(queries) <= 14
    assert "25 of 31 data sources" in first
    assert "Source 23" in first
    assert "Source 24" not in first
    assert "Source 29" in text_of(manager.get(LIST, {"page": "2"}))
    assert "Source 29" in text_of(manager.get(LIST, {"ordering": "-name"}))
    assert manager.get(LIST, {"page": "nonsense", "ordering": "x"}).status_code == 200


def test_htmx_gets_the_rows_alone(made: Datasource, manager: Client) -> None:
    rows = manager.get(LIST, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "<html" not in rows.content.decode()
    assert "Token service" in text_of(rows)
