"""The list of runs, and the trace of one."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.lib.errors import ApplicationError, Missing
from kianda.lib.secret_names import MASK
from kianda.once import once
from kianda.pages import go, is_htmx, page, render_dialog, render_page, toast
from processes import listing
from processes.document import Document
from processes.models import Change, ProcessDesign, Run
from processes.rules import Rule, SetFormField
from processes.selectors import visible_instance, visible_runs
from processes.services.designs import get_version
from processes.services.documents import document_of
from processes.services.instances import store_unsaved_answer
from processes.views.common import asked, page_of, person, target_title

GOING_ON = frozenset({Run.Status.QUEUED, Run.Status.RUNNING})


@page()
def runs(request: HttpRequest) -> HttpResponseBase:
    """List the runs that the person may see."""
    query = asked(request, "q", "status", "ordering")
    rows = listing.runs(
        person(request), words=query["q"], status=query["status"], ordering=query["ordering"],
    )  # fmt: skip
    found = page_of(request, rows)
    filtered = any(query[name] for name in ("q", "status"))
    context = {
        "page": found, "query": query, "filtered": filtered,
        "any": found.paginator.count > 0 or filtered,
        "runs": [(run, run.target) for run in found], "statuses": Run.Status.choices,
    }  # fmt: skip
    return render_page(
        request, "processes/runs.html", context, partials={"rows": "processes/_runs_rows.html"}
    )


@page()
def run(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Show the trace of a run; one that goes on grows while it is looked at."""
    found = _found(request, run_id)
    document = _document(found)
    before, after = listing.neighbours(found)
    context = {
        "run": found, "going_on": found.status in GOING_ON,
        "title": target_title(document, found.target) or _("Run"),
        "steps": _with_saved([_step(step, document) for step in found.steps], _saved(found)),
        "before": before, "after": after, "waiting": _waiting(found, document),
        "unsaved": _unsaved_titles(found, document),
        "failed_step": _failed_step(found),
        "instance": _instance(request, found),
    }  # fmt: skip
    return render_page(
        request, "processes/run.html", context, partials={"run": "processes/_run.html"}
    )


@page(methods=("GET", "POST"))
@once
def store_values(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Ask, then store what a successful call of the run brought and no rule saved."""
    found = _found(request, run_id)
    error = ""
    if request.method == "POST":
        try:
            store_unsaved_answer(run_pk=found.pk, user=person(request))
        except ApplicationError as refusal:
            error = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
        else:
            toast(request, _("The values of the run are stored."))
            return go(request, "instance", process_id=found.process_id)
    context = {"run": found, "error": error, "fields": _unsaved_titles(found, _document(found))}
    status = 200 if not error else 422 if is_htmx(request) else 409
    return render_dialog(
        request, "processes/_store_values.html", context, title=_("Store values"), status=status
    )


def _found(request: HttpRequest, run_id: int) -> Run:
    rows = visible_runs(person(request)).defer("journal")
    found = rows.filter(pk=run_id).first() if run_id < 2**63 else None
    if found is None:
        raise Missing(f"There is no run {run_id}.")
    return found


def _document(run: Run) -> Document | None:
    """Return the definition that a run worked by, if it is still there."""
    design = ProcessDesign.objects.filter(name=run.process).first()
    if design is None:
        return None
    try:
        return document_of(get_version(design, run.version))
    except Missing:
        return None


def _instance(request: HttpRequest, run: Run) -> Any:
    if run.instance_id is None:
        return None
    return visible_instance(run.process_id, person(request), lock=False)


def _unsaved_titles(run: Run, document: Document | None) -> list[str]:
    names = run.unsaved_values or {} if run.unsaved_answer else {}
    return [_title(name, document) for name in names]


def _title(name: str, document: Document | None) -> str:
    return document.fields[name].title if document and name in document.fields else name


def _step(step: Mapping[str, Any], document: Document | None) -> dict[str, Any]:
    """Return a step of the trace with the words that people know its parts by."""
    rule = next((rule for _, rule in document.placed_rules() if rule.id == step["rule"]), None) \
        if document else None  # fmt: skip
    body = (step.get("response") or {}).get("body")
    return {
        **step,
        "number": step["position"] + 1,
        "sentence": _sentence(rule, document),
        "read": [(_title(name, document), value) for name, value in step["read"].items()],
        "changes": [{**row, "title": _title(row["field"], document)} for row in step["changes"]],
        "is_call": bool(step["request"]) or bool(step["response"]),
        "open": step["status"] in {"failed", "running"},
        "has_body": body not in (None, ""),
        "masked": MASK,
    }


def _sentence(rule: Rule | None, document: Document | None) -> SafeString:
    """Return a rule as a sentence in which its fields stand by their titles."""
    if rule is None or document is None or rule.sentence() == rule.title:
        return escape("")
    if not isinstance(rule, SetFormField):
        return escape(rule.sentence())
    parts = [
        format_html(
            '<span class="k-ref">{}</span> {} {}', _title(row.field, document), _("to"),
            row.value or _("empty"),
        )
        for row in rule.assignments
    ]  # fmt: skip
    return format_html("{} {}", _("Set"), format_html_join(", ", "{}", ((one,) for one in parts)))


def _saved(run: Run) -> list[str]:
    """Return what each save of the run stored, in their order."""
    rows = Change.objects.filter(run=run).order_by("pk").values_list("fields", "revision")
    return [
        ngettext(
            "%(n)s changed field stored as revision %(revision)s",
            "%(n)s changed fields stored as revision %(revision)s",
            len(fields),
        )
        % {"n": len(fields), "revision": f"{revision:,}"}
        for fields, revision in rows
    ]


def _with_saved(steps: list[dict[str, Any]], saved: list[str]) -> list[dict[str, Any]]:
    """Say beside each save what it stored, where saves and changes stand one to one."""
    places = [one for one in steps if one["type"] == "save" and one["status"] == "succeeded"]
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
        rules = document.rules_of(run.target)
    except LookupError:
        return []
    return [rule.title for rule in rules[len(run.steps) :]]
