"""Recorded values in the words in which a form shows them, and what changed in a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from kianda.lib.i18n import grouped
from kianda.lib.numbers import with_point
from kianda.web.times import moment_words
from processes.fields import Number, Table
from processes.fields.base import FormField
from processes.fields.base import words_of as words_by
from processes.fields.table import Column
from processes.language.values import ValueFailure, as_text, is_blank


def words_of(field: FormField | None, value: Any) -> Any:
    """Return titles of choices, Yes or No, moments in the person's zone; else the value as it is.

    Numbers have the point of the person's language. What was recorded when the field was of
    another kind stays as it is too.
    """
    told = words_by(field, value, partial(moment_words, seconds=True))
    is_number = isinstance(field, Number) and isinstance(told, str) and told != value
    return with_point(told) if is_number else told


def copied_words(field: FormField, value: Any) -> str:
    """Return all that was typed into a field as text, to be copied."""
    words = words_of(field, value)
    texts = isinstance(words, list) and all(isinstance(one, str) for one in words)
    return ", ".join(words) if texts else as_text(words)


def sent_back_words(by: str, note: str) -> str:
    """Return `Sent back by ben: “Say when.”`; a rule may act for nobody, and without a word."""
    said = _("Sent back by %(by)s") % {"by": by} if by else _("Sent back")
    return f"{said}: “{note}”" if note else said


def renamed_words(row: Mapping[str, Any]) -> list[str]:
    """Return `“Total” is now “Net total”` for each field that has another title in a version."""
    return [_("“%(before)s” is now “%(after)s”") % one for one in row["renamed"]]


def words_in_utc(field: FormField, value: Any) -> Any:
    """Return the same words with moments in UTC, as a trace has them beside its plain values."""
    try:
        return field.shown(field.to_python(value))
    except ValueFailure:
        return value


TableRow = Mapping[str, Any]
CellWords: TypeAlias = Callable[[Column, Any], Any]

MOST = 8
# Beyond this many rows in a row that differ, they are compared place by place.
_MATCHED = 300
_LONGEST = 60
_ARROW = "→"


def table_changes(
    field: Table, before: Any, after: Any, *, told: CellWords = words_of
) -> list[str]:
    """Return the differences between two contents of a table; the first ones, and how many more.

    `told` says what a cell holds.
    """
    old, new = _rows_in_words(before), _rows_in_words(after)
    found = list(_differences(field, old, new, told))
    if len(found) > MOST:
        found = [*found[:MOST], _("and %(count)s more") % {"count": grouped(len(found) - MOST)}]
    return found


def sentences_of(field: object, row: Mapping[str, Any], *, told: CellWords = words_of) -> list[str]:
    """Return a change as sentences when it is one of a table; of one that was cut there is none."""
    before, after = row["before"], row["after"]
    whole = all(value is None or isinstance(value, list) for value in (before, after))
    if not isinstance(field, Table) or not whole:
        return []
    return table_changes(field, before, after, told=told)


def _rows_in_words(value: Any) -> list[TableRow]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _differences(
    field: Table, old: Sequence[TableRow], new: Sequence[TableRow], told: CellWords
) -> Iterator[str]:  # fmt: skip
    head, tail = _alike(old, new)
    old_end, new_end = len(old) - tail, len(new) - tail
    for kind, a, b, c, d in _opcodes(old[head:old_end], new[head:new_end]):
        both = min(b - a, d - c) if kind == "replace" else 0
        for step in range(both):
            was, now = old[head + a + step], new[head + c + step]
            yield from _cells_changed(field, head + c + step + 1, was, now, told)
        for at in range(head + a + both, head + b):
            yield _("row %(number)s removed: %(cells)s") % {
                "number": grouped(at + 1),
                "cells": _cells(field, old[at], told),
            }
        for at in range(head + c + both, head + d):
            yield _("row %(number)s added: %(cells)s") % {
                "number": grouped(at + 1),
                "cells": _cells(field, new[at], told),
            }


def _alike(old: Sequence[TableRow], new: Sequence[TableRow]) -> tuple[int, int]:
    """Return how many rows are alike at the beginning, and at the end."""
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    rest = most - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    return head, tail


def _opcodes(
    old: Sequence[TableRow], new: Sequence[TableRow]
) -> Sequence[tuple[str, int, int, int, int]]:  # fmt: skip
    if len(old) > _MATCHED or len(new) > _MATCHED:
        return [("replace", 0, len(old), 0, len(new))]
    matcher = SequenceMatcher(None, [*map(as_text, old)], [*map(as_text, new)], autojunk=False)
    return [code for code in matcher.get_opcodes() if code[0] != "equal"]


def _cells_changed(
    field: Table, number: int, was: TableRow, now: TableRow, told: CellWords
) -> Iterator[str]:  # fmt: skip
    for column in field.columns:
        before, after = was.get(column.name), now.get(column.name)
        if before != after:
            yield (
                _("row %(number)s, %(column)s: %(before)s %(arrow)s %(after)s")
                % {
                    "number": grouped(number),
                    "column": column.title,
                    "before": _short(_cell_in_words(told, column, before)),
                    "arrow": _ARROW,
                    "after": _short(_cell_in_words(told, column, after)),
                }
            )


def _cells(field: Table, row: TableRow, told: CellWords) -> str:
    cells = [_cell_in_words(told, column, row.get(column.name)) for column in field.columns]
    return _short(", ".join(cell for cell in cells if cell))


def _cell_in_words(told: CellWords, column: Column, value: Any) -> str:
    return "" if is_blank(value) else as_text(told(column, value))


def _short(text: str) -> str:
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return cut or "empty"
