"""The list of runs, and the trace of one."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.lib.errors import ApplicationError, Missing
from kianda.lib.i18n import grouped
from kianda.lib.secrets import opens
from kianda.web.form_once import once
from kianda.web.page_extensions import extensions_of
from kianda.web.pages import go, is_htmx, page, render_dialog, render_page, toast
from processes import listing
from processes.definition.document import Document
from processes.instances.leases import PAUSED
from processes.instances.lifecycle import store_unsaved_answer
from processes.instances.unsaved import only_looked_up
from processes.models import Change, Run
from processes.rights.seen import seen_error, seen_run
from processes.rules import rules
from processes.running.target_titles import with_target_titles
from processes.selectors import DocumentsOfRuns, document_of_run, runs_seen_among, visible_instance
from processes.views.common import asked, page_of, person, target_title
from processes.views.instances.trace_steps import shown_step, title_of

GOING_ON = frozenset({Run.Status.QUEUED, Run.Status.RUNNING})


@page()
def runs(request: HttpRequest) -> HttpResponseBase:
    """List the runs that the person may see."""
    query = asked(request, "q", "status", "ordering")
    user = person(request)
    rows = listing.runs(user, words=query["q"], status=query["status"], ordering=query["ordering"])
    found = page_of(request, rows, words=query["q"])
    filtered = any(query[name] for name in ("q", "status"))
    documents = DocumentsOfRuns()
    for one in found:
        one.error = seen_error(one, user, documents)
    context = {
        "page": found, "query": query, "filtered": filtered,
        "any": found.paginator.count > 0 or filtered,
        "runs": with_target_titles(found), "statuses": Run.Status.choices,
    }  # fmt: skip
    return render_page(
        request, "runs/runs.html", context, partials={"rows": "runs/_runs_rows.html"}
    )


@page()
def run(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Show the trace of a run; one that goes on grows while it is looked at."""
    found = find_run(request, run_id)
    document = document_of_run(found)
    seen = seen_run(found, person(request), lambda _run: document)
    found.steps, found.error = seen.steps, seen.error
    before, after = listing.neighbours(found)
    context = {
        "run": found, "going_on": found.status in GOING_ON,
        "title": target_title(document, found.target) or _("Run"),
        "steps": _with_saved([shown_step(step, document) for step in found.steps], _saved(found)),
        "before": before, "after": after, "waiting": _waiting(found, document),
        "unsaved": _unsaved_titles(found, document), "looked_up": only_looked_up(found),
        "failed_step": _failed_step(found), "is_cut": seen.is_cut,
        "debugged": found.holder == PAUSED and found.status in GOING_ON,
        "instance": _instance(request, found),
        "extensions": extensions_of("run", found, user=request.user),
    }  # fmt: skip
    return render_page(request, "runs/run.html", context, partials={"run": "runs/_run.html"})


@page(methods=("GET", "POST"))
@once
def store_values(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Ask, then store what a successful call of the run brought and no rule saved."""
    found = find_run(request, run_id)
    error = ""
    if request.method == "POST":
        try:
            store_unsaved_answer(run_pk=found.pk, user=person(request))
        except ApplicationError as refusal:
            error = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
        else:
            toast(request, _("Values of the run stored."))
            return go(request, "instance", process_id=found.process_id)
    context = {
        "run": found,
        "error": error,
        "fields": _unsaved_titles(found, document_of_run(found)),
    }
    status = 200 if not error else 422 if is_htmx(request) else 409
    title = _("Store values in %(id)s") % {"id": found.process_id}
    return render_dialog(request, "runs/_store_values.html", context, title=title, status=status)


def find_run(request: HttpRequest, run_id: int) -> Run:
    """Return a run that the person may see; raises Missing."""
    pks = [run_id] if run_id < 2**63 else []
    found = runs_seen_among(person(request), pks).defer("journal").first()
    if found is None:
        raise Missing(_("There is no run %(run_id)s.") % {"run_id": run_id})
    return found


def _instance(request: HttpRequest, run: Run) -> Any:
    if run.instance_id is None:
        return None
    return visible_instance(run.process_id, person(request), lock=False)


def _unsaved_titles(run: Run, document: Document | None) -> list[str]:
    readable = run.unsaved_answer and opens(run, "unsaved_values")
    names = run.unsaved_values or {} if readable else {}
    return [title_of(name, document) for name in names]


def _saved(run: Run) -> list[str]:
    """Return what each save of the run stored, in their order."""
    rows = Change.objects.filter(run=run).order_by("pk").values_list("fields", "revision")
    return [
        ngettext(
            "%(n)s field stored as revision %(revision)s",
            "%(n)s fields stored as revision %(revision)s",
            len(fields),
        )
        % {"n": len(fields), "revision": grouped(revision)}
        for fields, revision in rows
    ]


def _with_saved(steps: list[dict[str, Any]], saved: list[str]) -> list[dict[str, Any]]:
    """Say beside each save what it stored, where saves and changes stand one to one."""
    saves = {slug for slug, kind in rules.kinds.items() if kind.stores and not kind.completes}
    places = [one for one in steps if one["type"] in saves and one["status"] == "succeeded"]
    if len(places) == len(saved):
        for place, words in zip(places, saved, strict=True):
            place["sentence"] = words
    return steps


def _failed_step(run: Run) -> str:
    name = (run.error or {}).get("step")
    return next((str(step["title"]) for step in run.steps if step["rule"] == name), "")


def _waiting(run: Run, document: Document | None) -> list[str]:
    """Return the titles of the rules that a run under way has still before it."""
    if run.status not in GOING_ON or document is None:
        return []
    try:
        waiting = document.rules_of(run.target)
    except LookupError:
        return []
    done = max((step["position"] + 1 for step in run.steps if step["rule"]), default=0)
    return [rule.title for rule in waiting[done:]]
