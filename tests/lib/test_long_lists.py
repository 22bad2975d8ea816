"""Long lists: one page is read, a search is counted to its bound."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kianda.lib import pagination
from kianda.lib.pagination import Listed, ListPage, narrowed, page_of_list

pytestmark = pytest.mark.django_db


def page_of(listed: Listed[Group], number: str | None, **query: str) -> ListPage:
    query |= {} if number is None else {"page": number}
    return page_of_list(listed, RequestFactory().get("/groups/", query))


@pytest.fixture
def rows() -> Any:
    """Sixty rows, in the order of their names."""
    Group.objects.all().delete()
    Group.objects.bulk_create(Group(name=f"group {number:02}") for number in range(60))
    return Group.objects.order_by("-name")


def test_a_page_has_its_rows_in_their_order(rows: Any) -> None:
    page: Any = page_of(Listed(rows), "3")
    assert page.paginator.count == 60
    assert [row.name for row in page] == [f"group {number:02}" for number in range(9, -1, -1)]
    assert not page.paginator.object_list.more


def test_a_page_near_the_end_is_read_from_the_end(rows: Any) -> None:
    names = [row.name for row in rows]
    for number, part in (("2", names[25:50]), ("3", names[50:])):
        with CaptureQueriesContext(connection) as asked:
            page: Any = page_of(Listed(rows), number)
            assert [row.name for row in page] == part
        turned = 'ORDER BY "auth_group"."name" ASC' in asked.captured_queries[1]["sql"]
        assert turned == (number == "3")


def test_rows_that_fit_on_one_page_are_not_counted_too(rows: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        page: Any = page_of(Listed(rows.filter(name__lt="group 25")), None)
        assert (len(page), page.paginator.count) == (25, 25)
    assert not any("COUNT" in query["sql"] for query in asked)


@pytest.mark.parametrize("most", ["group 60", "group 02", "group 00"])
def test_what_is_read_whole_for_a_page_is_counted_meanwhile(rows: Any, most: str) -> None:
    found = rows.filter(name__lt=most)
    with CaptureQueriesContext(connection) as asked:
        page: Any = page_of(Listed(found, reads_all=True), None)
        assert (list(page), page.paginator.count) == (list(found[:25]), len(found))
    counting = [query["sql"] for query in asked if "COUNT" in query["sql"]]
    assert len(counting) == 1
    assert "OVER ()" in counting[0]
    second: Any = page_of(Listed(found, reads_all=True), "2")
    assert list(second) == list(found[25:50] if len(found) > 25 else found)


@pytest.mark.parametrize(("number", "first"), [("99", "group 09"), ("x", "group 59"), (None, "")])
def test_a_page_that_is_not_there_is_the_nearest(rows: Any, number: str | None, first: str) -> None:
    page: Any = page_of(Listed(rows), number)
    assert page[0].name == (first or "group 59")


@pytest.mark.parametrize(
    ("most", "count", "more", "pages"), [(59, 59, True, 3), (60, 60, False, 3), (10, 10, True, 1)]
)
def test_a_search_is_counted_to_its_bound_and_says_so(
    rows: Any, most: int, count: int, more: bool, pages: int
) -> None:
    page: Any = page_of(Listed(rows, most=most), "1")
    assert (page.paginator.count, page.paginator.object_list.more) == (count, more)
    assert page.paginator.num_pages == pages
    assert page[0].name == "group 59"


@pytest.fixture
def counted_to_45(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages count to 45 rows, not to ten thousand."""
    monkeypatch.setattr(pagination, "MOST_COUNTED", 45)


@pytest.mark.usefixtures("counted_to_45")
def test_a_page_of_a_long_list_counts_to_a_bound_and_says_so(rows: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        page: Any = page_of(Listed(rows), None)
        assert (page.paginator.count, page.counted) == (45, "45+")
        assert page.paginator.object_list.countable
    assert any("LIMIT 46" in query["sql"] for query in asked)
    assert (page.start_index(), page.end_index(), page.next.number) == (1, 25, 2)


@pytest.mark.usefixtures("counted_to_45")
def test_whoever_asks_for_it_has_all_rows_counted(rows: Any) -> None:
    page: Any = page_of(Listed(rows), None, count="all")
    assert (page.paginator.count, page.counted) == (60, "60")
    assert not page.paginator.object_list.countable
    exact: Any = page_of_list(Listed(rows), RequestFactory().get("/groups/"), exact=True)
    assert exact.paginator.count == 60


@pytest.mark.usefixtures("counted_to_45")
@pytest.mark.parametrize("number", ["2", "3", "99", "-1"])
def test_pages_past_the_bound_are_there_by_their_number(rows: Any, number: str) -> None:
    names = [row.name for row in rows]
    page: Any = page_of(Listed(rows), number)
    at = 2 if number == "2" else 3
    assert [row.name for row in page] == names[25 * at - 25 : 25 * at]
    assert (page.start_index(), bool(page.next)) == (25 * at - 24, at == 2)


@pytest.mark.usefixtures("counted_to_45")
def test_a_page_below_the_bound_is_not_read_from_an_end_that_nobody_counted(rows: Any) -> None:
    listed = Listed(rows)
    listed.counted_to = 45
    assert listed.count() == 45
    assert [row.name for row in listed[30:40]] == [row.name for row in rows[30:40]]


@pytest.mark.usefixtures("counted_to_45")
def test_links_lead_past_the_bound_and_keep_their_place_when_all_is_counted(rows: Any) -> None:
    page: Any = page_of(Listed(rows), None)
    for _ in range(2):
        page = page_of(Listed(rows), str(page.next.number), cursor=page.next.cursor)
    assert (page.start_index(), page.end_index(), page.counted) == (51, 60, "45+")
    assert page.next is None
    link = page.previous
    counted: Any = page_of(Listed(rows), str(link.number), cursor=link.cursor, count="all")
    assert (counted.start_index(), counted.counted) == (26, "60")
    assert [row.name for row in counted] == [row.name for row in rows[25:50]]


def test_what_was_deleted_meanwhile_is_left_out(rows: Any) -> None:
    listed = Listed(rows, most=100)
    assert listed.count() == 60
    Group.objects.filter(name="group 59").delete()
    assert [row.name for row in listed[0:2]] == ["group 58"]


def test_the_rows_of_a_page_are_read_once_by_their_keys(
    rows: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2) as keys_and_rows:
        assert len(Listed(rows)[0:25]) == 25
    assert '"id" IN (' in keys_and_rows.captured_queries[1]["sql"]
    # What was found is kept: counting and reading a page look for it once.
    with django_assert_num_queries(3):
        listed = Listed(rows, most=10)
        assert (listed.count(), len(listed[0:25])) == (10, 10)


def test_few_hits_are_looked_for_as_they_lie_and_keep_their_order(rows: Any) -> None:
    found = narrowed(rows.filter(name__contains="5"))
    assert [row.name for row in found][:3] == ["group 59", "group 58", "group 57"]
    assert "IN (" in str(found.query)
