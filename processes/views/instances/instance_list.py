"""The list of instances, and making a new one."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponseBase

from kianda.lib.pagination import LOOKED_AT, PAGE_SIZE
from kianda.web.pages import page, part_asked, render_page
from processes import listing
from processes.bulk.offered import buttons_offered
from processes.models import ProcessInstance
from processes.record_titles import SeenRecord, learn_names, seen_record, words_seen
from processes.selectors import visible_instances
from processes.views.common import asked, page_of, person, press_shown

_KEY = re.compile(r"[0-9]{1,18}")
# A search with fewer hits than a page has goes on by itself, and names them.
FEW = PAGE_SIZE
ROWS, OLDER = "instances/_instances_rows.html", "instances/_older_rows.html"
PARTIALS = {"rows": ROWS, "older": ROWS}


@page()
def instances(request: HttpRequest) -> HttpResponseBase:
    """List the instances that the person may see.

    A search with few hits goes on in older ones from the page: what it finds joins the hits.
    """
    query = asked(request, "q", "process", "mode", "status", "ordering", "before")
    user, before, kept = person(request), query["before"], _kept(request)
    rows, last, keys = listing.instances(
        user, words=query["q"], process=query["process"], mode=query["mode"],
        status=query["status"], ordering=query["ordering"],
        before=int(before) if _KEY.fullmatch(before) else None, kept=kept,
    )  # fmt: skip
    found = page_of(request, rows, words=query["q"], keys=keys)
    goes_on = last is not None and found.paginator.count < FEW
    context = {
        "query": query, "last": last, "looked_at": LOOKED_AT, "goes_on": goes_on,
        "hits": ",".join(str(one.pk) for one in found) if goes_on else "",
    }  # fmt: skip
    part = part_asked(request)
    # Only what is new is shown anew: somebody may have picked some of the others.
    new = any(one.pk not in kept for one in found) or not (goes_on or found)
    if part == "older" and not new:
        return render_page(request, OLDER, context, partials={"older": OLDER})
    context |= _rows(found, user, query)
    if part not in PARTIALS:
        context |= _around(request, found, user, query)
    answer = render_page(request, "instances/instances.html", context, partials=PARTIALS)
    if part == "older":
        answer["HX-Retarget"], answer["HX-Reswap"] = "#rows", "innerHTML"
    return answer


def _rows(found: Page[ProcessInstance], user: User, query: dict[str, str]) -> dict[str, Any]:
    learn_names(found)
    return {
        "page": found, "lines": [_line(one, user, query["q"]) for one in found],
        # Those of one process have buttons in common.
        "offered": buttons_offered(found, user) if query["process"] else [],
    }  # fmt: skip


def _around(
    request: HttpRequest, found: Page[ProcessInstance], user: User, query: dict[str, str]
) -> dict[str, Any]:
    filtered = any(query[name] for name in ("q", "process", "mode", "status"))
    return {
        "any": found.paginator.count > 0 or (filtered and visible_instances(user).exists()),
        "processes": listing.processes_to_choose(query["process"], user=user),
        "statuses": listing.statuses(), **press_shown(request),
    }  # fmt: skip


def _kept(request: HttpRequest) -> list[int]:
    named = request.GET.get("found", "").split(",")[:FEW]
    return [int(one) for one in named if _KEY.fullmatch(one)]


def _line(instance: ProcessInstance, user: User, words: str) -> SeenRecord:
    """Return an instance as a line of the list: values that were searched for stand in it."""
    record = seen_record(instance, user)
    if record.summary and not words:
        return record
    return record._replace(summary=_plain_values(record, words)[:2])


def _plain_values(record: SeenRecord, query: str) -> list[tuple[str, str]]:
    """Return the values to know an instance by; first those that were searched for."""
    wanted = [word.casefold() for word in query.split()]
    fields = record.document.fields
    plain = [
        (fields[name].title, words)
        for name, value in record.seen.items()
        if name in fields and (words := words_seen(fields[name], value))
    ]
    plain.sort(key=lambda row: not any(word in row[1].casefold() for word in wanted))
    return plain
