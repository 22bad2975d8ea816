"""The list of datasources."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase

from datasources.models import Datasource
from datasources.selectors import all_datasources
from datasources.services.status import DatasourceStatus, standing_of
from datasources.views.access import READERS, may_change
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


@dataclass(frozen=True)
class Rows:
    """The rows of the list as a paginator takes them; the built-in datasource stands first."""

    found: Listed[Datasource]
    built_in: bool

    @property
    def more(self) -> bool:
        """Tell whether there are more than are counted."""
        return self.found.more

    def count(self) -> int:
        """Return how many there are, the built-in one among them."""
        return self.found.count() + self.built_in

    def __getitem__(self, part: slice) -> list[Datasource | None]:
        """Return some of them; None is the built-in one."""
        before = int(self.built_in)
        rows = self.found[max(0, part.start - before) : part.stop - before]
        return [None, *rows] if before and part.start == 0 else [*rows]


@page(roles=READERS)
def datasources(request: HttpRequest) -> HttpResponseBase:
    """List the datasources: searched, filtered, sorted, 25 a page."""
    asked = query_words(request, "q", "status", "ordering")
    found = Listed(_found(asked), most=MOST_HITS if asked["q"] else None)
    rows = Rows(found, asked["status"] in {"", "ready"} and _fits(asked["q"], BUILT_IN))
    part = page_of_list(rows, request.GET.get("page"))
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
