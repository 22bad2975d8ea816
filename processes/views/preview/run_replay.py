"""A run of the past in the debugger's view: its rules, and the values before and after each."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import has_role
from kianda.web.pages import page, render_page
from processes.definition.document import Document
from processes.engine.trace_replay import values_after
from processes.models import Run
from processes.rights.seen import seen_run
from processes.running.pinned_answers import outward_rules
from processes.selectors import document_of_run
from processes.views.common import person, target_title
from processes.views.instances.runs import find_run
from processes.views.instances.trace_steps import shown_step
from processes.views.preview import common


@page()
def steps(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Show a run after as many of its steps as the query says; at first, after all of them."""
    run = find_run(request, run_id)
    document = document_of_run(run)
    seen = seen_run(run, person(request), lambda _run: document)
    run.steps, run.data = seen.steps, seen.data
    last = len(run.steps)
    count = _count(request.GET.get("step", ""), last)
    context = {
        "run": run, "title": target_title(document, run.target) or _("Run"),
        "count": count, "last": last,
        "steps": [
            {**shown_step(step, document), "place": place, "is_shown": place == count}
            for place, step in enumerate(run.steps, 1)
        ],
        "forms": _forms(run, document, count),
        "pinnable": _pinnable(request, run, document),
    }  # fmt: skip
    return render_page(
        request, "preview/walk.html", context, partials={"walk": "preview/_walk.html"}
    )


def _count(asked: str, last: int) -> int:
    return min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < 6 else last


def _forms(run: Run, document: Document | None, count: int) -> list[dict[str, Any]]:
    """Return the values by form, as they were after so many steps."""
    if document is None:
        names = list(dict.fromkeys([*(run.data or {}), *_changed(run)]))
        known = values_after(run.steps, count, names, run.data)
        return [{"title": "", "rows": [(one.name, one) for one in known]}]
    return [
        {
            "title": form.title,
            "rows": [
                (document.fields[one.name].title, one)
                for one in values_after(
                    run.steps,
                    count,
                    [field.name for field in form.all_fields() if field.holds_value],
                    run.data,
                )
            ],
        }
        for form in document.forms
    ]


def _changed(run: Run) -> list[str]:
    return [row["field"] for step in run.steps for row in step["changes"]]


def _pinnable(request: HttpRequest, run: Run, document: Document | None) -> frozenset[str]:
    """Return the rules whose recorded answer this person may pin as a sample."""
    if document is None or not has_role(person(request), *common.MAKERS):
        return frozenset()
    return frozenset(outward_rules(document))
