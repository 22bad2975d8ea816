"""Pinned answers: shown as JSON, edited, taken from the last real answer."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.lib.numbers import whole_number
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, page_before, render_dialog, toast
from processes.models import ProcessDesign
from processes.rules import Rule
from processes.running.pinned_answers import (
    blank_answer,
    last_answer,
    outward_rule,
    pin_answer,
    pinned_of,
    unpin_answer,
)
from processes.views.common import person
from processes.views.preview import common


@page(roles=common.MAKERS, methods=("GET", "POST"))
@once
def answer(request: HttpRequest, name: str, rule: str) -> HttpResponseBase:
    """Show the pinned answer of a rule as JSON; keep it, or forget it."""
    design, found = outward_rule(name, rule)
    text, invalid = request.POST.get("answer", ""), None
    if request.method == "POST":
        try:
            _act(request, name, rule, text)
        except Invalid as refusal:
            invalid = refusal
        else:
            return go(request, page_before(request) or common.shell_url(name))
    kept = pinned_of(design).get(rule)
    context = {
        "design": design, "rule": found, "kept": kept is not None, "errors": Errors(invalid),
        **(_typed(text) if invalid else _editor_context(request, design, found, kept)),
    }  # fmt: skip
    title = _("Sample response for %(rule)s") % {"rule": found.title}
    return render_dialog(
        request, "preview/_answer.html", context, title=title, status=422 if invalid else 200
    )


def _act(request: HttpRequest, name: str, rule: str, text: str) -> None:
    if request.POST.get("act") == "unpin":
        unpin_answer(name=name, rule_id=rule)
        toast(request, _("Sample response removed."))
    else:
        pin_answer(name=name, rule_id=rule, text=text, user=person(request))
        toast(request, _("Sample response saved."))


def _typed(text: str) -> dict[str, Any]:
    return {"text": text}


def _editor_context(
    request: HttpRequest, design: ProcessDesign, rule: Rule, kept: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what stands in the editor: the last real answer when it is asked for."""
    of = request.GET.get("run", "")
    last = last_answer(design, rule.id, user=person(request), run_pk=whole_number(of))
    taken = last is not None and ("last" in request.GET or bool(of) or kept is None)
    shown = last[1] if last and taken else kept or blank_answer(rule)
    return {
        "text": json.dumps(shown, indent=2, ensure_ascii=False),
        "last": last and last[0],
        "taken": taken,
    }
