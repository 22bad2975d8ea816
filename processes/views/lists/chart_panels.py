"""Charts of records as pages show them: what is drawn, and the table behind each."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.lib.i18n import with_small_beginning
from kianda.web import charts as drawing
from processes.definition.document import Document
from processes.definition.views import Every, RecordView, ViewChart, ViewFilter
from processes.lists.charts import TIMES, ChartGroup, ChartNumbers, numbers_of
from processes.lists.columns import FACT_KINDS, FACT_TITLES, ListColumn
from processes.lists.records import RecordList
from processes.lists.state import asked_state
from processes.lists.view_charts import is_open, usual_charts

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
    parts: tuple[str, ...] = ()


class ChartPanel(NamedTuple):
    """A chart as the page shows it; where it cannot be drawn, `trouble` says why."""

    title: str
    shape: str = ""
    chart: drawing.Chart | None = None
    rows: tuple[NumberRow, ...] = ()
    whole: NumberRow | None = None
    by: str = ""
    measure: str = ""
    # What the two parts of each row are called, where the chart is split.
    series: tuple[str, ...] = ()
    trouble: str = ""
    # What is drawn, as numbers; None where it cannot be counted.
    numbers: ChartNumbers | None = None


def panels_asked(
    request: HttpRequest, found: RecordList, view: RecordView, chart: ViewChart | None
) -> tuple[list[ChartPanel], ChartPanel | None]:
    """Return the charts of a list as it is asked for, and the one that a sentence asks for.

    Raises Invalid for a filter that cannot be asked.
    """
    filter = asked_state(view, dict(request.GET.lists())).filter
    found.rows(filter, at="/filter")
    asked = panel_of(found, chart, filter) if chart else None
    return [*panels_of(found, view, filter)], asked


def panels_of(found: RecordList, view: RecordView, filter: ViewFilter) -> Iterator[ChartPanel]:
    """Yield the charts of a view; of one that counts what the person may not see, nothing."""
    for chart in view.charts or usual_charts():
        if is_open(found, chart):
            yield panel_of(found, chart, filter)


def panel_of(found: RecordList, chart: ViewChart, filter: ViewFilter) -> ChartPanel:
    """Return a chart as a page shows it; one that cannot be counted says why."""
    title = chart.title or title_of(found, chart)
    try:
        return _panel(found, chart, title, numbers_of(found, chart, filter))
    except Invalid as invalid:
        told = " ".join(flaw.detail for flaw in invalid.errors) or invalid.detail
        return ChartPanel(title, trouble=told)


def _panel(found: RecordList, chart: ViewChart, title: str, numbers: ChartNumbers) -> ChartPanel:
    groups = [*numbers.groups, *([numbers.rest] if numbers.rest else [])]
    points = [
        drawing.Point(
            one.label,
            one.result,
            _written(one.result, numbers.measure),
            _short(one, chart.every) if numbers.over_time else "",
            _parts(one, numbers),
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
        _measured(chart, numbers.measure.title) if numbers.measure else "", numbers.series,
        numbers=numbers,
    )  # fmt: skip


def _parts(group: ChartGroup, numbers: ChartNumbers) -> tuple[drawing.PointPart, ...]:
    return tuple(
        drawing.PointPart(value, f"{group.label}, {title}", _written(value, numbers.measure))
        for value, title in zip(group.parts, numbers.series, strict=True)
    )


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
        tuple(_written(one, numbers.measure) for one in group.parts),
    )  # fmt: skip


def _written(value: float | None, measure: ListColumn | None) -> str:
    """Return a number as people write it, with as many places as its field has."""
    if value is None:
        return NONE
    if value == int(value):
        return number_format(int(value), use_l10n=True, force_grouping=True)
    places = getattr(measure.field, "decimals", None) if measure else None
    return number_format(value, decimal_pos=places or 1, use_l10n=True, force_grouping=True)


def _measured(chart: ViewChart, measure: str) -> str:
    words = _("Average of %(name)s") if chart.calculate == "average" else _("Sum of %(name)s")
    return words % {"name": with_small_beginning(measure)}


def title_of(found: RecordList, chart: ViewChart) -> str:
    """Return `Leave requests by status`, `Average of Days by department` or the like."""
    columns = {one.name: (one.title, one.kind in TIMES) for one in found.columns.values()}
    return _title(found.document.many_records, chart, columns)


def title_in(document: Document, chart: ViewChart) -> str:
    """Return the title of a chart of a process, whoever reads it."""
    fields = {
        name: (one.title, one.listed_as in TIMES) for name, one in document.value_fields.items()
    }
    facts = {name: (str(title), FACT_KINDS[name] in TIMES) for name, title in FACT_TITLES.items()}
    return chart.title or _title(document.many_records, chart, {**fields, **facts})


def _title(many: str, chart: ViewChart, columns: Mapping[str, tuple[str, bool]]) -> str:
    measure = columns.get(chart.field)
    what = _measured(chart, measure[0]) if measure else many
    by, over_time = columns.get(chart.by, ("", False))
    if not by:
        return what
    if over_time:
        each = {
            "day": _("%(what)s per day"), "week": _("%(what)s per week"),
            "month": _("%(what)s per month"), "quarter": _("%(what)s per quarter"),
            "year": _("%(what)s per year"),
        }  # fmt: skip
        what = each[chart.every] % {"what": what}
        # When else is meant where nothing is said.
        if chart.by == "process.created":
            return what
        return _("%(what)s, by %(by)s") % {"what": what, "by": with_small_beginning(by)}
    return _("%(what)s by %(by)s") % {"what": what, "by": with_small_beginning(by)}
