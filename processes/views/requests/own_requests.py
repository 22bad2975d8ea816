"""My requests: the records that the person has started, and still sees."""

from django.http import HttpRequest, HttpResponseBase

from kianda.accounts.roles import USER
from kianda.web.pages import page, render_page
from processes.forms.own_records import as_own_records, started_by
from processes.models import ProcessDesign
from processes.views.common import asked, page_of, person


@page(roles=(USER,))
def own_requests(request: HttpRequest) -> HttpResponseBase:
    """List what the person has started, newest first; by process, by number."""
    query, user = asked(request, "q", "process"), person(request)
    every = started_by(user)
    rows = every.filter(key__contains=query["q"].lower()) if query["q"] else every
    if query["process"]:
        rows = rows.filter(design__name=query["process"])
    found = page_of(request, rows, words=query["q"])
    designs = ProcessDesign.objects.filter(pk__in=every.order_by().values("design"))
    context = {
        "page": found, "query": query, "lines": as_own_records(found, user),
        "any": found.paginator.count > 0 or every.exists(),
        "processes": list(designs.order_by("title", "name").values_list("name", "title")),
    }  # fmt: skip
    return render_page(
        request, "requests/own.html", context, partials={"rows": "requests/_own_rows.html"}
    )
