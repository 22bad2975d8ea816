"""The flow of a design: its forms, who works on them, and where their buttons lead."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.errors import Invalid
from kianda.web.pages import page, render_page
from processes import selectors
from processes.definition.checks_flow import flow_advice
from processes.definition.document import Document, Form, parse_document
from processes.definition.flow import ways_from
from processes.language.comparisons import side_in_words
from processes.views.designer.flow_diagram import FlowArrow, FlowStep, drawn
from processes.views.designer.workspace import Workspace


@page(roles=(DESIGNER,))
def flow(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the flow of the working copy, as a list and as a drawing that says the same."""
    workspace = Workspace(request, name)
    design = selectors.get_design(name)
    context: dict[str, Any] = {
        "design": design, "copy": workspace.copy, **workspace.publishing(design),
    }  # fmt: skip
    try:
        document = parse_document(dict(workspace.copy.document))
    except Invalid:
        return render_page(request, "designer/flow.html", context)
    steps = list(_steps(document, design.name))
    context |= {"steps": steps, "diagram": drawn(steps) if steps else None}
    return render_page(request, "designer/flow.html", context)


def _steps(document: Document, name: str) -> Iterator[FlowStep]:
    advice: dict[int, list[str]] = {}
    for flaw in flow_advice(document):
        part, _slash, rest = flaw.pointer.removeprefix("/").partition("/")
        place = rest.split("/")[0]
        if part == "forms" and place.isdecimal():
            advice.setdefault(int(place), []).append(flaw.detail)
    here = reverse("designer", args=[name])
    for number, form in enumerate(document.forms):
        yield FlowStep(
            name=form.name,
            title=form.title or form.name,
            owners=_owners(document, form),
            url=f"{here}?{urlencode({'at': f'form:{form.name}'})}",
            arrows=list(_arrows(document, form)),
            advice=tuple(advice.get(number, ())),
        )


def _arrows(document: Document, form: Form) -> Iterator[FlowArrow]:
    titles = {one.name: one.title or one.name for one in document.forms}
    for way in ways_from(document, form):
        yield FlowArrow(
            way.title, way.leads_to, titles.get(way.leads_to, ""), way.status,
            document.meaning_of(way.status), way.is_sure,
        )  # fmt: skip


def _owners(document: Document, form: Form) -> str:
    """Return who works on a form, as its settings and its Assign rules say."""
    rules = [rule for found in document.rule_lists() for rule in found.rules if rule.enabled]
    assigned = [rule for rule in rules if rule.assigns and getattr(rule, "form", "") == form.name]
    sources = [*form.owners.names]
    for rule in assigned:
        sources += [*rule.addressees("users"), *rule.addressees("groups")]
    titles = {name: field.title or name for name, field in document.fields.items()}
    said = [side_in_words(source, titles) for source in sources]
    return capfirst(", ".join(dict.fromkeys(said))) or _("The creator")
