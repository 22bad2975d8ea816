"""Long lists of the pages: only the rows of one page are read, and a search counts to a thousand.

Databases sort and skip whole rows, and those of instances and runs are large. So the keys are
sorted and skipped, and the rows of the page are read by their keys.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
R = TypeVar("R")

PAGE_SIZE = 25
# Nobody turns 40 pages of hits; who has more of them looks for something else.
MOST_HITS = 1_000
FEW_HITS = 2_000
# A look into what no index tells ends after so many of the newest rows; who looks may go on.
LOOKED_AT = 10_000


class Listed(Generic[M]):
    """The rows of a list as a paginator takes them.

    With `most`, rows past that many are not counted, and `more` tells that there are some.
    """

    def __init__(
        self, rows: QuerySet[M], *, most: int | None = None, keys: Sequence[Any] | None = None
    ) -> None:
        """Take the rows, in their order; and the keys of those that a search has found."""
        self._rows, self._most = rows.values_list("pk", flat=True), most
        self._shown = rows.order_by()
        # What is found, is: to ask for it by all conditions again takes as long.
        self._shown.query.clear_where()
        self._first = None if keys is None else list(keys)
        self._counted: int | None = None
        self._begun: list[Any] | None = None

    def begin(self, size: int) -> None:
        """Read the first rows before they are counted: where they are all, nothing is counted.

        To count what few hold takes as long as to find them.
        """
        if self._most is None:
            first = list(self._rows[: size + 1])
            self._begun = first[:size]
            self._counted = len(first) if len(first) <= size else None

    @property
    def hits(self) -> list[Any] | None:
        """Return the keys of all that a search counts; None for a list that is not searched."""
        return None if self._most is None else self._hits[: self._most]

    @property
    def _hits(self) -> list[Any]:
        if self._first is None:
            self._first = list(narrowed(self._rows)[: (self._most or 0) + 1])
        return self._first

    @property
    def more(self) -> bool:
        """Tell whether there are more rows than are counted."""
        return self._most is not None and len(self._hits) > self._most

    def count(self) -> int:
        """Return how many rows there are, or how many are counted."""
        if self._counted is None:
            whole = self._most is None
            self._counted = self._rows.count() if whole else min(len(self._hits), self._most or 0)
        return self._counted

    def __getitem__(self, part: slice) -> list[M]:
        """Return some of the rows; one that has gone meanwhile is left out."""
        pks = self._keys(part)
        found = {row.pk: row for row in self._shown.filter(pk__in=pks)} if pks else {}
        return [found[pk] for pk in pks if pk in found]

    def _keys(self, part: slice) -> list[Any]:
        if self.hits is not None:
            return self.hits[part]
        if self._begun is not None and part.start == 0 and part.stop <= len(self._begun):
            return self._begun[part]
        count = self._counted
        if count is None or 2 * part.start <= count:
            return list(self._rows[part])
        # The last pages are read from the end: what is skipped is read too.
        ends = slice(max(0, count - part.stop), max(0, count - part.start))
        return list(self._rows.reverse()[ends])[::-1]


def narrowed(rows: QuerySet[Any, R]) -> QuerySet[Any, R]:
    """Return the rows of a search in their order, by their keys when there are few of them.

    To look for rare rows in the order of an index is a jump for each row there is. So they are
    looked for in the order in which they lie; what is common is found soon in any order.
    """
    pks = list(rows.order_by().values_list("pk", flat=True)[: FEW_HITS + 1])
    if len(pks) > FEW_HITS:
        return rows
    found = rows.all()
    found.query.clear_where()
    return found.filter(pk__in=pks)


def page_of_list(listed: Any, number: str | None) -> Page[Any]:
    """Return a page of 25 of a list; of one that is not there, the nearest."""
    if isinstance(listed, Listed) and number in {None, "", "1"}:
        listed.begin(PAGE_SIZE)
    return Paginator(listed, PAGE_SIZE).get_page(number)


def last_looked_at(rows: QuerySet[Any]) -> int | None:
    """Return the key of the last of the newest rows that are looked at; None when all are."""
    keys = rows.order_by("-pk").values_list("pk", flat=True)[LOOKED_AT - 1 : LOOKED_AT + 1]
    return keys[0] if len(keys) == 2 else None
