"""A CSV file of people is read: its lines, and what is wrong, each at its place."""

import csv
import io
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _

from kianda.accounts.services.attributes import attribute_titles
from kianda.accounts.services.person_data import TITLES
from kianda.lib import sealing
from kianda.lib.errors import Invalid

MOST_BYTES: Final = 2_000_000
MOST_LINES: Final = 5_000
HELD_FOR_S: Final = 3_600
_HELD: Final = "people to import"
# A header names a column by its key, or in the words of the pages.
COLUMNS: Final[Mapping[str, Any]] = {
    "username": gettext_noop("User name"), "name": gettext_noop("Name"),
    "email": gettext_noop("Email"), **TITLES,
    "roles": gettext_noop("Roles"), "groups": gettext_noop("Groups"),
}  # fmt: skip
_ALSO: Final = {"email": "email", "user": "username", "full name": "name", "role": "roles",
                "group": "groups", "title": "job_title"}  # fmt: skip


class FileFlaw(NamedTuple):
    """One thing wrong: on which line, in which column (empty: the line, or the file), what."""

    line: int
    column: str
    detail: str


class FileLine(NamedTuple):
    """One person of a file: the number of the line on which it begins, and the cells by column."""

    number: int
    cells: dict[str, str]


class PeopleFile(NamedTuple):
    """What a file holds: its columns and lines, and its flaws."""

    columns: tuple[str, ...]
    lines: list[FileLine]
    flaws: list[FileFlaw]


class _Unreadable(Exception):
    """The file cannot be read any further."""

    def __init__(self, detail: str, line: int = 0) -> None:
        super().__init__(detail)
        self.flaw = FileFlaw(line, "", detail)


def hold(body: bytes) -> str:
    """Return a file as a text that nobody can read or change until it is sent again."""
    return sealing.hold(zlib.compress(body), of=_HELD)


def held(token: str) -> bytes:
    """Return the file that `hold` made the text of; raises Invalid after an hour."""
    try:
        return zlib.decompress(sealing.held(token, of=_HELD, seconds=HELD_FOR_S))
    except sealing.WrongKeyRing as wrong:
        raise Invalid.at("", _("The preview has expired. Choose the file again.")) from wrong


def column_title(key: str) -> str:
    """Return what a column is called."""
    return gettext(str(COLUMNS[key])) if key in COLUMNS else attribute_titles().get(key, key)


def decoded(body: bytes) -> tuple[str, FileFlaw | None]:
    """Return the bytes of a file as text, or why they are none."""
    if len(body) > MOST_BYTES:
        return "", FileFlaw(0, "", _("The file is larger than 2 MB. Split it."))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = body.count(b"\n", 0, wrong.start) + 1
        # Other alphabets cannot be told apart with certainty: a name would be another.
        sentence = _(
            "The file is not in UTF-8. In Excel, save it as “CSV UTF-8”. In other programs, choose "
            "the character set UTF-8 when you save or export."
        )
        return "", FileFlaw(line, "", sentence)
    if "\0" in text:
        return "", FileFlaw(
            text[: text.index("\0")].count("\n") + 1,
            "",
            _("This is not a text file. Choose a CSV file."),
        )
    return text, None


def read_people(text: str) -> PeopleFile:
    """Read the text of a file: a header, then a line for each person, divided by ; or , ."""
    columns: tuple[str, ...] = ()
    lines: list[FileLine] = []
    flaws: list[FileFlaw] = []
    try:
        for number, cells in _rows(text):
            if not columns:
                columns = _header(number, cells)
            elif len(lines) == MOST_LINES:
                raise _Unreadable(_("The file has more than 5,000 users. Split it."), number)
            elif len(cells) != len(columns):
                words = {"cells": len(cells), "columns": len(columns)}
                sentence = (
                    _("This line has %(cells)s cells, but the header has %(columns)s.") % words
                )
                flaws.append(FileFlaw(number, "", sentence))
            else:
                line = FileLine(number, dict(zip(columns, map(str.strip, cells), strict=True)))
                lines.append(line)
                flaws += _flaws_of(line)
    except _Unreadable as wrong:
        flaws.append(wrong.flaw)
    if not lines and not flaws:
        flaws.append(FileFlaw(0, "", _("The file contains no users.")))
    return PeopleFile(columns, lines, flaws)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the line on which it begins."""
    head = text.lstrip("\r\n").partition("\n")[0]
    comma = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            sentence = _("This line is not valid CSV. Check its quotes and separators.")
            raise _Unreadable(sentence, number) from wrong
        if any(cell.strip() for cell in cells):
            yield number, cells


def _header(number: int, cells: list[str]) -> tuple[str, ...]:
    """Return the columns that a header names; raises _Unreadable."""
    own = attribute_titles()
    known = {_plain(title): name for name, title in own.items()}
    known |= {_plain(name): name for name in own} | {_plain(key): key for key in COLUMNS} | _ALSO
    known |= {
        _plain(title): key for key in COLUMNS for title in (str(COLUMNS[key]), column_title(key))
    }
    found: list[str] = []
    for cell in cells:
        key = known.get(_plain(cell))
        names = [*map(column_title, COLUMNS), *own.values()]
        words = {"name": cell.strip()[:60], "names": ", ".join(names)}
        if key is None:
            raise _Unreadable(_("Unknown column “%(name)s”. Use %(names)s.") % words, number)
        if key in found:
            raise _Unreadable(_("The column “%(name)s” appears twice. Remove one.") % words, number)
        found.append(key)
    if "username" not in found:
        raise _Unreadable(_("The column User name is missing. Add it."), number)
    return tuple(found)


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", "").casefold().split())


def _flaws_of(line: FileLine) -> Iterator[FileFlaw]:
    for key, text in line.cells.items():
        # A telephone number begins with a plus, and a user name may; a single hyphen is no formula.
        signs = "=@" if key == "phone" else "=@+-"
        if key not in {"username", "manager"} and len(text) > 1 and text[0] in signs:
            sentence = _("The value starts with %(sign)s, as a formula does. Enter the value only.")
            yield FileFlaw(line.number, column_title(key), sentence % {"sign": text[0]})
