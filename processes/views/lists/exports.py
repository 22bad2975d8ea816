"""A list as a file: all records that match, with the columns that are shown."""

from collections.abc import Iterator
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
from kianda.web.table_files import csv_file, xlsx_file
from processes.lists.cells import export_value, rows_of
from processes.lists.records import CHUNK, RecordList, record_list
from processes.lists.state import asked_state
from processes.lists.views import readable_state, shown_columns, view_named
from processes.models import ProcessInstance
from processes.views.common import person
from processes.views.lists.record_pages import asked_rows

MOST_RECORDS = 100_000
_FILES = {"csv": csv_file, "xlsx": xlsx_file}


@page()
def export(request: HttpRequest, process: str, suffix: str) -> HttpResponseBase:
    """Give what is listed as a file: every record that matches, not only those of the page."""
    if suffix not in _FILES:
        raise Missing(_("Lists are exported as csv or xlsx."))
    found = record_list(process, person(request))
    view = view_named(found, request.GET.get("view", ""))
    state = readable_state(found, view, asked_state(view, dict(request.GET.lists())))
    rows = asked_rows(found, state)
    count = rows.count()
    if count > MOST_RECORDS:
        words = _("%(count)s records match; a file holds %(most)s. Add a filter.")
        raise TooLarge(words % {"count": grouped(count), "most": grouped(MOST_RECORDS)})
    columns, _missing = shown_columns(found, state)
    saved = any(one.key == view.name for one in found.saved)
    detail = _("%(kind)s, %(count)s records, list %(view)s") % {
        "kind": suffix.upper(), "count": count, "view": view.title if saved else view.name,
    }  # fmt: skip
    record(found.user, action="exported", kind="process", name=process, detail=detail)
    name = f"{slugify(found.document.many_records) or process}-{timezone.localdate():%Y-%m-%d}"
    return _FILES[suffix](_lines(found, rows, columns), name=f"{name}.{suffix}")


def _lines(records: RecordList, rows: Any, columns: list[str]) -> Iterator[list[Any]]:
    titles = [records.columns[name].title for name in columns]
    yield [pgettext("of a record", "Number"), records.document.one_record, *titles]
    seen = records.all_seen(rows)
    while some := list(islice(seen, CHUNK)):
        for row in rows_of(records, some, columns):
            instance: ProcessInstance = row.record.instance
            values = [export_value(row, cell) for cell in row.cells]
            yield [instance.process_id, row.record.title, *values]
