"""Keyset paging: who follows the links meets each row once, and no row is skipped to get there."""

import base64
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kianda.lib.pagination import Listed, ListPage, PageLink, Pages, page_of_list
from processes.models import Run
from tests.factories import make_user

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
ORDERS: list[tuple[Any, ...]] = [
    ("-pk",),
    ("pk",),
    ("started",),
    ("-started", "-pk"),
    ("started", "finished", "pk"),
    ("status", "-finished", "-pk"),
    (F("started").asc(nulls_last=True), "-pk"),
    (F("started").asc(nulls_first=True), "-pk"),
    (F("started").desc(nulls_last=True), "pk"),
    (F("finished").desc(nulls_first=True), F("started").asc(nulls_last=True), "-pk"),
    ("run_as__username", "-started"),
    ("-run_as__username", "pk"),
    (Lower("target"), "-status"),
    (Lower(F("run_as__username")).desc(nulls_last=True), "-pk"),
    ("-saved", "version", "-handled_errors"),
]


@pytest.fixture
def runs() -> QuerySet[Run]:
    """Runs of which many are equal in what lists are in order by, and many have no value there."""
    people = [None, make_user("ada"), make_user("Bob")]
    moments = [None, MOMENT, MOMENT + timedelta(microseconds=1), MOMENT.replace(microsecond=0)]
    some = itertools.product(people, moments, ("failed", "queued"), ("a", "B", "b"))
    Run.objects.bulk_create(
        Run(
            run_as=person, started=moment, status=status, target=target, queued=MOMENT,
            finished=moments[number % 3], saved=number % 2 == 0, version=str(number % 5),
        )
        for number, (person, moment, status, target) in enumerate(some)
    )  # fmt: skip
    return Run.objects.all()


def page(rows: QuerySet[Any], query: str, size: int = 25, **more: Any) -> ListPage:
    pages = Pages(Listed(rows, **more), RequestFactory().get(f"/runs/?{query}"), size)
    found = pages.beside()
    return pages.nearest(None) if found is None else found


def followed(link: PageLink) -> str:
    assert link.cursor
    query = QueryDict(mutable=True)
    query.update({"page": str(link.number), "cursor": link.cursor})
    return query.urlencode()


def walk(rows: QuerySet[Any], size: int, **more: Any) -> Iterator[ListPage]:
    """Follow the links forward from the first page."""
    found = page(rows, "", size, **more)
    yield found
    while found.next:
        found = page(rows, followed(found.next), size, **more)
        yield found


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("size", [1, 7])
def test_the_links_lead_through_all_rows_in_their_order_and_back(
    runs: QuerySet[Run], order: tuple[Any, ...], size: int
) -> None:
    rows = runs.order_by(*order)
    [whole] = walk(rows, 100)
    assert [one.pk for one in rows.order_by(*order, "-pk")] == [one.pk for one in whole]
    pages = list(walk(rows, size))
    assert [one.number for one in pages] == [*range(1, len(pages) + 1)]
    assert [row for one in pages for row in one] == list(whole)
    back = pages[-1:]
    while link := back[-1].previous:
        back.append(page(rows, followed(link), size))
    assert [list(one) for one in reversed(back)] == [list(one) for one in pages]
    assert [one.number for one in reversed(back)] == [one.number for one in pages]


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_link_skips_no_row_and_a_number_does(runs: QuerySet[Run], order: tuple[Any, ...]) -> None:
    second, third = itertools.islice(walk(runs.order_by(*order), 7), 1, 3)
    assert second.next
    with CaptureQueriesContext(connection) as asked:
        assert list(page(runs.order_by(*order), followed(second.next), 7)) == list(third)
    assert not any("OFFSET" in str(query["sql"]) for query in asked)
    with CaptureQueriesContext(connection) as asked:
        page_of_list(Listed(runs.order_by(*order)), RequestFactory().get("/runs/?page=2"))
    assert any("OFFSET" in str(query["sql"]) for query in asked)


def test_rows_that_come_and_go_meanwhile_neither_repeat_others_nor_hide_them(
    runs: QuerySet[Run],
) -> None:
    rows = runs.order_by("started", "-pk")
    stays = {one.pk for one in rows if one.target != "b"}
    met = []
    for at, found in enumerate(walk(rows, 5)):
        met += [one.pk for one in found]
        # One that was shown goes, one that was not goes, and others come on both sides.
        Run.objects.filter(pk=found[-1].pk, target="b").delete()
        Run.objects.exclude(pk__in=met).filter(target="b").order_by("pk")[:1].get().delete()
        if at < 6:
            for moment in (None, MOMENT, timezone.now()):
                Run.objects.create(started=moment, queued=MOMENT, status="failed", target="new")
        if at == 10:
            break
    assert len(met) == len(set(met))
    seen = [pk for pk in rows.filter(pk__in=met).values_list("pk", flat=True) if pk in stays]
    upto = list(rows.filter(pk__in=stays).values_list("pk", flat=True))[: len(seen)]
    assert seen == upto


def test_going_back_the_first_page_has_the_number_one_and_no_other(runs: QuerySet[Run]) -> None:
    first, second = itertools.islice(walk(runs, 4), 2)
    Run.objects.create(queued=MOMENT, status="failed")
    assert second.previous
    before = page(runs, followed(second.previous), 4)
    assert list(before) == list(first)
    assert (before.number, before.previous and before.previous.number) == (2, 1)
    assert before.previous
    new = page(runs, followed(before.previous), 4)
    assert (len(new), new.number, new.previous, new.start_index()) == (1, 1, None, 1)
    assert new.next
    assert list(page(runs, followed(new.next), 4)) == list(first)


def test_a_search_goes_on_among_its_hits(runs: QuerySet[Run]) -> None:
    rows = runs.order_by("-started", "-pk")
    hits = [row.pk for found in walk(rows, 7, most=10) for row in found]
    assert hits == [row.pk for row in rows[:10]]
    keys = [one.pk for one in runs.order_by("-pk")[3:20]]
    assert [row.pk for found in walk(runs, 7, most=100, keys=keys) for row in found] == keys


def test_a_page_that_is_gone_is_empty_where_a_program_follows_and_the_last_for_people(
    runs: QuerySet[Run],
) -> None:
    first = page(runs, "", 25)
    assert first.next
    Run.objects.exclude(pk__in=[one.pk for one in first]).delete()
    assert list(page(runs, followed(first.next), 25)) == []
    asked = RequestFactory().get(f"/runs/?{followed(first.next)}")
    shown = page_of_list(Listed(runs), asked)
    assert list(shown) == list(first)
    assert (shown.number, shown.start_index(), shown.end_index()) == (1, 1, 25)


def test_a_cursor_of_something_else_is_let_be_by_pages(runs: QuerySet[Run]) -> None:
    first = page(runs, "", 25)
    assert first.next
    elsewhere = RequestFactory().get(f"/runs/?{followed(first.next)}&status=failed")
    rows = runs.order_by("-pk")
    assert list(page_of_list(Listed(rows), elsewhere)) == list(rows[25:50])
    other = page_of_list(
        Listed(runs.order_by("pk")), RequestFactory().get(f"/runs/?{followed(first.next)}")
    )
    assert list(other) == list(runs.order_by("pk")[25:50])


def test_a_cursor_tells_nobody_what_stands_in_it(runs: QuerySet[Run]) -> None:
    first = page(User.objects.order_by("username"), "", 1)
    assert first.next
    *_, sealed = first.next.cursor.split(".")
    assert first[0].username.encode() not in base64.urlsafe_b64decode(sealed)


def test_where_a_value_is_very_long_rows_are_skipped() -> None:
    runs = [Run(queued=MOMENT, status="failed", error={"message": "x" * 3_000}) for _ in range(3)]
    Run.objects.bulk_create(runs)
    found = page(Run.objects.order_by("error__message"), "", 2)
    assert found.next == PageLink(2, "")


def test_groups_of_people_are_in_order_by_name() -> None:
    Group.objects.all().delete()
    names = ["Ä", "a", "B", "ß", "_", "1", "A b", "ab"]
    Group.objects.bulk_create(Group(name=name) for name in names)
    rows = Group.objects.order_by("name")
    assert [row.name for found in walk(rows, 1) for row in found] == [one.name for one in rows]
