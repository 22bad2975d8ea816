"""Long lists as files of spreadsheets, written row by row into a file beside the memory.

A file is whole before it is sent: one that breaks off would look like all there is.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone
from xlsxwriter.exceptions import XlsxWriterException

from kianda.web.csv_files import without_formula

# So many rows of a list one file takes.
MOST_ROWS = 100_000
# What a cell of a spreadsheet holds.
LONGEST_CELL = 32_767
# A spreadsheet counts its days from here.
FIRST_YEAR = 1900
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(rows: Iterable[Sequence[Any]], *, name: str) -> FileResponse:
    """Return rows as a CSV file, its head first; no text in them is a formula."""
    made = TemporaryFile()  # noqa: SIM115 - the answer closes it
    # By the mark at its beginning spreadsheets read it as UTF-8.
    text = io.TextIOWrapper(made, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([without_formula(_written(_local(cell))) for cell in row])
    text.detach()
    return _answer(made, name=name, media_type="text/csv; charset=utf-8")


def xlsx_file(rows: Iterable[Sequence[Any]], *, name: str) -> FileResponse:
    """Return rows as an XLSX file: texts are texts, whatever they begin with, numbers numbers."""
    made = TemporaryFile()  # noqa: SIM115 - the answer closes it
    book = xlsxwriter.Workbook(
        made, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False},
    )  # fmt: skip
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    days = book.add_format({"num_format": "yyyy-mm-dd"})
    moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for at, row in enumerate(rows):
        for column, one in enumerate(row):
            cell = _local(one)
            if isinstance(cell, date) and cell.year >= FIRST_YEAR:
                looks = moments if isinstance(cell, datetime) else days
                sheet.write_datetime(at, column, cell, looks)
            else:
                _put(sheet, at, column, cell, head=bold if at == 0 else None)
    sheet.freeze_panes(1, 0)
    try:
        book.close()
    except XlsxWriterException:
        made.close()
        raise
    return _answer(made, name=name, media_type=XLSX)


def _put(sheet: Any, at: int, column: int, cell: Any, *, head: Any) -> None:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        sheet.write_number(at, column, cell)
    else:
        sheet.write_string(at, column, str(_written(cell))[:LONGEST_CELL], head)


def _local(cell: Any) -> Any:
    """Return a moment as the clock of the reader shows it; anything else as it is."""
    return timezone.localtime(cell).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _written(cell: Any) -> Any:
    """Return a day or a local moment as ISO 8601 writes it; anything else as it is."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else cell


def _answer(made: IO[bytes], *, name: str, media_type: str) -> FileResponse:
    made.seek(0)
    answer = FileResponse(made, as_attachment=True, filename=name, content_type=media_type)
    answer["Cache-Control"] = "no-store"
    return answer
