"""The rows of a list: what stands in each cell, in words for people and as values for files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kianda.accounts.services.directory import DirectoryEntry, entries
from kianda.templatetags.kianda_words import status_words
from processes.language.people import called
from processes.language.people_refs import group_ref, user_ref
from processes.language.values import ValueFailure, files_in, is_blank
from processes.lists.columns import ListColumn
from processes.lists.records import RecordList
from processes.models import FormOwner
from processes.record_titles import SeenRecord, as_day, dated, words_seen
from processes.rights.instance_rights import InstanceRights

# A cell with more people names them without their marks.
MOST_MARKS = 3


class ListCell(NamedTuple):
    """One cell: its column, and words; a moment of a fact, refs of people and files as they are."""

    column: ListColumn
    text: str = ""
    moment: datetime | None = None
    refs: tuple[str, ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_quantity(self) -> bool:
        """Tell whether it stands at the right, in figures."""
        return self.column.kind == "quantity"


class ListRow(NamedTuple):
    """A record of a list with its cells."""

    record: SeenRecord
    cells: list[ListCell]


def rows_of(
    records: RecordList, seen: Sequence[SeenRecord], columns: Sequence[str]
) -> list[ListRow]:
    """Return records with their cells; what the reader does not see of one stands in none."""
    owners = _owners(records, seen) if "process.owners" in columns else {}
    called({ref for refs in owners.values() for ref in refs})
    wanted = [records.columns[name] for name in columns]
    return [ListRow(one, [_cell(column, one, owners) for column in wanted]) for one in seen]


def _cell(
    column: ListColumn, record: SeenRecord, owners: Mapping[int, Sequence[str]]
) -> ListCell:  # fmt: skip
    instance = record.instance
    if column.field is not None:
        # By the version of the record: a field may have become another since.
        field, value = record.document.fields.get(column.name), record.seen.get(column.name)
        refs = _refs(value) if column.kind == "person" else ()
        files = tuple(files_in(value)) if column.kind == "files" else ()
        return ListCell(column, field_words(field, value), refs=refs, files=files)
    if column.name == "process.owners":
        refs = tuple(owners.get(instance.pk, ()))
        return ListCell(column, ", ".join(called(refs)), refs=refs)
    if column.name == "process.created_by":
        if (by := instance.created_by) is None:
            return ListCell(column)
        words, ref = by.get_full_name() or by.get_username(), user_ref(by.get_username())
        return ListCell(column, words, refs=(ref,))
    if column.name == "process.id":
        return ListCell(column, instance.process_id)
    if column.name == "process.status":
        return ListCell(column, str(capfirst(status_words(instance.status))))
    moment = instance.created if column.name == "process.created" else instance.modified
    return ListCell(column, moment=moment)


def _refs(value: Any) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value]
    return tuple(one for one in many if isinstance(one, str) and one)


def marks_of(rows: Iterable[ListRow]) -> dict[str, DirectoryEntry]:
    """Return the people and groups whose marks rows show, by their refs; one look-up for all."""
    return entries(
        ref for row in rows for cell in row.cells for ref in cell.refs[: MOST_MARKS + 1]
    )  # fmt: skip


def field_words(field: Any, value: Any) -> str:
    """Return a value in words; one that no longer is of its field as it is."""
    if field is None or is_blank(value):
        return ""
    try:
        return words_seen(field, value)
    except ValueFailure:
        return str(value)


def _owners(records: RecordList, seen: Iterable[SeenRecord]) -> dict[int, list[str]]:
    """Return whose the open forms of records are, of the forms that the reader sees."""
    known = {one.instance.pk: one for one in seen}
    found: defaultdict[int, list[str]] = defaultdict(list)
    rights: dict[int, InstanceRights] = {}
    for row in FormOwner.objects.filter(instance__in=list(known)).order_by("pk"):
        record = known[row.instance_id]
        if record.document.has_hidden_parts:
            own = rights.get(row.instance_id) or InstanceRights(
                records.user, record.instance, record.document
            )
            rights[row.instance_id] = own
            if not own.sees(row.form):
                continue
        made = user_ref if row.kind == FormOwner.Kind.USER else group_ref
        if (ref := made(row.name)) not in found[row.instance_id]:
            found[row.instance_id].append(ref)
    return found


def value_words(column: ListColumn, value: Any) -> str:
    """Return a value of a column, as a query has it, in the words of a list."""
    if is_blank(value):
        return _("Empty")
    if column.kind == "person":
        return called([str(value)])[0]
    if column.choices:
        return dict(column.choices).get(str(value), str(value))
    if column.kind in {"day", "moment"} and (day := as_day(value)):
        return dated(day)
    return field_words(column.field, value) if column.field is not None else str(value)


def export_value(row: ListRow, cell: ListCell) -> Any:
    """Return what a file has in a cell: numbers, days and moments as such, else words."""
    if cell.moment is not None:
        return cell.moment
    value = row.record.seen.get(cell.column.name) if cell.column.field is not None else None
    if cell.is_quantity and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if cell.column.kind in {"day", "moment"} and isinstance(value, str):
        return _in_calendar(value, cell.column.kind) or cell.text
    return cell.text


def _in_calendar(value: str, kind: str) -> date | None:
    """Return the day or the moment that is stored; None for what is none, or none of the zone."""
    try:
        if kind == "day":
            return date.fromisoformat(value)
        return timezone.localtime(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None
