"""Long lists: only the rows of one page are read, and pages count no further than they must.

Databases sort and skip whole rows, and those of instances and runs are large. So the keys are
sorted and skipped, and the rows of the page are read by their keys. The links of a page carry
where it began and ended, and who follows them has no rows skipped.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, Model, QuerySet, Window
from django.http import HttpRequest

from kianda.lib.errors import Invalid
from kianda.lib.i18n import grouped
from kianda.lib.keyset import Keyset, Place, cursor_at, place_of
from kianda.lib.numbers import whole_number

M = TypeVar("M", bound=Model)
R = TypeVar("R")

PAGE_SIZE = 25
# Nobody turns 40 pages of hits; who has more of them looks for something else.
MOST_HITS = 1_000
# To count a hundred thousand takes longer than to find the first of them, and few need the number.
MOST_COUNTED = 10_000
ASKS_COUNT = "count"
FEW_HITS = 2_000
# A look into what no index tells ends after so many of the newest rows; who looks may go on.
LOOKED_AT = 10_000


class Listed(Generic[M]):
    """The rows of a list as a paginator takes them.

    With `most`, a search, rows past that many are neither counted nor shown; with `counted_to`,
    they are not counted. `more` tells that there are some.
    `edges` are the places of the first and the last row that were read last.
    """

    edges: tuple[Place, Place] | None = None
    counted_to: int | None = None

    def __init__(
        self, rows: QuerySet[M], *, most: int | None = None, keys: Sequence[Any] | None = None,
        reads_all: bool = False,
    ) -> None:  # fmt: skip
        """Take the rows, in their order; and the keys of those that a search has found.

        Rows whose keys are given are in the order of their keys. `reads_all`: to find the first
        rows, the database reads all that there are, so that it can count them meanwhile.
        """
        self._keyset, self._most, self._reads_all = Keyset(rows), most, reads_all
        self._rows = self._keyset.rows
        # What is found, is: to ask for it by all conditions again takes as long.
        self._shown = _unasked(rows.order_by())
        self._first = None if keys is None else [(key,) for key in keys]
        self._counted: int | None = None
        self._more = False
        self._begun: list[Place] | None = None

    @property
    def order(self) -> str:
        """Return the order of the rows in words, which differ for each order."""
        return self._keyset.order

    def begin(self, size: int) -> None:
        """Read the first rows before they are counted: where they are all, nothing is counted.

        To count what few hold takes as long as to find them.
        """
        if self._most is not None:
            return
        if self._reads_all:
            counted = list(self._rows.annotate(all_of_them=Window(Count("pk")))[:size])
            self._begun = [tuple(place) for *place, _ in counted]
            self._counted = counted[0][-1] if counted else 0
            return
        first = list(self._rows[: size + 1])
        self._begun = first[:size]
        self._counted = len(first) if len(first) <= size else None

    @property
    def hits(self) -> list[Any] | None:
        """Return the keys of all that a search counts; None for a list that is not searched."""
        return None if self._most is None else [key for *_, key in self._hits[: self._most]]

    @property
    def _hits(self) -> list[Place]:
        if self._first is None:
            self._first = list(narrowed(self._rows)[: (self._most or 0) + 1])
        return self._first

    @property
    def more(self) -> bool:
        """Tell whether there are more rows than are counted."""
        self.count()
        return self._more

    @property
    def countable(self) -> bool:
        """Tell whether there are more rows than are counted, and they can be."""
        return self.more and self._most is None

    def count(self) -> int:
        """Return how many rows there are, or how many are counted."""
        if self._counted is None:
            most = self.counted_to if self._most is None else self._most
            if self._most is not None:
                found = len(self._hits)
            else:
                found = (self._rows if most is None else self._rows.order_by()[: most + 1]).count()
            self._more = most is not None and found > most
            self._counted = most if most is not None and self._more else found
        return self._counted

    def reach(self, number: int | None, size: int) -> None:
        """Count all rows where a page can be among those not counted; nothing: any page."""
        if number is None or number * size >= (self.counted_to or 0):
            self.counted_to = None

    def __getitem__(self, part: slice) -> list[M]:
        """Return some of the rows; one that has gone meanwhile is left out."""
        return self._read(self._places(part))

    def beside(self, place: Place, *, forward: bool, size: int) -> tuple[list[M], bool]:
        """Return the next rows behind a place, or before it, and whether there are more there."""
        hits = self.hits
        rows = self._rows if hits is None else _unasked(self._rows).filter(pk__in=hits)
        places = self._keyset.beside(rows, place, forward=forward, most=size + 1)
        return self._read(places[:size] if forward else places[-size:]), len(places) > size

    def _read(self, places: Sequence[Place]) -> list[M]:
        self.edges = (places[0], places[-1]) if places else None
        pks = [key for *_, key in places]
        found = {row.pk: row for row in self._shown.filter(pk__in=pks)} if pks else {}
        return [found[pk] for pk in pks if pk in found]

    def _places(self, part: slice) -> list[Place]:
        if self._most is not None:
            return self._hits[: self._most][part]
        if self._begun is not None and part.start == 0 and part.stop <= len(self._begun):
            return self._begun[part]
        count = self._counted
        if count is None or self._more or 2 * part.start <= count:
            return list(self._rows[part])
        # The last pages are read from the end: what is skipped is read too.
        ends = slice(max(0, count - part.stop), max(0, count - part.start))
        return list(self._rows.reverse()[ends])[::-1]


def _unasked(rows: QuerySet[Any, R]) -> QuerySet[Any, R]:
    """Return rows without their conditions, to ask for some of them by their keys."""
    made = rows.all()
    made.query.clear_where()
    return made


def narrowed(rows: QuerySet[Any, R]) -> QuerySet[Any, R]:
    """Return the rows of a search in their order, by their keys when there are few of them.

    To look for rare rows in the order of an index is a jump for each row there is. So they are
    looked for in the order in which they lie; what is common is found soon in any order.
    """
    pks = list(rows.order_by().values_list("pk", flat=True)[: FEW_HITS + 1])
    return rows if len(pks) > FEW_HITS else _unasked(rows).filter(pk__in=pks)


class PageLink(NamedTuple):
    """What leads to a page: its number, and from where it goes on; nothing: rows are skipped."""

    number: int
    cursor: str


class ListPage(Page[Any]):
    """A page of a list, with what leads to the pages beside it."""

    previous: PageLink | None = None
    next: PageLink | None = None

    @property
    def counted(self) -> str:
        """Return how many rows the list has, in words: `10,000+` where not all are counted."""
        return grouped(self.paginator.count) + "+" * self._more

    @property
    def _more(self) -> bool:
        return getattr(self.paginator.object_list, "more", False)

    def start_index(self) -> int:
        """Return about which row is its first: others came or went since the links were made."""
        last = max(1, self.paginator.count - len(self) + 1)
        return super().start_index() if self._more else min(super().start_index(), last)

    def end_index(self) -> int:
        """Return about which row is its last."""
        return self.start_index() + len(self) - 1


class Pages:
    """The pages of a list, one of which a request asks for by `page` and `cursor`.

    Lists that are put together from several have no cursors: their rows are skipped.
    """

    def __init__(self, listed: Any, request: HttpRequest, size: int = PAGE_SIZE) -> None:
        """Take the list, who asks, and how many rows a page has."""
        self._listed, self._request, self._size = listed, request, size
        self._paginator = Paginator(listed, size)

    def numbered(self, number: int) -> ListPage:
        """Return a page by its number; raises EmptyPage when there is none."""
        return self._linked_by_number(self._paginator.page(number))

    def nearest(self, number: str | None) -> ListPage:
        """Return a page by its number; of one that is not there, the nearest."""
        if isinstance(self._listed, Listed):
            if number is None or number in {"", "1"}:
                self._listed.begin(self._size)
            else:
                self._listed.reach(whole_number(number, digits=9), self._size)
        return self._linked_by_number(self._paginator.get_page(number))

    def beside(self) -> ListPage | None:
        """Return the page that a link led to, which can be empty; None when it was no link.

        Raises Invalid when the cursor was not made for what is asked.
        """
        number, cursor = self._request.GET.get("page", ""), self._request.GET.get("cursor")
        if cursor is None or not isinstance(self._listed, Listed):
            return None
        forward, place = place_of(cursor, of=self._asked(number))
        rows, more = self._listed.beside(place, forward=forward, size=self._size)
        # Before the first page there is none, and no other is the first.
        at = int(number) if forward else max(2, int(number)) if more else 1
        page = ListPage(rows, at, self._paginator)
        return self._linked(page, before=forward or more, behind=more or not forward)

    def _linked_by_number(self, found: Page[Any]) -> ListPage:
        page = ListPage(found.object_list, found.number, self._paginator)
        return self._linked(page, before=page.has_previous(), behind=page.has_next())

    def _linked(self, page: ListPage, *, before: bool, behind: bool) -> ListPage:
        edges = self._listed.edges if isinstance(self._listed, Listed) else None
        first, last = edges or (None, None)
        page.previous = self._link(page.number - 1, first, forward=False) if before else None
        page.next = self._link(page.number + 1, last, forward=True) if behind else None
        return page

    def _link(self, number: int, place: Place | None, *, forward: bool) -> PageLink:
        if place is None:
            return PageLink(number, "")
        return PageLink(number, cursor_at(place, forward=forward, of=self._asked(str(number))))

    def _asked(self, number: str) -> str:
        """Return what is asked for on a page: the list, its filters and order, and its number."""
        query = self._request.GET.copy()
        for name in ("cursor", ASKS_COUNT):
            query.pop(name, None)
        query["page"] = number
        return f"{self._request.path} {sorted(query.lists())} {self._listed.order}"


def page_of_list(listed: Any, request: HttpRequest, *, exact: bool = False) -> ListPage:
    """Return the page of 25 of a list that is asked for; of one that is not there, the nearest.

    Rows are counted to the last when it must be `exact` or the query asks for it by `count=all`.
    """
    if isinstance(listed, Listed) and not exact and request.GET.get(ASKS_COUNT) != "all":
        listed.counted_to = MOST_COUNTED
    pages = Pages(listed, request)
    with suppress(Invalid):
        if page := pages.beside():
            return page
    return pages.nearest(request.GET.get("page"))


def last_looked_at(rows: QuerySet[Any], *, most: int | None = None) -> int | None:
    """Return the key of the last of the newest rows that are looked at; None when all are."""
    most = LOOKED_AT if most is None else most
    keys = rows.order_by("-pk").values_list("pk", flat=True)[most - 1 : most + 1]
    return keys[0] if len(keys) == 2 else None
