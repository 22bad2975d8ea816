"""A list as a file: all records that match, with the columns that are shown, or its charts."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kianda.accounts.services.audit import record
from kianda.lib.errors import Missing, TooLarge
from kianda.lib.i18n import grouped
from kianda.web.pages import page
from kianda.web.table_files import MOST_ROWS, csv_file, xlsx_file
from processes.definition.views import RecordView
from processes.lists.cells import export_value, rows_of
from processes.lists.charts import ChartNumbers
from processes.lists.records import CHUNK, RecordList, record_list
from processes.lists.state import asked_state
from processes.lists.views import readable_state, shown_columns, view_named
from processes.models import ProcessInstance
from processes.views.common import person
from processes.views.lists.chart_panels import ChartPanel, panels_asked
from processes.views.lists.chart_sentence import sentence_of
from processes.views.lists.record_pages import asked_rows

_FILES = {"csv": csv_file, "xlsx": xlsx_file}


@page()
def export(request: HttpRequest, process: str, suffix: str) -> HttpResponseBase:
    """Give what is listed as a file: every record that matches, not only those of the page."""
    found, view = _asked_for(request, process, suffix)
    state = readable_state(found, view, asked_state(view, dict(request.GET.lists())))
    rows = asked_rows(found, state)
    count = rows.count()
    if count > MOST_ROWS:
        words = _("%(count)s records match; a file holds %(most)s. Add a filter.")
        raise TooLarge(words % {"count": grouped(count), "most": grouped(MOST_ROWS)})
    columns, _missing = shown_columns(found, state)
    detail = _("%(kind)s, %(count)s records, list %(view)s") % {
        "kind": suffix.upper(), "count": count, "view": _name_of(found, view),
    }  # fmt: skip
    record(found.user, action="exported", kind="process", name=process, detail=detail)
    return _FILES[suffix](_lines(found, rows, columns), name=f"{_file_name(found)}.{suffix}")


@page()
def export_charts(request: HttpRequest, process: str, suffix: str) -> HttpResponseBase:
    """Give the numbers of the charts of a list as a file, as the tables behind them have them."""
    found, view = _asked_for(request, process, suffix)
    panels, asked = panels_asked(request, found, view, sentence_of(found, request.GET).open_chart)
    detail = _("%(kind)s, charts of list %(view)s") % {
        "kind": suffix.upper(), "view": _name_of(found, view),
    }  # fmt: skip
    record(found.user, action="exported", kind="process", name=process, detail=detail)
    lines = _chart_lines(found, [*([asked] if asked else []), *panels])
    return _FILES[suffix](lines, name=f"{_file_name(found)}-{slugify(_('Charts'))}.{suffix}")


def _asked_for(request: HttpRequest, process: str, suffix: str) -> tuple[RecordList, RecordView]:
    if suffix not in _FILES:
        raise Missing(_("Lists are exported as csv or xlsx."))
    found = record_list(process, person(request))
    return found, view_named(found, request.GET.get("view", ""))


def _name_of(found: RecordList, view: RecordView) -> str:
    """Return what the audit log calls a view: one that people have saved by its title."""
    return view.title if any(one.key == view.name for one in found.saved) else view.name


def _file_name(found: RecordList) -> str:
    name = slugify(found.document.many_records) or found.document.name
    return f"{name}-{timezone.localdate():%Y-%m-%d}"


def _chart_lines(found: RecordList, panels: Iterable[ChartPanel]) -> Iterator[list[Any]]:
    """Yield a block of lines for each chart: its title, its table, a blank line."""
    for panel in panels:
        yield [panel.title]
        if panel.numbers is None:
            yield [panel.trouble]
        elif panel.shape == "number":
            yield [panel.numbers.all.result]
        else:
            yield from _table(found, panel, panel.numbers)
        yield []


def _table(found: RecordList, panel: ChartPanel, numbers: ChartNumbers) -> Iterator[list[Any]]:
    measure = [panel.measure] if panel.measure else []
    yield [panel.by, found.document.many_records, *measure, *panel.series]
    for one in (*numbers.groups, *([numbers.rest] if numbers.rest else []), numbers.all):
        yield [one.label, one.count, *([one.result] if panel.measure else []), *one.parts]


def _lines(records: RecordList, rows: Any, columns: list[str]) -> Iterator[list[Any]]:
    titles = [records.columns[name].title for name in columns]
    yield [pgettext("of a record", "Number"), records.document.one_record, *titles]
    seen = records.all_seen(rows)
    while some := list(islice(seen, CHUNK)):
        for row in rows_of(records, some, columns):
            instance: ProcessInstance = row.record.instance
            values = [export_value(row, cell) for cell in row.cells]
            yield [instance.process_id, row.record.title, *values]
