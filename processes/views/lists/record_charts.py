"""The page of charts of a process: its records as numbers, with the table behind each."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponseBase
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.web import charts as drawing
from kianda.web.pages import page, render_page
from processes.definition.views import Every, RecordView, ViewChart, ViewFilter
from processes.lists.charts import ChartGroup, ChartNumbers, numbers_of, usual_charts
from processes.lists.columns import ListColumn
from processes.lists.records import RecordList, record_list
from processes.lists.state import asked_state
from processes.lists.views import view_named, views_of
from processes.rights.decisions import may_start
from processes.views.common import person

# No value.
NONE = "\u2013"
# Over time or not: what bars are.
_UPRIGHT, _LYING = "columns", "bars"


class NumberRow(NamedTuple):
    """A row of the table behind a chart."""

    label: str
    records: int
    counted: str
    result: str
    share: str


class ChartPanel(NamedTuple):
    """A chart as the page shows it; where it cannot be drawn, `trouble` says why."""

    title: str
    shape: str = ""
    chart: drawing.Chart | None = None
    rows: tuple[NumberRow, ...] = ()
    whole: NumberRow | None = None
    by: str = ""
    measure: str = ""
    trouble: str = ""


@page()
def charts(request: HttpRequest, process: str) -> HttpResponseBase:
    """Show the charts of a list as it is asked for: a view, or other filters over it."""
    found = record_list(process, person(request))
    view = view_named(found, request.GET.get("view", ""))
    panels, trouble = list[ChartPanel](), ""
    try:
        filter = asked_state(view, dict(request.GET.lists())).filter
        found.rows(filter, at="/filter")
    except Invalid as refusal:
        trouble = refusal.detail
    else:
        panels += _panels(found, view, filter)
    context = {
        "document": found.document, "view": view, "trouble": trouble,
        "tabs": [(one, one.name == view.name) for one in views_of(found)],
        "tiles": [one for one in panels if one.shape == "number"],
        "panels": [one for one in panels if one.shape != "number"],
        "may_start": may_start(found.user, found.design),
    }  # fmt: skip
    return render_page(request, "lists/charts.html", context)


def _panels(found: RecordList, view: RecordView, filter: ViewFilter) -> Iterator[ChartPanel]:
    """Yield the charts of a view; of one that counts what the person may not see, nothing."""
    for chart in view.charts or usual_charts(found):
        named = [name for name in (chart.field, chart.by) if name]
        hidden = [name for name in named if not _is_openly_seen(found, name)]
        if any(name in found.document.fields for name in hidden):
            continue
        title = chart.title or _title(found, chart)
        try:
            yield _panel(found, chart, title, numbers_of(found, chart, filter))
        except Invalid as invalid:
            told = " ".join(flaw.detail for flaw in invalid.errors) or invalid.detail
            yield ChartPanel(title, trouble=told)


def _is_openly_seen(found: RecordList, name: str) -> bool:
    column = found.columns.get(name)
    return column is not None and column.openly


def _panel(found: RecordList, chart: ViewChart, title: str, numbers: ChartNumbers) -> ChartPanel:
    groups = [*numbers.groups, *([numbers.rest] if numbers.rest else [])]
    points = [
        drawing.Point(
            one.label,
            one.result,
            _written(one.result, numbers.measure),
            _short(one, chart.every) if numbers.over_time else "",
        )
        for one in (numbers.groups if numbers.over_time else groups)
    ]
    if chart.show == "number":
        shape, drawn = "number", None
    elif chart.show == "line":
        shape, drawn = "line", drawing.line(points)
    elif numbers.over_time:
        shape, drawn = _UPRIGHT, drawing.columns(points)
    else:
        shape, drawn = _LYING, drawing.bars(points)
    return ChartPanel(
        title, shape, drawn if points else None,
        tuple(_row(one, numbers) for one in groups), _row(numbers.all, numbers),
        numbers.by.title if numbers.by else "",
        _measured(chart, numbers.measure) if numbers.measure else "",
    )  # fmt: skip


def _short(group: ChartGroup, every: Every) -> str:
    """Return a day without its year, which stands in the table."""
    if every not in {"day", "week"} or group.value is None:
        return group.label
    return date_format(date.fromisoformat(group.value), "j M")


def _row(group: ChartGroup, numbers: ChartNumbers) -> NumberRow:
    share = 100 * group.count / numbers.all.count if numbers.all.count else 0
    return NumberRow(
        group.label, group.count, intcomma(group.count), _written(group.result, numbers.measure),
        _("%(share)s %%") % {"share": number_format(round(share))},
    )  # fmt: skip


def _written(value: float | None, measure: ListColumn | None) -> str:
    """Return a number as people write it, with as many places as its field has."""
    if value is None:
        return NONE
    if value == int(value):
        return number_format(int(value), use_l10n=True, force_grouping=True)
    places = getattr(measure.field, "decimals", None) if measure else None
    return number_format(value, decimal_pos=places or 1, use_l10n=True, force_grouping=True)


def _measured(chart: ViewChart, measure: ListColumn) -> str:
    words = _("Average of %(name)s") if chart.calculate == "average" else _("Sum of %(name)s")
    return words % {"name": measure.title}


def _title(found: RecordList, chart: ViewChart) -> str:
    """Return `Leave requests by status`, `Average of Days by department` or the like."""
    measure = found.columns.get(chart.field)
    what = _measured(chart, measure) if measure else found.document.many_records
    by = found.columns.get(chart.by)
    if by is None:
        return what
    if by.kind in {"day", "moment"}:
        each = {
            "day": _("%(what)s per day, by %(by)s"), "week": _("%(what)s per week, by %(by)s"),
            "month": _("%(what)s per month, by %(by)s"),
            "quarter": _("%(what)s per quarter, by %(by)s"),
            "year": _("%(what)s per year, by %(by)s"),
        }  # fmt: skip
        return each[chart.every] % {"what": what, "by": by.title}
    return _("%(what)s by %(by)s") % {"what": what, "by": by.title}
