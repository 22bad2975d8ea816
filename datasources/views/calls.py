"""The calls of a datasource: of runs, of people who tried a method, of connection tests."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from datasources.models import CallRecord
from datasources.selectors import get_datasource, rest_document_of
from datasources.services.call_records import SUCCEEDED, calls_seen
from datasources.views.access import READERS
from kianda.lib.pagination import MOST_HITS, Listed, page_of_list
from kianda.web.pages import page, query_words, render_page

# A connection test has no method.
TEST = "-"
OUTCOMES = {
    SUCCEEDED: (_("Succeeded"), Q(outcome=SUCCEEDED)),
    "failed": (_("Failed"), ~Q(outcome=SUCCEEDED)),
}
KINDS = {
    "timeout": _("no response in time"), "connection": _("connection lost"),
    "tls": _("no valid TLS"), "refused_address": _("address not allowed"),
    "http_status": _("refused by the service"), "bad_answer": _("response not usable"),
    "too_large": _("response too large"), "configuration": _("settings not valid"),
    "value": _("value not valid"), "busy": _("not sent because of a limit"),
}  # fmt: skip


@page(roles=READERS)
def calls(request: HttpRequest, name: str) -> HttpResponseBase:
    """List the calls of a datasource, newest first, 25 a page."""
    row = get_datasource(name)
    document = rest_document_of(row)
    asked = query_words(request, "method", "outcome")
    found = _found(calls_seen(request.user).filter(datasource=name), asked)
    part = page_of_list(Listed(found, most=MOST_HITS), request)
    context = {
        "row": row,
        "page": part,
        "calls": [(one, KINDS.get(one.outcome, one.outcome)) for one in part],
        "asked": asked,
        "methods": [
            *((one.name, one.title) for one in document.methods),
            (TEST, _("Connection test")),
        ],
        "titles": {one.name: one.title for one in document.methods},
        "outcomes": [(slug, words) for slug, (words, _filter) in OUTCOMES.items()],
    }
    partials = {"rows": "datasources/_call_rows.html"}
    return render_page(request, "datasources/calls.html", context, partials=partials)


def _found(rows: QuerySet[CallRecord], asked: dict[str, Any]) -> QuerySet[CallRecord]:
    if method := asked["method"]:
        rows = rows.filter(method="" if method == TEST else method)
    if asked["outcome"]:
        _words, outcome = OUTCOMES.get(asked["outcome"], ("", Q(pk__in=())))
        rows = rows.filter(outcome)
    return rows.order_by("-pk")
