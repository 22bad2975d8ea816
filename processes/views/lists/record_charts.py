"""The page of charts of a process: its records as numbers, and the sentence that asks for one."""

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER, has_role
from kianda.lib.errors import ApplicationError, Forbidden, Invalid
from kianda.web.pages import go, page, render_page, toast
from processes.definition.views import RecordView, ViewChart, ViewFilter
from processes.designer.added_charts import add_chart, takes_charts
from processes.lists.charts import is_open
from processes.lists.records import RecordList, record_list
from processes.lists.state import asked_state
from processes.lists.views import view_named
from processes.rights.decisions import may_start
from processes.views.common import person
from processes.views.lists.chart_panels import ChartPanel, panel_of, panels_of
from processes.views.lists.chart_sentence import ChartSentence, sentence_of
from processes.views.lists.record_pages import tabs_of


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
    panels, asked, trouble = list[ChartPanel](), None, ""
    try:
        filter = asked_state(view, dict(request.GET.lists())).filter
        found.rows(filter, at="/filter")
    except Invalid as refusal:
        trouble = refusal.detail
    else:
        panels += panels_of(found, view, filter)
        asked = _asked(found, sentence.chart, filter)
    designs = has_role(found.user, DESIGNER)
    context = {
        "document": found.document, "view": view, "trouble": trouble,
        "tabs": tabs_of(found, view),
        "tiles": [one for one in panels if one.shape == "number"],
        "panels": [one for one in panels if one.shape != "number"],
        "may_start": may_start(found.user, found.design), "may_design": designs,
        "sentence": sentence, "asked": asked, "kept": _kept(request.GET),
        "may_add": designs and takes_charts(found.document, view.name),
    }  # fmt: skip
    return render_page(request, "lists/charts.html", context, status=status)


def _asked(found: RecordList, chart: ViewChart | None, filter: ViewFilter) -> ChartPanel | None:
    """Return the chart that the sentence asks for, of what the person may count by."""
    return panel_of(found, chart, filter) if chart is not None and is_open(found, chart) else None


def _kept(query: QueryDict) -> list[tuple[str, str]]:
    """Return what of a query the sentence sends again: the list that it is about."""
    names = ("view", "filter")
    return [(name, value) for name in names for value in query.getlist(name)]
