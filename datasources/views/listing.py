"""The list of datasources."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase

from datasources.models import Datasource
from datasources.selectors import all_datasources
from datasources.services.status import DatasourceStatus, standing_of
from datasources.views.access import READERS, may_change
from kianda.lib.keyset import Place
from kianda.lib.pagination import MOST_HITS, Listed, page_of_list
from kianda.lib.word_search import holds_word
from kianda.web.pages import page, query_words, render_page

ORDER = {"name": "name", "modified": "modified"}
_FAILED = Q(last_test_ok=False)
STATUSES = {
    "ready": Q(is_complete=True) & ~_FAILED,
    "incomplete": Q(is_complete=False),
    "test_failed": Q(is_complete=True) & _FAILED,
    "not_tested": Q(last_test_at=None),
}
BUILT_IN = "kianda built in instances of this workspace"
# What the column of types says.
KIND_WORDS = {"rest": "rest service", "email": "mail account email"}


@dataclass(frozen=True)
class Entry:
    """A row of the list."""

    row: Datasource
    standing: DatasourceStatus
    may_change: bool


class Rows(Listed[Any]):
    """The rows of the list as a paginator takes them; the built-in datasource, None, is first."""

    def __init__(self, rows: QuerySet[Datasource], *, most: int | None, built_in: bool) -> None:
        """Take the rows that are stored, and whether the built-in one belongs to them."""
        super().__init__(rows, most=most)
        self.built_in = built_in

    def count(self) -> int:
        """Return how many there are, the built-in one among them."""
        return super().count() + self.built_in

    def __getitem__(self, part: slice) -> list[Datasource | None]:
        """Return some of them."""
        before = int(self.built_in)
        rows = super().__getitem__(slice(max(0, part.start - before), part.stop - before))
        return self._begun_by(rows, first=part.start == 0)

    def beside(
        self, place: Place, *, forward: bool, size: int
    ) -> tuple[list[Datasource | None], bool]:
        """Return the next of them behind a place, or before it, and whether there are more."""
        rows, more = super().beside(place, forward=forward, size=size)
        return self._begun_by(rows, first=bool(rows) and not (forward or more)), more

    def _begun_by(self, rows: list[Any], *, first: bool) -> list[Datasource | None]:
        return [None, *rows] if first and self.built_in else rows


@page(roles=READERS)
def datasources(request: HttpRequest) -> HttpResponseBase:
    """List the datasources: searched, filtered, sorted, 25 a page."""
    asked = query_words(request, "q", "status", "ordering")
    rows = Rows(
        _found(asked), most=MOST_HITS if asked["q"] else None,
        built_in=asked["status"] in {"", "ready"} and _fits(asked["q"], BUILT_IN),
    )  # fmt: skip
    part = page_of_list(rows, request)
    shown = list(part)
    filtered = bool(asked["q"] or asked["status"])
    context = {
        "page": part,
        "entries": [Entry(row, standing_of(row), may_change(request, row)) for row in shown if row],
        "built_in": None in shown,
        "asked": asked,
        "never_any": not filtered and part.paginator.count <= rows.built_in,
        "may_change": may_change(request),
    }
    return render_page(
        request, "datasources/list.html", context, partials={"rows": "datasources/_rows.html"}
    )


def _found(asked: dict[str, str]) -> QuerySet[Datasource]:
    rows = all_datasources()
    if asked["status"]:
        rows = rows.filter(STATUSES.get(asked["status"], Q(pk__in=())))
    for word in asked["q"].split()[:8]:
        kinds = [kind for kind, words in KIND_WORDS.items() if word.lower() in words]
        rows = rows.filter(holds_word(word, "title", "name", "base_url") | Q(kind__in=kinds))
    name = asked["ordering"].removeprefix("-")
    order: list[Any] = ["-" * asked["ordering"].startswith("-") + ORDER.get(name, "name"), "-pk"]
    return rows.order_by(*order)


def _fits(words: str, text: str) -> bool:
    return all(word in text for word in words.lower().split())
