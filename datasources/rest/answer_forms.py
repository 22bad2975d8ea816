"""An answer read as its method says: JSON, XML, CSV or text. Plain Python; nothing is opened."""

import csv
import io
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias
from xml.parsers.expat import ExpatError

import xmltodict

from datasources.rest.response import charset_of, keepable, parsed_json, read_body
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop

AnswerForm: TypeAlias = Literal["auto", "json", "xml", "csv", "text", "file"]
DEEPEST_XML = 100
# So many cells a CSV answer may have that is shorter than that.
MOST_FILLED_UP = 200_000
# How large an answer may be is bounded before; a long cell is no fault of its own. The limit is
# one for the whole process, in which others mean to keep to it.
_LONGEST_CELL, _one_at_a_time = 100 * 1024 * 1024, threading.Lock()
_DELIMITERS = ",;\t|"
# How an XML document says it is written, in its first line.
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding=[\"']([A-Za-z0-9._-]{1,40})[\"']")
_FIRST_LINE = re.compile(r"^<\?xml[^>]*\?>")
NOT_IT = {
    "json": gettext_noop("%(title)s answered with something that is not JSON."),
    "xml": gettext_noop("%(title)s answered with something that is not valid XML."),
    "csv": gettext_noop("%(title)s answered with something that is not CSV."),
}


class NotInForm(Exception):
    """An answer is not what its method says that it is."""

    def __init__(self, form: str, title: str) -> None:
        """Say so of the datasource."""
        super().__init__(_(NOT_IT[form]) % {"title": title})


def read_as(form: AnswerForm, data: bytes, media_type: str, *, title: str) -> Any:
    """Return the body of an answer in the form of its method; raises NotInForm.

    XML becomes objects: an element is its text, or an object of its children by name; attributes
    are `@name`, text beside them `#text`; what repeats is a list. CSV becomes a list of objects,
    named by its first line; all its values are texts. An empty body is None in every form.
    """
    if not data.strip():
        return None
    if form == "auto":
        return read_body(data, media_type)
    try:
        return _READERS[form](data, media_type)
    except (ValueError, ExpatError, csv.Error, RecursionError) as error:
        raise NotInForm(form, title) from error


def _json(data: bytes, media_type: str) -> Any:
    # Whatever its Content-Type says it is; the zeros of UTF-16 tell of themselves in JSON.
    charset = charset_of(data, f"application/json;{media_type.partition(';')[2]}")
    return parsed_json(data.decode(charset))


def _xml(data: bytes, media_type: str) -> Any:
    text = _xml_text(data, media_type)
    # An entity that is declared is refused, so nothing is fetched and nothing grows.
    made = xmltodict.parse(text.encode(), disable_entities=True)
    _refuse_deep(made)
    return made


def _xml_text(data: bytes, media_type: str) -> str:
    declared = _DECLARED.match(data)
    said = "charset=" in media_type.lower()
    named = "" if said or declared is None else f"; charset={declared[1].decode()}"
    text = data.decode(charset_of(data, f"{media_type}{named}"))
    # It is written anew, so what its first line says of that holds no longer.
    return _FIRST_LINE.sub("", text.lstrip("\ufeff \t\r\n"))


def _refuse_deep(made: Any) -> None:
    """Refuse what could not be written down again: everything that reads a tree goes into it."""
    level = [made]
    for _depth in range(DEEPEST_XML):
        level = [inner for one in level for inner in _below(one)]
        if not level:
            return
    raise ValueError(DEEPEST_XML)


def _below(value: Any) -> Iterator[Any]:
    items = value.values() if isinstance(value, dict) else value
    yield from (one for one in items if isinstance(one, (dict, list)))


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    with _one_at_a_time:
        usual = csv.field_size_limit(_LONGEST_CELL)
        try:
            return list(reader)
        finally:
            csv.field_size_limit(usual)


def _csv(data: bytes, media_type: str) -> list[dict[str, str]]:
    text = keepable(_csv_text(data, media_type))
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    first_row, *rows = _rows(text, delimiter)
    names = _columns(first_row)
    made: list[dict[str, str]] = []
    # Whole rows have no more cells than signs; short ones are filled up, which could fill the
    # memory with nothing.
    most = max(len(text), MOST_FILLED_UP) // max(len(names), 1)
    for row in rows:
        if row and len(made) >= most:
            raise ValueError(most)
        made += [_row(names, row)] if row else []
    return made


def _csv_text(data: bytes, media_type: str) -> str:
    try:
        text = data.decode(charset_of(data, media_type))
    except UnicodeDecodeError:
        # What a spreadsheet of Windows writes when nobody says otherwise.
        text = data.decode("cp1252", errors="replace")
    return text.lstrip("\ufeff")


def _columns(header: list[str]) -> list[str]:
    """Return the names of the columns: none is empty and none is there twice."""
    # A dict, and numbers that go on: a line of a million commas takes no longer than its length.
    names: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for at, cell in enumerate(header, start=1):
        name = stem = cell.strip() or f"column_{at}"
        while name in names:
            numbers[stem] = numbers.get(stem, 1) + 1
            name = f"{stem}_{numbers[stem]}"
        names[name] = None
    return list(names)


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(names):
        raise ValueError(len(cells))
    return dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))


def _text(data: bytes, media_type: str) -> str:
    return keepable(data.decode(charset_of(data, media_type), errors="replace"))


_READERS: dict[str, Callable[[bytes, str], Any]] = {
    "json": _json, "xml": _xml, "csv": _csv, "text": _text,
}  # fmt: skip
