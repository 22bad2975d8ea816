"""What the pages of processes share."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib import usage
from kianda.lib.errors import ApplicationError, Missing
from kianda.lib.pagination import MOST_HITS, Listed, page_of_list
from kianda.lib.pointers import pointer
from kianda.templatetags.kianda_words import status_words
from processes.bulk.progress import asked_progress
from processes.definition.document import Document, TargetMissing
from processes.forms.sent_forms import sent_form
from processes.lists.records import record_list
from processes.models import Change, ProcessInstance, Run
from processes.record_titles import seen_record
from processes.selectors import visible_instance


def person(request: HttpRequest) -> User:
    """Return who is signed in; `page` lets nobody else in."""
    return cast(User, request.user)


def page_of(
    request: HttpRequest, rows: QuerySet[Any], *, words: str = "",
    keys: Sequence[Any] | None = None, reads_all: bool = False,
    exact: bool = False,
) -> Page[Any]:  # fmt: skip
    """Return the page of a list that the query asks for; one that is not there, the nearest.

    A search for words counts no further than a thousand. `reads_all`: see `Listed`; `exact`: see
    `page_of_list`.
    """
    listed = Listed(rows, most=MOST_HITS if words else None, keys=keys, reads_all=reads_all)
    return page_of_list(listed, request, exact=exact)


def beside_text(ask: str, refused: ApplicationError) -> tuple[str, str]:
    """Return what is wrong with the text that a button asks for, and what else is in the way."""
    place = pointer("data", ask) if ask else ""
    beside = [flaw.detail for flaw in refused.errors if flaw.pointer == place]
    others = [flaw.detail for flaw in refused.errors if flaw.pointer != place]
    return " ".join(beside), " ".join(others) or ("" if beside else refused.detail)


def press_shown(request: HttpRequest) -> dict[str, Any]:
    """Return what the bar of a list shows of the bulk press that was begun there, if any."""
    progress = asked_progress(request.GET.get("press", ""), person(request))
    rest = request.GET.copy()
    rest.pop("press", None)
    return {"progress": progress, "list_before": f"{request.path}?{rest.urlencode()}"}


def sent_address(process_id: str, user: User, run: Run) -> str:
    """Return the page that says where a form was sent by a run; nothing where it was not.

    Who sees the record no more is led home.
    """
    try:
        form = sent_form(process_id, user, run)
    except Missing:
        return reverse("start")
    return reverse("instance-sent", args=[process_id, form]) if form else ""


def place_after(instance: ProcessInstance, user: User) -> str:
    """Return where a person is led who leaves or deletes a record: the list of its process.

    A preview stands only in that of all records, and so does what has no list for the person.
    """
    if instance.mode != ProcessInstance.Mode.LIVE:
        return reverse("instances")
    try:
        record_list(instance.design.name, user)
    except Missing:
        return reverse("instances")
    return reverse("records", args=[instance.design.name])


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """Return parameters of the query as plain text."""
    return {name: request.GET.get(name, "").replace("\0", "")[:200] for name in names}


def target_title(document: Document | None, target: str) -> str:
    """Return what a target is called on the form; its name when the design has it no more."""
    if document is not None:
        for known in document.targets():
            if known.target == target:
                return known.title
    return target


def pressed_words(run: Run, title: str, reader: User) -> str:
    """Say what a press has done: the new status of the record, else that the button is done."""
    rows = Change.objects.filter(run=run).order_by("pk").values_list("fields", flat=True)
    told = [row["after"] for fields in rows for row in fields if row["field"] == "process.status"]
    instance = run.instance and visible_instance(run.instance.process_id, reader, lock=False)
    if not told or instance is None:
        return _("%(title)s: done") % {"title": title}
    status = capfirst(status_words(told[-1]))
    record = seen_record(instance, reader)
    return _("%(record)s: %(status)s") % {"record": record.title, "status": status}


def target_kind(document: Document, target: str) -> str:
    """Return how a person triggers a target; that of a button when it is not there."""
    try:
        return document.kind_of(target)
    except TargetMissing:
        return "button"


_WORDS = {
    "process": gettext_noop("Process design"),
    "instance": gettext_noop("Record"),
    "run": gettext_noop("Run"),
    "scheduled task": gettext_noop("Scheduled task"),
    "view": gettext_noop("View"),
}


def used_by_links(uses: list[usage.Use]) -> list[dict[str, str]]:
    """Return what uses an object with the addresses of its pages, for people."""
    return [
        {
            "kind": _(_WORDS.get(kind, kind.capitalize())),
            "name": str(use["name"]),
            "url": usage.page_of(use) if use["url"] else "",
        }
        for use in uses
        for kind in [str(use["kind"])]
    ]
