"""The list of datasources."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase

from datasources.models import Datasource
from datasources.selectors import all_datasources
from datasources.states import Standing, standing_of
from datasources.views.access import READERS, may_change
from kianda.pages import page, render_page

PAGE_SIZE = 25
ORDER = {"name": "name", "modified": "modified"}
TESTS = {
    "failed": Q(last_test_ok=False),
    "passed": Q(last_test_ok=True),
    "never": Q(last_test_at=None),
}
BUILT_IN = "kianda built in instances of this workspace"
REST = "rest service"


@dataclass(frozen=True)
class Entry:
    """A row of the list."""

    row: Datasource
    standing: Standing


@page(roles=READERS)
def datasources(request: HttpRequest) -> HttpResponseBase:
    """List the datasources: searched, filtered, sorted, 25 a page."""
    asked = {key: request.GET.get(key, "").strip() for key in ("q", "test", "ordering")}
    found = _found(asked)
    part = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    filtered = bool(asked["q"] or asked["test"])
    context = {
        "page": part,
        "entries": [Entry(row, standing_of(row)) for row in part],
        "asked": asked,
        "filtered": filtered,
        "built_in": part.number == 1 and not asked["test"] and _fits(asked["q"], BUILT_IN),
        "never_any": not filtered and not part.paginator.count,
        "may_change": may_change(request),
    }
    return render_page(
        request, "datasources/list.html", context, partials={"rows": "datasources/_rows.html"}
    )


def _found(asked: dict[str, str]) -> QuerySet[Datasource]:
    rows = all_datasources().filter(TESTS.get(asked["test"], Q()))
    for word in asked["q"].replace("\0", "").split()[:8]:
        if word.lower() not in REST:
            rows = rows.filter(
                Q(title__icontains=word) | Q(name__icontains=word) | Q(base_url__icontains=word)
            )
    name = asked["ordering"].removeprefix("-")
    order: list[Any] = ["-" * asked["ordering"].startswith("-") + ORDER.get(name, "name"), "-pk"]
    return rows.order_by(*order)


def _fits(words: str, text: str) -> bool:
    return all(word in text for word in words.lower().split())
