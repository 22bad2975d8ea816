"""A recorded value of a field in the words in which its form shows it."""

from datetime import datetime
from typing import Any

from kianda.web.times import moment_words
from processes.fields import Date, List, Number, Table, Toggle
from processes.fields.base import FormField
from processes.language.values import ValueFailure, is_blank


def words_of(field: FormField | None, value: Any) -> Any:
    """Return titles of choices, Yes or No, moments in the person's zone; else the value as it is.

    What was recorded when the field was of another kind stays as it is too.
    """
    if is_blank(value):
        return value
    if isinstance(field, Table):
        return _rows(field, value)
    try:
        return _words(field, value)
    except ValueFailure:
        return value


def words_in_utc(field: FormField, value: Any) -> Any:
    """Return the same words with moments in UTC, as a trace has them beside its plain values."""
    try:
        return field.shown(field.to_python(value))
    except ValueFailure:
        return value


def _words(field: FormField | None, value: Any) -> Any:
    if isinstance(field, Date) and field.mode == "datetime":
        return _in_zone(field, value)
    told = isinstance(field, (Date, List, Number, Toggle))
    return field.shown(field.to_python(value)) if field and told else value


def _in_zone(field: Date, value: Any) -> str:
    stored = str(field.to_python(value))
    try:
        return moment_words(datetime.fromisoformat(stored), seconds=True)
    except OverflowError:
        return field.shown(stored)  # At the ends of the calendar a zone has no such moment.


def _rows(field: Table, value: Any) -> Any:
    """Return the rows of a table with words in their cells; of one that was cut there are none."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return value
    columns = {column.name: column for column in field.columns}
    return [
        {name: words_of(columns.get(name), cell) for name, cell in row.items()} for row in value
    ]
