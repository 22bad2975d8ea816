"""Lists as CSV files that spreadsheets open, and of which they compute nothing."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse

# What makes a spreadsheet take a cell for a formula, in East Asia in full width too; blanks, a tab
# or a line before it are passed over.
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Line:
    """Gives back what the writer of the standard library writes."""

    def write(self, text: str) -> str:
        return text


def csv_answer(rows: Iterable[Iterable[Any]], *, name: str) -> HttpResponse:
    """Return rows as a CSV file, its head first; no text in them is a formula.

    It is whole before it is sent: one that breaks off would look like all there is.
    """
    answer = HttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    # By this mark spreadsheets read it as UTF-8.
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([without_formula(cell) for cell in row])


def without_formula(cell: Any) -> Any:
    """Return a cell that a spreadsheet takes for text, whatever it begins with."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_SIGNS) else cell
