"""A button pressed on many records: asked for from a list, watched, stopped, reported."""

from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.web.csv_files import csv_answer
from kianda.web.form_once import leads_to, once
from kianda.web.pages import go, is_htmx, page, page_before, render_dialog, render_page, toast
from processes.bulk.offered import asked_field, buttons_offered
from processes.bulk.presses import create_press, ids_of, read_press, stop_press
from processes.bulk.progress import progress_of, told_rows
from processes.document_cache import document_of
from processes.fields import Button
from processes.fields.base import FormField
from processes.lists.records import record_list
from processes.lists.search import search_filter
from processes.lists.state import asked_state
from processes.lists.views import view_named
from processes.models import BulkPress, BulkPressRow, ProcessInstance
from processes.record_titles import noun_of
from processes.rights.querysets import known_designs, visible_instances
from processes.tasks import send_press
from processes.views.common import asked, beside_text, page_of, person

# A page of a list has no more.
MOST_PICKED = 200
# What the form that asks sends again.
_OF_THE_LIST = ("view", "filter", "q")
_KEPT = ("process", "target", "pick", "all", *_OF_THE_LIST)


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
    button, asks, noun = _offered(process, target, ids, person(request))
    error = ""
    if request.method == "POST" and not refusal:
        try:
            _refuse_other_number(sent, ids)
            press = _begin(request, process, target, ids, asks)
        except ApplicationError as refused:
            error, refusal = beside_text(asks.name if asks else "", refused)
        else:
            return go(request, _list_before(request, process, press=press.pk))
    context = {
        "button": button, "count": len(ids), "noun": noun, "refusal": refusal, "asks": asks,
        "error": error, "answer": sent.get("answer", ""),
        "kept": [(name, one) for name in _KEPT for one in sent.getlist(name)],
        "whole": "all" in sent, "back": reverse("records", args=[process]),
    }  # fmt: skip
    refused_with = 422 if is_htmx(request) or error else 409
    status = refused_with if refusal or error else 200
    return render_dialog(request, "bulk/_new.html", context, title=button.title, status=status)


def _list_before(request: HttpRequest, process: str, *, press: int | None = None) -> str:
    """Return the list from which a bulk press was asked for, which shows how far one is."""
    before = urlsplit(page_before(request))
    query, path = QueryDict(before.query, mutable=True), before.path
    if path not in {reverse("records", args=[process]), reverse("instances")}:
        # Without script the question was a page of its own, which knows how the list was.
        path, query = reverse("records", args=[process]), QueryDict(mutable=True)
        for name in _OF_THE_LIST:
            query.setlist(name, request.POST.getlist(name))
    query.pop("press", None)
    if press is not None:
        query["press"] = str(press)
    return f"{path}?{query.urlencode()}" if query else path


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


def _offered(
    process: str, target: str, picked: list[str], user: User
) -> tuple[Button, FormField | None, str]:
    """Return the button that the list has offered for records, and the field that it asks for.

    And what the records are called. Raises Missing.
    """
    keys = [one.strip().lower() for one in picked[:MOST_PICKED] if "\0" not in one]
    rows = ProcessInstance.objects.filter(design__name=process, key__in=keys)
    seen = visible_instances(user, among=rows.values_list("pk", flat=True))
    records = seen.select_related("design", "version").defer("version__document")
    for button in buttons_offered(records, user):
        if button.name == target:
            newest = max(records, key=lambda one: one.version_id)
            noun = noun_of(document_of(newest.version), len(picked))
            return button, asked_field(button, records), noun
    raise Missing(_("You cannot use this button on any of these records."))


def _begin(
    request: HttpRequest, process: str, target: str, picked: list[str], asks: FormField | None
) -> BulkPress:
    answer = request.POST.get("answer", "").replace("\r\n", "\n")
    with transaction.atomic():
        press = create_press(
            process=process, target=target, process_ids=picked, user=person(request),
            data={asks.name: answer} if asks is not None else None,
            time_zone=timezone.get_current_timezone_name(),
            on_made=lambda one: leads_to(request, _list_before(request, process, press=one.pk)),
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
    progress = progress_of(found, person(request))
    lines = told_rows(shown, person(request))
    context = {
        "press": found, "query": query, "page": shown, "counts": progress.counts,
        "lines": lines, "names_runs": any(line.run for line in lines),
        "over": progress.over, "going": progress.going, "progress": progress,
        "outcomes": [one for one in BulkPressRow.Outcome.choices if progress.counts[one[0]]],
        "process_title": _process_title(found, request),
        # Of the bar in a list: what is to be read again once all is done.
        "list_before": _list_before(request, found.process), "reload": not progress.going,
    }  # fmt: skip
    return render_page(
        request, "bulk/press.html", context,
        partials={"bulk-press": "bulk/_press.html", "bulk-progress": "bulk/_progress.html"},
    )  # fmt: skip


@page(methods=("POST",))
@once
def stop(request: HttpRequest, press_id: int) -> HttpResponseBase:
    """Stop a bulk press."""
    found = stop_press(press_id, person(request))
    toast(request, _("Stopped. An action in progress will finish."))
    if request.POST.get("at") == "list":
        return go(request, _list_before(request, found.process, press=found.pk))
    return go(request, "bulk-press", press_id=press_id)


@page()
def report(request: HttpRequest, press_id: int) -> HttpResponseBase:
    """Return what became of each record, as a CSV file."""
    found = read_press(press_id, person(request))
    lines = told_rows(found.rows.order_by("pk"), person(request))
    head = [_("Record"), pgettext("of a record", "Number"), _("Outcome"), _("Reason")]
    rows = [
        [line.title, line.row.process_id, line.row.get_outcome_display(), line.row.reason]
        for line in lines
    ]
    if any(line.run for line in lines):
        head.append(_("Run"))
        rows = [[*row, str(line.run or "")] for row, line in zip(rows, lines, strict=True)]
    return csv_answer([head, *rows], name=f"{found.process}-{found.target}-{found.pk}.csv")


def _process_title(found: BulkPress, request: HttpRequest) -> str:
    rows = known_designs(person(request)).filter(name=found.process)
    return rows.values_list("title", flat=True).first() or found.process
