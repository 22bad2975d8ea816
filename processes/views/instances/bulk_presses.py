"""A button pressed on many records: asked for from a list, watched, stopped, reported."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.web.csv_files import csv_answer
from kianda.web.form_once import leads_to, once
from kianda.web.pages import go, is_htmx, page, render_dialog, render_page, toast
from processes.bulk.offered import buttons_offered
from processes.bulk.presses import (
    as_seen,
    counts_of,
    create_press,
    ids_of,
    read_press,
    stop_press,
    unseen_in,
)
from processes.fields import Button
from processes.lists.records import record_list
from processes.lists.search import search_filter
from processes.lists.state import asked_state
from processes.lists.views import view_named
from processes.models import BulkPress, BulkPressRow, ProcessInstance
from processes.record_titles import seen_record
from processes.rights.querysets import known_designs, visible_instances
from processes.tasks import send_press
from processes.views.common import asked, page_of, person

# A page of a list has no more.
MOST_PICKED = 200
# What the form that asks sends again.
_KEPT = ("process", "target", "pick", "all", "view", "filter", "q")
_OVER = ("succeeded", "failed", "refused", "stopped")


class RowLine(NamedTuple):
    """A row as the page shows it: what its record is called, as the reader sees it."""

    row: BulkPressRow
    title: str
    is_seen: bool


@page(methods=("GET", "POST"))
@once
def new_press(request: HttpRequest) -> HttpResponseBase:
    """Say on how many records a button is pressed; a POST begins it.

    They are those picked, or `all` of a list as its view, filters and words ask for it: these are
    begun only while they are as many as the page has said.
    """
    sent = request.POST if request.method == "POST" else request.GET
    process, target = (sent.get(name, "").replace("\0", "") for name in ("process", "target"))
    refusal, ids = "", list(dict.fromkeys(filter(None, sent.getlist("pick"))))
    if "all" in sent:
        ids, refusal = _all_of(sent, process, person(request))
    button = _offered(process, target, ids, person(request))
    if request.method == "POST" and not refusal:
        try:
            _refuse_other_number(sent, ids)
            press = _begin(request, process, target, ids)
        except ApplicationError as refused:
            refusal = " ".join(flaw.detail for flaw in refused.errors) or refused.detail
        else:
            return go(request, "bulk-press", press_id=press.pk)
    context = {
        "button": button, "count": len(ids), "refusal": refusal,
        "kept": [(name, one) for name in _KEPT for one in sent.getlist(name)],
        "whole": "all" in sent, "back": reverse("records", args=[process]),
    }  # fmt: skip
    status = 422 if refusal and is_htmx(request) else 409 if refusal else 200
    return render_dialog(request, "bulk/_new.html", context, title=button.title, status=status)


def _all_of(sent: QueryDict, process: str, user: User) -> tuple[list[str], str]:
    """Return the records of a list as it is asked for; of what cannot be pressed at once, why.

    Then they are the first of them, which tell what the button is called.
    """
    found = record_list(process, user)
    state = asked_state(view_named(found, sent.get("view", "")), dict(sent.lists()))
    rows = found.rows(state.filter, at="/filter")
    if state.words:
        rows = rows.filter(search_filter(found, state.words))
    try:
        return ids_of(rows), ""
    except Invalid as invalid:
        few = rows.order_by("pk").values_list("process_id", flat=True)[:MOST_PICKED]
        return list(few), invalid.detail


def _refuse_other_number(sent: QueryDict, ids: list[str]) -> None:
    if "all" in sent and sent.get("expected") != str(len(ids)):
        words = _("%(count)s records match now. Check the number and try again.")
        raise Conflict(words % {"count": len(ids)})


def _offered(process: str, target: str, picked: list[str], user: User) -> Button:
    """Return the button that the list has offered for records; raises Missing."""
    keys = [one.strip().lower() for one in picked[:MOST_PICKED] if "\0" not in one]
    rows = ProcessInstance.objects.filter(design__name=process, key__in=keys)
    seen = visible_instances(user, among=rows.values_list("pk", flat=True))
    records = seen.select_related("design", "version").defer("version__document")
    for button in buttons_offered(records, user):
        if button.name == target:
            return button
    raise Missing(_("None of these records has this button for you."))


def _begin(request: HttpRequest, process: str, target: str, picked: list[str]) -> BulkPress:
    with transaction.atomic():
        press = create_press(
            process=process, target=target, process_ids=picked, user=person(request),
            time_zone=timezone.get_current_timezone_name(),
            on_made=lambda one: leads_to(request, reverse("bulk-press", args=[one.pk])),
        )  # fmt: skip
        transaction.on_commit(lambda: send_press(press.pk))
    return press


@page()
def press(request: HttpRequest, press_id: int) -> HttpResponseBase:
    """Show how far a bulk press is, and why a record was not done."""
    found, query = read_press(press_id, person(request)), asked(request, "outcome")
    rows = found.rows.all()
    if query["outcome"]:
        rows = rows.filter(outcome=query["outcome"])
    shown = page_of(request, rows.order_by("pk"))
    counts = counts_of(found)
    context = {
        "press": found, "query": query, "page": shown, "counts": counts,
        "lines": list(_lines(found, list(shown), request)),
        "over": sum(counts[one] for one in _OVER), "going": found.finished is None,
        "outcomes": [one for one in BulkPressRow.Outcome.choices if counts[one[0]]],
        "process_title": _process_title(found, request),
    }  # fmt: skip
    return render_page(
        request, "bulk/press.html", context, partials={"bulk-press": "bulk/_press.html"}
    )


@page(methods=("POST",))
@once
def stop(request: HttpRequest, press_id: int) -> HttpResponseBase:
    """Stop a bulk press."""
    stop_press(press_id, person(request))
    toast(request, _("Stopped. A run in progress will finish."))
    return go(request, "bulk-press", press_id=press_id)


@page()
def report(request: HttpRequest, press_id: int) -> HttpResponseBase:
    """Return what became of each record, as a CSV file."""
    found = read_press(press_id, person(request))
    unseen = unseen_in(found, person(request))

    def lines() -> Iterator[list[Any]]:
        yield [_("Record"), _("Outcome"), _("Reason"), _("Run")]
        for row in found.rows.order_by("pk").iterator(500):
            told = as_seen(row, unseen)
            yield [told.process_id, told.get_outcome_display(), told.reason, told.run_id or ""]

    return csv_answer(lines(), name=f"{found.process}-{found.target}-{found.pk}.csv")


def _lines(found: BulkPress, rows: list[BulkPressRow], request: HttpRequest) -> Iterator[RowLine]:
    user, unseen = person(request), unseen_in(found, person(request))
    named = {row.process_id for row in rows} - unseen
    records = ProcessInstance.objects.filter(process_id__in=named)
    shown = records.select_related("design", "version").defer("secrets", "version__document")
    titles = {one.process_id: seen_record(one, user).title for one in shown}
    for row in rows:
        title = titles.get(row.process_id)
        yield RowLine(as_seen(row, unseen), title or row.process_id, is_seen=title is not None)


def _process_title(found: BulkPress, request: HttpRequest) -> str:
    rows = known_designs(person(request)).filter(name=found.process)
    return rows.values_list("title", flat=True).first() or found.process
