"""The flow of a design: its forms, who works on them, and where their buttons lead."""

from collections.abc import Iterator
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.profiles import profile_of
from kianda.lib.errors import Invalid, Missing
from kianda.templatetags.kianda_words import status_words
from kianda.web.pages import page, render_page
from processes import selectors
from processes.definition.checks_flow import flow_advice
from processes.definition.document import Document, Form, parse_document
from processes.definition.flow import THE_END, ways_from
from processes.language.comparisons import side_in_words
from processes.selectors import NO_NUMBERS, FlowNumbers, FlowStretch, flow_numbers
from processes.views.designer.flow_diagram import FlowAdvice, FlowArrow, FlowStep, drawn
from processes.views.designer.workspace import Workspace

MOST_TOLD = 4
# What an advice is about, and what fixes it in one press, where that is one thing.
FIXED_BY = {"owners": "owners", "fields": "closes", "": "opens"}


@page(roles=(DESIGNER,))
def flow(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the flow of the working copy, as a list and as a drawing that says the same."""
    workspace = Workspace(request, name)
    design = selectors.get_design(name)
    context: dict[str, Any] = {
        "design": design, "copy": workspace.copy, **workspace.publishing(design, workspace.copy),
    }  # fmt: skip
    if document := _document(workspace):
        numbers = flow_numbers(design, workspace.user, _stretches(document))
        steps = list(_steps(document, design.name, numbers))
        context |= {
            "steps": steps, "diagram": drawn(steps) if steps else None,
            "statuses": len(document.statuses), "told": _told(numbers),
            "letters": profile_of(workspace.user).single_keys,
        }  # fmt: skip
    return render_page(request, "designer/flow.html", context)


@page(roles=(DESIGNER,))
def drawing(request: HttpRequest, name: str) -> HttpResponseBase:
    """Give the drawing as a file."""
    workspace = Workspace(request, name)
    design = selectors.get_design(name)
    document = _document(workspace)
    steps = list(_steps(document, name, NO_NUMBERS)) if document else []
    if not steps:
        raise Missing(_("The design has errors or no forms, so there is nothing to draw."))
    context = {"design": design, "diagram": drawn(steps), "alone": True}
    markup = render_to_string("designer/_flow_diagram.html", context, request)
    answer = HttpResponse(markup.strip(), content_type="image/svg+xml")
    answer["Content-Disposition"] = f'attachment; filename="{name}.svg"'
    return answer


def _document(workspace: Workspace) -> Document | None:
    """Return the working copy as it would be published; None while it has errors."""
    try:
        return parse_document(dict(workspace.copy.document))
    except Invalid:
        return None


def _told(numbers: FlowNumbers) -> str:
    """Say how many records there are, and at which status most of them are."""
    total = sum(numbers.at_status.values())
    if not total:
        return ""
    largest = sorted(numbers.at_status.items(), key=lambda one: -one[1])[:MOST_TOLD]
    told = ", ".join(f"{intcomma(count)} {status_words(status)}" for status, count in largest)
    words = ngettext("%(n)s record so far: %(told)s", "%(n)s records so far: %(told)s", total)
    return words % {"n": intcomma(total), "told": told}


def _steps(document: Document, name: str, numbers: FlowNumbers) -> Iterator[FlowStep]:
    advice: dict[int, list[FlowAdvice]] = {}
    for flaw in flow_advice(document):
        part, _slash, rest = flaw.pointer.removeprefix("/").partition("/")
        place, _slash, setting = rest.partition("/")
        if part == "forms" and place.isdecimal():
            fixed_by = FIXED_BY.get(setting, "")
            # What opens a form is that the one before it is submitted.
            lacking = document.forms[int(place) - (1 if fixed_by == "opens" else 0)]
            title = lacking.title or lacking.name
            said = FlowAdvice(flaw.detail, fixed_by, lacking.name, title)
            advice.setdefault(int(place), []).append(said)
    here = reverse("designer", args=[name])
    for number, form in enumerate(document.forms):
        yield FlowStep(
            name=form.name,
            title=form.title or form.name,
            owners=_owners(document, form),
            url=f"{here}?{urlencode({'at': f'form:{form.name}'})}",
            arrows=list(_arrows(document, form, numbers)),
            advice=tuple(advice.get(number, ())),
            records=numbers.in_form.get(form.name, 0),
        )


def _arrows(document: Document, form: Form, numbers: FlowNumbers) -> Iterator[FlowArrow]:
    titles = {one.name: one.title or one.name for one in document.forms}
    ways = ways_from(document, form)
    for way in ways:
        if way.leads_to == THE_END:
            records = numbers.at_status.get(way.status, 0)
        elif [one.leads_to for one in ways].count(way.leads_to) == 1:
            records = numbers.on_way.get((form.name, way.leads_to), 0)
        else:
            # Which of several buttons it was is not known.
            records = 0
        yield FlowArrow(
            way.title, way.leads_to, titles.get(way.leads_to, ""), way.status,
            document.meaning_of(way.status), way.is_sure, records,
        )  # fmt: skip


def _stretches(document: Document) -> Iterator[FlowStretch]:
    for form in document.forms:
        ways = ways_from(document, form)
        yield from ((form.name, way.leads_to) for way in ways if way.leads_to != THE_END)


def _owners(document: Document, form: Form) -> str:
    """Return who works on a form, as its settings and its Assign rules say."""
    rules = [rule for found in document.rule_lists for rule in found.rules if rule.enabled]
    assigned = [rule for rule in rules if rule.assigns and getattr(rule, "form", "") == form.name]
    sources = [*form.owners.names]
    for rule in assigned:
        sources += [*rule.addressees("users"), *rule.addressees("groups")]
    titles = {name: field.title or name for name, field in document.fields.items()}
    said = [side_in_words(source, titles) for source in sources]
    return capfirst(", ".join(dict.fromkeys(said))) or _("The creator")
