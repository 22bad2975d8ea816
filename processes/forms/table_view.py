"""The window on a table's rows as a page shows it."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from kianda.lib.i18n import grouped
from kianda.lib.pointers import pointer
from kianda.web.pages import Errors
from processes.definition.display import Display
from processes.fields.base import Written
from processes.fields.table import Column
from processes.forms.controls import Control, RowView, TableView
from processes.forms.table_input import TypedRow, TypedTable, packed, window_of, window_size

# What the page's script replaces in a new row.
NEW = "new-0"


def table_view(typed: TypedTable, errors: Errors) -> TableView:
    """Return the window on rows: where they were left, or at the first row with an error."""
    field, total = typed.grid.field, len(typed.lines)
    size = window_size(field)
    start = min(typed.start, max(0, total - 1))
    wrong = _rows_with_errors(field.name, errors)
    if wrong and not any(start <= at < start + size for at in wrong):
        start = window_of(min(wrong[0], max(0, total - 1)), size)
    shown = typed.lines[start : start + size]
    rows = [_row(typed, at, line, errors) for at, line in enumerate(shown, start)]
    around = {
        "before": packed(typed.lines[:start]), "after": packed(typed.lines[start + size :])
    }  # fmt: skip
    return TableView(
        rows=rows,
        total=total,
        start=start,
        size=size,
        around=json.dumps(around, separators=(",", ":"), ensure_ascii=False),
        blank=_blank(typed),
        focus="" if rows and typed.focus else typed.focus,
    )


def _rows_with_errors(name: str, errors: Errors) -> list[int]:
    below = re.compile(re.escape(pointer("data", name)) + r"/([0-9]+)/")
    found = [below.match(place) for _, place, _ in errors.items()]
    return sorted({int(match[1]) for match in found if match})


def _row(typed: TypedTable, at: int, line: TypedRow, errors: Errors) -> RowView:
    key, acted = line.name, typed.focus if typed.focused == at else ""
    place = pointer(typed.grid.field.name, at)
    made = _cells(typed, line, key, place, grouped(at + 1), errors)
    if acted == "add":
        first = next((one for one, cell in enumerate(made) if cell.enabled), None)
        made = [_focused(cell) if one == first else cell for one, cell in enumerate(made)]
    return RowView(key, at + 1, made, acted)


def _blank(typed: TypedTable) -> RowView:
    place = pointer(typed.grid.field.name, NEW)
    cells = _cells(typed, TypedRow(None, {}), NEW, place, "0", Errors())
    return RowView(NEW, 0, cells)


def _cells(
    typed: TypedTable, line: TypedRow, key: str, place: str, row: str, errors: Errors
) -> list[Control]:
    written = typed.grid.written(line)
    columns: Sequence[Column] = [one for one in typed.grid.field.columns if one.visible]
    return [
        _cell(column, written[column.name], f"{typed.grid.field.name}-{key}-{column.name}",
              place + pointer(column.name), row, errors)
        for column in columns
    ]  # fmt: skip


def _cell(
    column: Column, written: Written, key: str, place: str, row: str, errors: Errors
) -> Control:
    return Control(
        column,
        written,
        tuple(errors.at("/data" + place)),
        display=Display(enabled=column.enabled, required=column.required),
        place=place,
        key=key,
        row=row,
    )


def _focused(cell: Control) -> Control:
    return replace(cell, focus=True)
