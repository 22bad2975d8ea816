"""The page of charts of a process: its records as numbers, and the sentence that asks for one."""

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER, has_role
from kianda.lib.errors import ApplicationError, Forbidden, Invalid
from kianda.web.pages import go, page, render_page, toast
from processes.definition.views import RecordView
from processes.designer.added_charts import add_chart, takes_charts
from processes.lists.records import RecordList, record_list
from processes.lists.state import asked_state, state_of
from processes.lists.view_charts import full_with
from processes.lists.views import view_named
from processes.rights.decisions import may_start
from processes.views.common import person
from processes.views.lists.chart_panels import ChartPanel, panels_asked
from processes.views.lists.chart_sentence import ChartSentence, sentence_of
from processes.views.lists.record_pages import EXPORTS, tabs_context


@page(methods=("GET", "POST"))
def charts(request: HttpRequest, process: str) -> HttpResponseBase:
    """Show the charts of a list as it is asked for: a view, or other filters over it."""
    found = record_list(process, person(request))
    view = view_named(found, request.GET.get("view", ""))
    sentence = sentence_of(found, request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        return _add(request, found, view, sentence)
    return _page(request, found, view, sentence)


def _add(
    request: HttpRequest, found: RecordList, view: RecordView, sentence: ChartSentence
) -> HttpResponseBase:
    """Add the chart that was asked for to the design."""
    if not has_role(found.user, DESIGNER):
        raise Forbidden(_("Only designers add charts to a process."))
    chart = sentence.chart
    if chart is None:
        return _page(request, found, view, sentence, status=422)
    try:
        add_chart(found.document.name, view.name, chart, user=found.user)
    except ApplicationError as refusal:
        told = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
        sentence.refused = told
        return _page(request, found, view, sentence, status=422)
    toast(request, _("Chart added to the draft. Everyone sees it once you publish."))
    return go(request, "designer-lists", name=found.document.name)


def _page(
    request: HttpRequest, found: RecordList, view: RecordView, sentence: ChartSentence, *,
    status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    panels, asked, trouble, state = list[ChartPanel](), None, "", state_of(view)
    try:
        panels, asked = panels_asked(request, found, view, sentence.open_chart)
        state = asked_state(view, dict(request.GET.lists()))
    except Invalid as refusal:
        trouble = refusal.detail
    designs, tabs = has_role(found.user, DESIGNER), tabs_context(request, found, view, charts=True)
    if tabs["own"] and sentence.open_chart:
        sentence.refused = sentence.refused or full_with(view.charts)
    context = {
        "document": found.document, "view": view, "trouble": trouble,
        "state": state, **tabs,
        "exports": EXPORTS, "export_by": "record-charts-export",
        "tiles": [one for one in panels if one.shape == "number"],
        "panels": [one for one in panels if one.shape != "number"],
        "may_start": may_start(found.user, found.design), "may_design": designs,
        "sentence": sentence, "asked": asked, "kept": _kept(request.GET),
        "may_add": designs and takes_charts(found.document, view.name),
    }  # fmt: skip
    return render_page(request, "lists/charts.html", context, status=status)


def _kept(query: QueryDict) -> list[tuple[str, str]]:
    """Return what of a query the sentence sends again: the list that it is about."""
    names = ("view", "filter")
    return [(name, value) for name in names for value in query.getlist(name)]
